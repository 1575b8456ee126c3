// What neighbours are told: the export steps of a node, from pools, blocks and advertisements.
#include "agent/desired/context.h"

namespace dunlin::agent {
namespace {

bool felix_owns_ipip(ProgramRoutes policy) {
    return policy != ProgramRoutes::enabled && policy != ProgramRoutes::ipip_only;
}

// A node's own list takes the place of the common one, for both families and even if one is then empty.
std::vector<bgp::PrefixCommunities> advertisements(const Context& context, Family family) {
    std::vector<bgp::PrefixCommunities> out;
    const BgpConfiguration* from = context.common;
    if (context.own != nullptr && context.own->prefix_advertisements) from = context.own;
    if (from == nullptr || !from->prefix_advertisements) return out;
    for (const auto& entry : *from->prefix_advertisements) {
        if (entry.prefix.family() == family) out.push_back(entry);
    }
    return out;
}

bgp::ExportPolicy export_policy(const Context& context, const Desired& desired, Family family) {
    bgp::ExportPolicy out;
    out.internal_reject_interfaces = {"*.cali", "*.calico"};
    if (felix_owns_ipip(context.program_routes())) out.internal_reject_interfaces.push_back("tunl0");
    out.reject_interfaces = {"bpf*.cali"};
    out.communities = advertisements(context, family);
    out.escape_below_priority = context.normal_priority(family);
    std::vector<Prefix> blocks, rejected, accepted;
    for (const auto& [cidr, block] : desired.blocks) {
        if (cidr.family() == family && block.announced) blocks.push_back(cidr);
    }
    for (const IpPool* pool : context.pools(family)) {
        (pool->disable_bgp_export ? rejected : accepted).push_back(pool->cidr);
    }
    out.blocks = bgp::PrefixSet(std::move(blocks));
    out.reject_pools = bgp::PrefixSet(std::move(rejected));
    out.accept_pools = bgp::PrefixSet(std::move(accepted));
    out.accept_services = desired.of(family).services;
    out.accept_services_as_reflector = desired.of(family).services_as_reflector;
    return out;
}

}  // namespace

void add_policies(const Context& context, Desired& out) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        DesiredFamily& part = out.of(family);
        part.export_policy = export_policy(context, out, family);
        part.kernel_policy.normal_priority = context.normal_priority(family);
    }
    for (auto& [name, session] : out.sessions) {
        session.policy.export_ipv4 = out.ipv4.export_policy;
        session.policy.export_ipv6 = out.ipv6.export_policy;
    }
}

}  // namespace dunlin::agent
