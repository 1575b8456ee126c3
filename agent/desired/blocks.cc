// The blocks of this node and what they are to the kernel: a blackhole each, but for host blocks and for
// pools whose routes somebody else programs.
#include "agent/desired/context.h"

namespace dunlin::agent {
namespace {

// Whether routes of this pool are ours to put into the kernel (Calico's programClusterRoutes).
bool programs(const IpPool& pool, ProgramRoutes policy, bool& tunnel) {
    tunnel = pool.cidr.family() == Family::ipv4 && pool.ipip != Encapsulation::never;
    if (pool.vxlan != Encapsulation::never) return false;
    if (pool.ipip != Encapsulation::never) {
        return policy == ProgramRoutes::enabled || policy == ProgramRoutes::ipip_only;
    }
    return policy == ProgramRoutes::enabled || policy == ProgramRoutes::no_encap_only;
}

void add_affinity_blocks(const Context& context, Desired& out) {
    for (const auto& [name, block] : context.cluster.affinities) {
        if (block.node != context.options.node || !block.host || block.deleted) continue;
        if (block.state == BlockState::pending) continue;
        const IpPool* pool = context.pool_of(block.cidr);
        if (pool == nullptr && context.options.source() == BlockSource::pool) {
            out.problems.push_back({"BlockAffinity", name, "spec.cidr", Reason::invalid,
                                    block.cidr.to_string() + " is inside no IPPool"});
            continue;
        }
        DesiredBlock wanted;
        wanted.affinity = name;
        if (pool != nullptr) wanted.pool = pool->meta.name;
        // A block that is being given back keeps its blackhole and is no block to the export rules any more.
        wanted.announced = block.state == BlockState::confirmed;
        out.blocks.emplace(block.cidr, wanted);
    }
}

void add_pod_cidrs(const Context& context, Desired& out) {
    if (context.self == nullptr) return;
    for (const auto& cidr : context.self->pod_cidrs) {
        const IpPool* pool = context.pool_of(cidr);
        DesiredBlock wanted;
        if (pool != nullptr) wanted.pool = pool->meta.name;
        out.blocks.emplace(cidr, wanted);
    }
}

// Routes towards nodes with WireGuard are another agent's, if this node has it too.
void add_wireguard_next_hops(const Context& context, Desired& out) {
    if (context.self == nullptr) return;
    for (const auto& [name, node] : context.cluster.nodes) {
        if (name == context.options.node) continue;
        const NodeFacts facts = context.facts_of(node);
        if (context.self->wireguard_ipv4 && node.wireguard_ipv4 && facts.ipv4) {
            out.ipv4.kernel_policy.reject_next_hops.push_back(facts.ipv4->address);
        }
        if (context.self->wireguard_ipv6 && node.wireguard_ipv6 && facts.ipv6) {
            out.ipv6.kernel_policy.reject_next_hops.push_back(facts.ipv6->address);
        }
    }
}

void add_kernel_pools(const Context& context, Family family, Desired& out) {
    const auto& address = context.address(family);
    // As in Calico: a node without an IPv4 address has no rules for pools.
    if (family == Family::ipv4 && !address) return;
    for (const IpPool* pool : context.pools(family)) {
        bool tunnel = false;
        KernelPool rule{pool->cidr, programs(*pool, context.program_routes(), tunnel), {}, {}};
        if (rule.accept && !tunnel) continue;  // accepting is the default
        if (rule.accept) rule.tunnel = "tunl0";
        if (rule.accept && pool->ipip == Encapsulation::cross_subnet) {
            rule.no_tunnel_if_next_hop_in = address->subnet();
        }
        out.of(family).kernel_policy.pools.push_back(rule);
    }
}

}  // namespace

void add_blocks(const Context& context, Desired& out) {
    if (context.options.source() == BlockSource::podcidr) {
        add_pod_cidrs(context, out);
    } else {
        add_affinity_blocks(context, out);
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) add_kernel_pools(context, family, out);
    add_wireguard_next_hops(context, out);
    for (auto& [cidr, block] : out.blocks) {
        const IpPool* pool = context.pool_of(cidr);
        bool tunnel = false;
        block.blackhole =
            !cidr.is_host() && (pool == nullptr || programs(*pool, context.program_routes(), tunnel));
        if (!cidr.is_host()) out.of(cidr.family()).statics.emplace(cidr, StaticRoute{});
    }
}

}  // namespace dunlin::agent
