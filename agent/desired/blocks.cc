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

void add_kernel_pools(const Context& context, Desired& out) {
    for (const auto& [name, pool] : context.cluster.pools) {
        bool tunnel = false;
        KernelPool rule{pool.cidr, programs(pool, context.program_routes(), tunnel), {}, {}};
        if (rule.accept && !tunnel) continue;  // accepting is the default
        if (rule.accept) rule.tunnel = "tunl0";
        const auto& address = context.address(pool.cidr.family());
        if (rule.accept && pool.ipip == Encapsulation::cross_subnet && address) {
            rule.no_tunnel_if_next_hop_in = address->subnet();
        }
        out.of(pool.cidr.family()).kernel_policy.pools.push_back(rule);
    }
}

}  // namespace

void add_blocks(const Context& context, Desired& out) {
    if (context.options.source() == BlockSource::podcidr) {
        add_pod_cidrs(context, out);
    } else {
        add_affinity_blocks(context, out);
    }
    add_kernel_pools(context, out);
    for (auto& [cidr, block] : out.blocks) {
        const IpPool* pool = context.pool_of(cidr);
        bool tunnel = false;
        block.blackhole =
            !cidr.is_host() && (pool == nullptr || programs(*pool, context.program_routes(), tunnel));
        if (!cidr.is_host()) out.of(cidr.family()).statics.emplace(cidr, StaticRoute{});
    }
}

}  // namespace dunlin::agent
