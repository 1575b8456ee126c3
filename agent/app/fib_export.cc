#include "agent/app/fib_export.h"

#include <algorithm>

namespace dunlin::agent {
namespace {

const KernelPool* pool_of(const KernelPolicy& policy, const Prefix& prefix) {
    for (const auto& pool : policy.pools) {
        if (pool.cidr.contains(prefix)) return &pool;
    }
    return nullptr;
}

bool wants_tunnel(const KernelPool& pool, const bgp::FibRoute& route) {
    const auto& direct = pool.no_tunnel_if_next_hop_in;
    return !pool.tunnel.empty() && !(direct && direct->contains(route.next_hop));
}

netlink::KernelRoute kernel_route(const Prefix& prefix, const bgp::FibRoute& route, unsigned tunnel,
                                  std::uint32_t table) {
    netlink::KernelRoute out;
    out.prefix = prefix;
    out.table = table;
    out.priority = route.metric;
    if (tunnel != 0) {
        // The other end is no neighbour on the tunnel's link: the gateway is taken to be there.
        out.next_hops.push_back({route.next_hop, tunnel, 1, true});
    } else {
        for (const auto& hop : route.hops)
            out.next_hops.push_back({hop.gateway, hop.interface_index, 1, hop.onlink});
    }
    return netlink::normalised(std::move(out));
}

}  // namespace

std::optional<std::string> kernel_rejects(const KernelPolicy& policy, const Prefix& prefix,
                                          const bgp::FibRoute& route, const Tunnels& tunnels,
                                          unsigned& tunnel) {
    tunnel = 0;
    if (policy.reject_services.covers(prefix)) return "inside a service range";
    const auto& hops = policy.reject_next_hops;
    if (std::find(hops.begin(), hops.end(), route.next_hop) != hops.end()) {
        return "next hop " + route.next_hop.to_string() + " is reached through WireGuard";
    }
    const KernelPool* pool = pool_of(policy, prefix);
    if (pool != nullptr && !pool->accept) return "routes of pool " + pool->cidr.to_string() + " are not ours";
    if (pool != nullptr && wants_tunnel(*pool, route)) {
        const auto found = tunnels.find(pool->tunnel);
        if (found == tunnels.end() || found->second == 0) return "there is no device " + pool->tunnel;
        tunnel = found->second;
    } else if (route.hops.empty()) {
        return "no next hop";
    }
    return std::nullopt;
}

KernelEdit kernel_edit(const bgp::FibChange& change, const KernelPolicy& policy, const Tunnels& tunnels,
                       std::uint32_t table) {
    KernelEdit out;
    unsigned tunnel = 0;
    if (change.route && !kernel_rejects(policy, change.prefix, *change.route, tunnels, tunnel)) {
        out.set = kernel_route(change.prefix, *change.route, tunnel, table);
    }
    if (change.had) {
        const auto old = netlink::normalised(netlink::RouteKey{change.prefix, table, *change.had});
        if (!out.set || netlink::normalised(out.set->key()) != old) out.remove = old;
    }
    return out;
}

}  // namespace dunlin::agent
