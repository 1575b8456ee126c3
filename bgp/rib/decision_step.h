// The steps of the decision process in their order, with the words that `show route` uses (RFC 4271 9.1,
// RFC 4456 9).
#pragma once

#include <cstdint>
#include <string_view>

namespace dunlin::bgp {

enum class DecisionStep : std::uint8_t {
    only_path,  // nothing to decide
    next_hop,   // not resolvable: 9.1.2
    preference,
    llgr_stale,           // RFC 9494 4.3
    local_pref,           // 9.1.1
    as_path_length,       // 9.1.2.2 a
    origin,               // b
    med,                  // c
    ebgp,                 // d
    igp_metric,           // e
    router_id,            // f, RFC 4456 9: ORIGINATOR_ID in its place
    cluster_list_length,  // RFC 4456 9
    peer_address,         // g
    path_id,              // of one neighbour with add-path: the lowest
};

constexpr std::string_view text(DecisionStep step) {
    constexpr std::string_view kTexts[] = {"only path",    "next hop unreachable",
                                           "preference",   "long-lived stale",
                                           "LOCAL_PREF",   "AS_PATH length",
                                           "origin",       "MED",
                                           "eBGP",         "IGP metric",
                                           "router id",    "cluster list length",
                                           "peer address", "path id"};
    return kTexts[static_cast<std::size_t>(step)];
}

}  // namespace dunlin::bgp
