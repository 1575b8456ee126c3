// What routing needs of a core v1/Node. An annotation that does not parse counts as absent and is a warning.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/problem.h"
#include "agent/api/selector.h"
#include "bgp/base/prefix.h"
#include "bgp/base/result.h"
#include "bgp/base/strong.h"

namespace dunlin::agent {

enum class ApiGroup : std::uint8_t { dunlin, calico, calico_crd };
std::optional<ApiGroup> api_group(
    std::string_view text);  // "dunlin.io", "projectcalico.org", "crd.projectcalico.org"
std::string_view name(ApiGroup group);

struct NodeFacts {  // of one set of annotations
    std::optional<InterfaceAddress> ipv4, ipv6;
    std::optional<Asn> as_number;
    std::optional<RouterId> router_id, cluster_id;
    friend bool operator==(const NodeFacts&, const NodeFacts&) = default;
};

struct Node {
    ObjectMeta meta;
    Labels labels;
    NodeFacts own, calico;  // annotations dunlin.io/…, projectcalico.org/…
    std::optional<IpAddress> internal_ipv4, internal_ipv6;
    std::optional<IpAddress> wireguard_ipv4, wireguard_ipv6;
    std::vector<Prefix> pod_cidrs;

    // By the order of precedence; with a Calico group only Calico's annotations. An InternalIP has the length
    // of a host.
    NodeFacts facts(ApiGroup group) const;
    friend bool operator==(const Node&, const Node&) = default;
};

Result<Node, Problems> parse_node(const nlohmann::json& object);

}  // namespace dunlin::agent
