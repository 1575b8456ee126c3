// A workload of this node as Felix writes it into a file of the endpoint-status directory: which BGPPeer was
// matched to it, and its addresses.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/api/problem.h"
#include "bgp/base/ip_address.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

struct Workload {
    std::string interface;             // ifaceName
    std::string peer;                  // bgpPeerName; empty: none
    std::vector<IpAddress> addresses;  // of ipv4Nets and ipv6Nets
    friend bool operator==(const Workload&, const Workload&) = default;
};

Result<Workload, Problems> parse_workload(const nlohmann::json& status);

}  // namespace dunlin::agent
