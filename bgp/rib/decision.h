// The decision process: candidates are dropped step by step, as RFC 4271 9.1.2.2 has it, so that MED is
// compared only within a neighbour AS and the result does not depend on the order. Values in, values out. RFC
// 4456 9, RFC 9494 4.3. Preference of protocols and reachability of the next hop come first.
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/rib/decision_step.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

struct Candidate {
    std::uint32_t path = 0;  // of the caller
    bool resolvable = true;
    bool llgr_stale = false;
    bool ebgp = false;
    Origin origin = Origin::igp;
    std::uint8_t preference = 0;
    std::uint16_t as_path_length = 0;
    std::uint16_t cluster_list_length = 0;
    std::uint32_t local_pref = kDefaultLocalPref;
    std::uint32_t neighbour_as = 0;
    std::uint32_t med = 0;
    std::uint32_t igp_metric = 0;
    std::uint32_t router_id = 0;  // ORIGINATOR_ID where there is one
    std::uint32_t path_id = 0;
    IpAddress peer_address;
    DecisionStep lost_at =
        DecisionStep::only_path;  // result; of the best: the last step that took a rival away
};

// The candidates in order: the best first, then by how far they came, the later fallen the earlier. `lost_at`
// is set. The best may not be resolvable: then no path is.
void decide(std::vector<Candidate>& candidates);

// How many of decided candidates, from the first on, are of equal cost: they differ only in what breaks ties
// (RFC 4271 9.1.2.2 from f on). At most `most`.
std::size_t equal_cost(const std::vector<Candidate>& decided, std::size_t most = 16);

}  // namespace dunlin::bgp
