#include "bgp/speaker/policy_impact.h"

#include <algorithm>
#include <array>

namespace dunlin::bgp {
namespace {

template <auto... Fields>
bool same(const PeerPolicy& a, const PeerPolicy& b) {
    return ((a.*Fields == b.*Fields) && ...);
}

struct Row {
    std::string_view field;
    Impact impact;
    bool (*same)(const PeerPolicy&, const PeerPolicy&);
};

// What the import refused or changed was not kept as it came, so that it has to be said again; who is a
// client decides what this neighbour's routes are to all others.
constexpr std::array kRows{
    Row{"next hop", Impact::live, same<&PeerPolicy::next_hop>},
    Row{"reflector client", Impact::reset, same<&PeerPolicy::reflector_client>},
    Row{"cluster id", Impact::refresh, same<&PeerPolicy::cluster_id>},
    Row{"own AS allowed", Impact::refresh, same<&PeerPolicy::allow_own_as>},
    Row{"first AS checked", Impact::refresh, same<&PeerPolicy::check_first_as>},
    Row{"communities sent", Impact::live, same<&PeerPolicy::send_communities>},
    Row{"prefix limit", Impact::refresh, same<&PeerPolicy::max_prefixes>},
    Row{"import filters", Impact::refresh,
        same<&PeerPolicy::import_filter_ipv4, &PeerPolicy::import_filter_ipv6>},
    Row{"export filters", Impact::live,
        same<&PeerPolicy::export_filter_ipv4, &PeerPolicy::export_filter_ipv6>},
    Row{"export policy", Impact::live, same<&PeerPolicy::export_ipv4, &PeerPolicy::export_ipv6>},
    Row{"priority of own routes", Impact::live, same<&PeerPolicy::default_priority>},
    Row{"LOCAL_PREF from priority", Impact::live, same<&PeerPolicy::local_pref_from_priority>},
};

}  // namespace

std::vector<FieldImpact> changed_fields(const PeerPolicy& from, const PeerPolicy& to) {
    std::vector<FieldImpact> out;
    for (const Row& row : kRows) {
        if (!row.same(from, to)) out.push_back({row.field, row.impact});
    }
    return out;
}

Impact impact(const PeerPolicy& from, const PeerPolicy& to) {
    Impact out = Impact::none;
    for (const FieldImpact& field : changed_fields(from, to)) out = std::max(out, field.impact);
    return out;
}

std::vector<FieldImpact> policy_impact_table() {
    std::vector<FieldImpact> out;
    for (const Row& row : kRows) out.push_back({row.field, row.impact});
    return out;
}

}  // namespace dunlin::bgp
