#include "bgp/speaker/policy_impact.h"

#include <array>

#include "bgp/session/impact_rows.h"

namespace dunlin::bgp {
namespace {

template <auto... Fields>
bool same(const PeerPolicy& a, const PeerPolicy& b) {
    return ((a.*Fields == b.*Fields) && ...);
}

using Row = ImpactRow<PeerPolicy>;

// What the checks of the import refuse is not kept, so that it has to be said again; what its filters do not
// leave as it came is. Who is a client decides what this neighbour's routes are to all others.
constexpr std::array kRows{
    Row{"next hop", Impact::live, same<&PeerPolicy::next_hop>},
    Row{"reflector client", Impact::reset, same<&PeerPolicy::reflector_client>},
    Row{"cluster id", Impact::refresh, same<&PeerPolicy::cluster_id>},
    Row{"own AS allowed", Impact::refresh, same<&PeerPolicy::allow_own_as>},
    Row{"first AS checked", Impact::refresh, same<&PeerPolicy::check_first_as>},
    Row{"communities sent", Impact::live, same<&PeerPolicy::send_communities>},
    Row{"prefix limit", Impact::live, same<&PeerPolicy::max_prefixes>},
    Row{"import filters", Impact::live,
        same<&PeerPolicy::import_filter_ipv4, &PeerPolicy::import_filter_ipv6>},
    Row{"export filters", Impact::live,
        same<&PeerPolicy::export_filter_ipv4, &PeerPolicy::export_filter_ipv6>},
    Row{"export policy", Impact::live, same<&PeerPolicy::export_ipv4, &PeerPolicy::export_ipv6>},
    Row{"priority of own routes", Impact::live, same<&PeerPolicy::default_priority>},
    Row{"LOCAL_PREF from priority", Impact::live, same<&PeerPolicy::local_pref_from_priority>},
};

}  // namespace

Impact impact(const PeerPolicy& from, const PeerPolicy& to) { return dearest(changed_fields(from, to)); }

std::vector<FieldImpact> changed_fields(const PeerPolicy& from, const PeerPolicy& to) {
    return changed_rows(kRows, from, to);
}

std::vector<FieldImpact> policy_impact_table() { return all_rows(kRows); }

}  // namespace dunlin::bgp
