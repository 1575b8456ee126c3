#include "agent/desired/context.h"

#include <algorithm>

namespace dunlin::agent {
namespace {

const BgpConfiguration* find_configuration(const Cluster& cluster, const std::string& name) {
    const auto found = cluster.configurations.find(name);
    return found == cluster.configurations.end() ? nullptr : &found->second;
}

// An InternalIP has no prefix length; the interface that carries the address has.
void take_length(const Cluster& cluster, std::optional<InterfaceAddress>& address) {
    if (!address || address->prefix_length != bits(address->address.family())) return;
    for (const auto& own : cluster.machine_addresses) {
        if (own.address == address->address) address = own;
    }
}

std::optional<InterfaceAddress> first_address(const Cluster& cluster, Family family) {
    for (const auto& own : cluster.machine_addresses) {
        if (own.address.family() == family) return own;
    }
    return std::nullopt;
}

}  // namespace

Context::Context(const Cluster& all, const Options& chosen) : cluster(all), options(chosen) {
    common = find_configuration(cluster, "default");
    own = find_configuration(cluster, "node." + options.node);
    const auto found = cluster.nodes.find(options.node);
    if (found != cluster.nodes.end()) {
        self = &found->second;
        labels = self->labels;
        facts = self->facts(options.api_group);
        take_length(cluster, facts.ipv4);
        take_length(cluster, facts.ipv6);
    } else {
        facts.ipv4 = first_address(cluster, Family::ipv4);
        facts.ipv6 = first_address(cluster, Family::ipv6);
    }
    if (common != nullptr && common->as_number) default_as = *common->as_number;
    local_as = facts.as_number.value_or(default_as);
}

NodeFacts Context::facts_of(const Node& node) const { return node.facts(options.api_group); }

std::optional<std::uint16_t> Context::configured_port(const std::string& node) const {
    const auto* of_node = find_configuration(cluster, "node." + node);
    if (of_node != nullptr && of_node->listen_port) return of_node->listen_port;
    return common == nullptr ? std::nullopt : common->listen_port;
}

std::uint32_t Context::normal_priority(Family family) const {
    if (common == nullptr) return 1024;
    return family == Family::ipv4 ? common->ipv4_normal_priority : common->ipv6_normal_priority;
}

std::vector<const IpPool*> Context::pools(Family family) const {
    std::map<std::string, const IpPool*> by_text;
    for (const auto& [name, pool] : cluster.pools) {
        if (pool.cidr.family() == family) by_text.emplace(pool.cidr.to_string(), &pool);
    }
    std::vector<const IpPool*> out;
    for (const auto& [text, pool] : by_text) out.push_back(pool);
    return out;
}

const IpPool* Context::pool_of(const Prefix& prefix) const {
    for (const auto& [name, pool] : cluster.pools) {
        if (pool.cidr.contains(prefix)) return &pool;
    }
    return nullptr;
}

}  // namespace dunlin::agent
