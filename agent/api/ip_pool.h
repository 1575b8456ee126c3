// IPPool as a checked value.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "agent/api/problem.h"
#include "agent/api/selector.h"
#include "bgp/base/prefix.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

enum class Encapsulation : std::uint8_t { never, always, cross_subnet };

struct IpPool {
    ObjectMeta meta;
    Prefix cidr;
    std::uint8_t block_size = 26;  // prefix length of a block
    std::uint32_t blocks_per_node = 1;
    std::optional<Selector> node_selector;  // nothing: all nodes
    bool disabled = false;
    bool disable_bgp_export = false;
    Encapsulation ipip = Encapsulation::never, vxlan = Encapsulation::never;
    bool nat_outgoing = false;
    bool for_workloads = true;  // allowedUses has Workload, or is empty
    bool automatic = true;      // assignmentMode
    friend bool operator==(const IpPool&, const IpPool&) = default;
};

Result<IpPool, Problems> parse_ip_pool(const nlohmann::json& object);

}  // namespace dunlin::agent
