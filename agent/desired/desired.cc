#include "agent/desired/desired.h"

#include <algorithm>

#include "agent/desired/context.h"
#include "agent/desired/sha256.h"

namespace dunlin::agent {
namespace {

// A node without IPv4 has no address to be known by: a number made from its name, never 0 and never
// multicast.
RouterId router_id_of_name(const std::string& name) {
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return RouterId((hash & 0x7fffffffu) | 0x01000000u);
}

// As Calico makes it: the first four octets of the hash of the name, below 224.
RouterId hashed_router_id(const std::string& name) {
    const auto hash = sha256(name);
    const auto first = static_cast<std::uint8_t>(hash[0] > 223 ? hash[0] - 32 : hash[0]);
    const std::uint32_t id =
        std::uint32_t{first} << 24 | std::uint32_t{hash[1]} << 16 | std::uint32_t{hash[2]} << 8 | hash[3];
    return RouterId(id == 0 ? 1 : id);  // RFC 6286 2.1: never 0
}

std::optional<RouterId> router_id(const Context& context, Desired& out) {
    if (context.facts.router_id) return context.facts.router_id;
    if (context.own != nullptr && context.own->router_id) return context.own->router_id;
    const auto env = context.options.env.find("CALICO_ROUTER_ID");
    if (env != context.options.env.end() && env->second == "hash") {
        return hashed_router_id(context.options.node);
    }
    if (env != context.options.env.end()) {
        const auto address = IpAddress::parse(env->second);
        if (address && address->is_v4() && address->to_v4() != 0) return RouterId(address->to_v4());
    }
    if (context.facts.ipv4) return RouterId(context.facts.ipv4->address.to_v4());
    if (context.facts.ipv6) return router_id_of_name(context.options.node);
    out.problems.push_back(
        {"Node", context.options.node, "", Reason::no_node_address,
         "the node has no address: no annotation dunlin.io/ipv4-address or dunlin.io/ipv6-address, "
         "no InternalIP and no global address of its own"});
    return std::nullopt;
}

void add_family(const Context& context, Family family, Desired& out) {
    DesiredFamily& part = out.of(family);
    part.node_address = context.address(family);
    part.bgp_enabled = part.node_address && out.router_id;
    part.listen_port = context.listen_port(context.options.node);
    if (context.common != nullptr && context.common->bind_node_ip && part.node_address) {
        part.listen_address = part.node_address->address;
    }
}

std::vector<std::string> direct_interfaces(const Context& context) {
    std::vector<std::string> out;
    if (context.common != nullptr) {
        for (const auto& pattern : context.common->ignored_interfaces) out.push_back("-" + pattern);
    }
    out.insert(out.end(), {"-cali*", "-kube-ipvs*", "*"});
    return out;
}

template <class Objects>
void add_warnings(const char* kind, const Objects& objects, Desired& out) {
    for (const auto& [name, object] : objects) {
        for (const auto& warning : object.meta.warnings) {
            out.problems.push_back({kind, name, warning.field, warning.reason, warning.message});
        }
    }
}

void add_object_problems(const Cluster& cluster, Desired& out) {
    for (const auto& [ref, problems] : cluster.refused) {
        for (const auto& problem : problems) {
            out.problems.push_back({ref.kind, ref.name, problem.field, problem.reason, problem.message});
        }
    }
    add_warnings("BGPPeer", cluster.peers, out);
    add_warnings("BGPConfiguration", cluster.configurations, out);
    add_warnings("BGPFilter", cluster.filters, out);
    add_warnings("IPPool", cluster.pools, out);
    add_warnings("BlockAffinity", cluster.affinities, out);
    add_warnings("Node", cluster.nodes, out);
    for (const auto& [name, configuration] : cluster.configurations) {
        for (const auto& problem : configuration.refused) {
            out.problems.push_back(
                {"BGPConfiguration", name, problem.field, problem.reason, problem.message});
        }
    }
}

// It works without a Node object, and says so.
void note_missing_node(const Context& context, Desired& out) {
    if (context.self != nullptr) return;
    std::string addresses;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (context.address(family)) addresses += " " + context.address(family)->to_string();
    }
    if (addresses.empty()) return;  // that is a problem of its own
    out.problems.push_back(
        {"Node", context.options.node, "", Reason::ignored,
         "there is no Node of this name: the machine's own addresses stand in:" + addresses});
}

LogSeverity log_level(const Context& context) {
    if (context.own != nullptr && context.own->log_severity) return *context.own->log_severity;
    if (context.common != nullptr && context.common->log_severity) return *context.common->log_severity;
    return LogSeverity::info;
}

}  // namespace

std::string_view name(SessionOrigin origin) {
    constexpr std::string_view kNames[] = {"mesh", "global", "node", "local_workload"};
    return kNames[static_cast<std::size_t>(origin)];
}

// USE_POD_CIDR is how a Calico node is told that its addresses come from host-local IPAM.
BlockSource Options::source() const {
    if (block_source) return *block_source;
    if (api_group == ApiGroup::dunlin) return BlockSource::pool;
    const auto host_local = env.find("USE_POD_CIDR");
    return host_local != env.end() && host_local->second == "true" ? BlockSource::podcidr
                                                                   : BlockSource::affinity;
}

Desired desired_state(const Cluster& cluster, const Options& options) {
    const Context context(cluster, options);
    Desired out;
    out.node = options.node;
    out.local_as = context.local_as;
    out.router_id = router_id(context, out);
    out.cluster_id = context.facts.cluster_id;
    out.log_level = log_level(context);
    out.direct_interfaces = direct_interfaces(context);
    add_family(context, Family::ipv4, out);
    add_family(context, Family::ipv6, out);
    add_sessions(context, out);
    add_blocks(context, out);
    add_services(context, out);
    add_policies(context, out);
    add_object_problems(cluster, out);
    note_missing_node(context, out);
    std::sort(out.problems.begin(), out.problems.end());
    return out;
}

}  // namespace dunlin::agent
