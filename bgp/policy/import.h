// Whether a received route can be used at all, and what is changed when it comes in. Filters of the operator
// are not here. What is refused takes the neighbour's older route for the prefix away. RFC 4271 6.3
// and 9.1.2, RFC 4456 8, RFC 5065 5, RFC 8326 4.1, RFC 9234 5.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bgp/policy/propagate.h"

namespace dunlin::bgp {

struct ImportContext {
    SessionType session = SessionType::external;
    Asn local_as;                                // of the session
    std::optional<Confederation> confederation;  // that we are in
    Asn peer_as;
    RouterId router_id;
    std::uint32_t cluster_id = 0;
    std::uint32_t allow_own_as = 0;
    bool check_first_as = true;
    std::span<const IpAddress> own_addresses;
    std::optional<Role> role;  // ours on this session
    bool draining = false;     // RFC 8326 4.2: what comes is tagged and the last choice
};

enum class ImportRefusal : std::uint8_t {
    none,
    as_loop,
    first_as,  // not the neighbour's
    own_originator,
    cluster_loop,
    own_next_hop,
    route_leak,  // RFC 9234 5
};
std::string_view name(ImportRefusal refusal);

ImportRefusal check_import(const PathAttributes& attributes, const ImportContext& context);

// Changes of every accepted route: GRACEFUL_SHUTDOWN makes LOCAL_PREF 0 on an eBGP session, OTC is added.
void adjust_import(PathAttributes& attributes, const ImportContext& context);

}  // namespace dunlin::bgp
