#include "agent/api/object.h"

#include <nlohmann/json.hpp>

namespace dunlin::agent {
namespace {

template <auto Parse>
Result<AnyObject, Problems> as_any(const nlohmann::json& object) {
    auto out = Parse(object);
    if (!out) return Unexpected{out.error()};
    return AnyObject(*std::move(out));
}

struct Kind {
    std::string_view name;
    Result<AnyObject, Problems> (*parse)(const nlohmann::json&);
};

constexpr Kind kKinds[] = {
    {"BGPPeer", as_any<parse_bgp_peer>},
    {"BGPConfiguration", as_any<parse_bgp_configuration>},
    {"BGPFilter", as_any<parse_bgp_filter>},
    {"IPPool", as_any<parse_ip_pool>},
    {"BlockAffinity", as_any<parse_block_affinity>},
    {"Node", as_any<parse_node>},
    {"Secret", as_any<parse_secret>},
    {"Service", as_any<parse_service>},
    {"EndpointSlice", as_any<parse_endpoint_slice>},
};

}  // namespace

bool is_known_kind(std::string_view kind) {
    for (const Kind& known : kKinds) {
        if (known.name == kind) return true;
    }
    return false;
}

Result<AnyObject, Problems> parse_object(std::string_view kind, const nlohmann::json& object) {
    for (const Kind& known : kKinds) {
        if (known.name == kind) return known.parse(object);
    }
    return Unexpected{Problems{{"kind", std::string(kind) + " is no kind that is read here"}}};
}

}  // namespace dunlin::agent
