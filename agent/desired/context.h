// What the parts of desired_state share: the objects, this node's facts and the settings in force. Internal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/desired/desired.h"

namespace dunlin::agent {

struct Context {
    Context(const Cluster& all, const Options& chosen);

    const Cluster& cluster;
    const Options& options;
    const Node* self = nullptr;  // null: the machine's own addresses stand in
    Labels labels;
    NodeFacts facts;
    const BgpConfiguration* common = nullptr;  // "default"; may be null
    const BgpConfiguration* own = nullptr;     // "node.NAME"; may be null
    Asn default_as{64512};
    Asn local_as{64512};

    NodeFacts facts_of(const Node& node) const;
    const std::optional<InterfaceAddress>& address(Family family) const {
        return family == Family::ipv4 ? facts.ipv4 : facts.ipv6;
    }
    // As configured for the node or for all; nothing: 179 by default.
    std::optional<std::uint16_t> configured_port(const std::string& node) const;
    std::uint16_t listen_port(const std::string& node) const {
        return configured_port(node).value_or(bgp::kBgpPort);
    }
    ProgramRoutes program_routes() const {
        return common == nullptr ? ProgramRoutes::no_encap_only : common->program_cluster_routes;
    }
    std::uint32_t normal_priority(Family family) const;
    // By the text of their cidr, which is the order in which Calico asks them.
    std::vector<const IpPool*> pools(Family family) const;
    // The pool that holds `prefix`; null when none does.
    const IpPool* pool_of(const Prefix& prefix) const;
};

inline const std::optional<InterfaceAddress>& address_of(const NodeFacts& facts, Family family) {
    return family == Family::ipv4 ? facts.ipv4 : facts.ipv6;
}

void add_sessions(const Context& context, Desired& out);
void add_blocks(const Context& context, Desired& out);
void add_services(const Context& context, Desired& out);
void add_policies(const Context& context, Desired& out);

}  // namespace dunlin::agent
