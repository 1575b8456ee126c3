#include "agent/app/local_routes.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

namespace dunlin::agent {
namespace {

constexpr std::uint32_t kDirectMetric = 0;

// A blackhole passes the same policy as the routes of BGP do.
bool enters_kernel(const Desired& desired, const KernelPolicy& policy, const Prefix& prefix,
                   const StaticRoute& route) {
    if (route.via) return true;
    if (policy.reject_services.covers(prefix)) return false;
    if (route.purpose != StaticPurpose::block) return true;
    const auto block = desired.blocks.find(prefix);
    return block != desired.blocks.end() && block->second.blackhole;
}

}  // namespace

bool interface_matches(const std::vector<std::string>& patterns, const std::string& name) {
    for (const auto& pattern : patterns) {
        const bool excludes = !pattern.empty() && pattern.front() == '-';
        const std::string bare = excludes ? pattern.substr(1) : pattern;
        if (fnmatch(bare.c_str(), name.c_str(), 0) == 0) return !excludes;
    }
    return false;
}

LocalRoutes direct_routes(const Links& links, const std::set<netlink::LinkAddress>& addresses,
                          const std::vector<std::string>& patterns) {
    LocalRoutes out;
    for (const auto& address : addresses) {
        const auto link = links.find(address.index);
        if (link == links.end() || !link->second.admin_up || link->second.loopback || !address.usable())
            continue;
        // Link-local subnets stand on every link and say nothing about one of them.
        if (address.address.address.is_link_local() || address.address.address.is_loopback()) continue;
        if (!interface_matches(patterns, link->second.name)) continue;
        bgp::LocalRoute route;
        route.preference = bgp::kPreferenceDirect;
        route.metric = kDirectMetric;
        route.interface = link->second.name;
        route.interface_index = address.index;
        route.link_down = !link->second.up;
        const auto [known, fresh] = out.emplace(address.address.subnet(), route);
        if (!fresh && known->second.link_down && !route.link_down) known->second = route;
    }
    return out;
}

std::optional<bgp::LocalRoute> learned_route(const netlink::KernelRoute& route, const Links& links,
                                             ZeroMetric zero) {
    const bool unicast = route.kind == netlink::RouteKind::unicast && !route.next_hops.empty();
    if (!unicast && !netlink::discards(route.kind)) return std::nullopt;
    bgp::LocalRoute out;
    out.preference = bgp::kPreferenceLearned;
    out.metric = route.priority;
    if (route.priority != 0 || zero == ZeroMetric::is_highest_priority) out.priority = route.priority;
    out.blackhole = !unicast;
    if (!unicast) return out;
    const netlink::NextHop& hop = route.next_hops.front();
    out.gateway = hop.gateway;
    out.interface_index = hop.interface_index;
    const auto link = links.find(hop.interface_index);
    if (link != links.end()) out.interface = link->second.name;
    return out;
}

LocalRoutes static_routes(const Desired& desired, Family family, const IsInstalled& installed) {
    LocalRoutes out;
    for (const auto& [prefix, wanted] : desired.of(family).statics) {
        const bool ours = enters_kernel(desired, desired.of(family).kernel_policy, prefix, wanted);
        if (wanted.purpose == StaticPurpose::block && ours && installed && !installed(prefix)) continue;
        bgp::LocalRoute route;
        route.preference = bgp::kPreferenceStatic;
        route.gateway = wanted.via;
        route.blackhole = !wanted.via;
        out.emplace(prefix, route);
    }
    return out;
}

std::vector<netlink::KernelRoute> kernel_statics(const Desired& desired) {
    std::vector<netlink::KernelRoute> out;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const DesiredFamily& part = desired.of(family);
        for (const auto& [prefix, wanted] : part.statics) {
            if (!enters_kernel(desired, part.kernel_policy, prefix, wanted)) continue;
            netlink::KernelRoute route;
            route.prefix = prefix;
            if (wanted.via) {
                route.next_hops.push_back({wanted.via, 0, 1, false});
            } else {
                route.kind = netlink::RouteKind::blackhole;
            }
            out.push_back(route);
        }
    }
    return out;
}

std::vector<InterfaceAddress> machine_addresses(const Links& links,
                                                const std::set<netlink::LinkAddress>& addresses) {
    std::set<std::pair<unsigned, InterfaceAddress>> ordered;
    for (const auto& address : addresses) {
        const auto link = links.find(address.index);
        const IpAddress& own = address.address.address;
        if (link == links.end() || link->second.loopback || own.is_loopback() || own.is_link_local())
            continue;
        if (address.global() && address.usable()) ordered.emplace(address.index, address.address);
    }
    std::vector<InterfaceAddress> out;
    for (const auto& [index, address] : ordered) out.push_back(address);
    return out;
}

}  // namespace dunlin::agent
