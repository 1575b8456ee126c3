#include "agent/app/view_builder.h"

#include <set>

namespace dunlin::agent {
namespace {

SessionView configured(const std::string& name, const DesiredSession& wanted) {
    SessionView out;
    out.name = name;
    out.peer_object = wanted.peer_object;
    out.origin = std::string(agent::name(wanted.origin));
    out.neighbor = wanted.config.transport.peer_address;
    out.port = wanted.config.transport.peer_port;
    out.local_address = wanted.config.transport.local_address;
    out.neighbor_as = wanted.config.offer.peer_as;
    out.local_as = wanted.config.offer.local_as;
    out.confederation = wanted.config.offer.confederation && wanted.config.offer.confederation->with_member;
    out.families = wanted.config.offer.families;
    out.description = wanted.description;
    return out;
}

void take_counts(SessionView& out, Family family, const bgp::FamilyCounts& counts) {
    out.prefixes.push_back({family, counts.received + counts.filtered, counts.received, counts.exported});
    out.out_queue += counts.pending;
}

std::vector<std::string> capability_names(const bgp::Negotiated& terms) {
    std::vector<std::string> out;
    for (const auto& family : terms.families) {
        out.push_back(std::string(name(family.family)) + "-unicast");
        if (family.add_path_receive || family.add_path_send) out.push_back("add-path");
        if (family.extended_next_hop) out.push_back("extended-next-hop");
    }
    if (terms.as4) out.push_back("as4");
    if (terms.route_refresh) out.push_back("route-refresh");
    if (terms.enhanced_route_refresh) out.push_back("enhanced-route-refresh");
    if (terms.receive_extended && terms.send_extended) out.push_back("extended-messages");
    if (terms.peer_restart) out.push_back("graceful-restart");
    if (terms.role) out.push_back("role");
    return out;
}

void take_terms(SessionView& out, const bgp::Negotiated& terms) {
    out.neighbor_id = terms.peer_id;
    out.hold = terms.hold;
    out.keepalive = terms.keepalive;
    out.capabilities = capability_names(terms);
    out.families.clear();
    for (const auto& family : terms.families) out.families.push_back(family.family);
}

void take_peer(SessionView& out, const bgp::PeerView& peer, const WallClock& clock) {
    const bgp::PeerStatus& status = peer.session;
    out.state = std::string(status.state);
    out.established = status.state == "Established";
    out.since = clock(status.since);
    out.flaps = status.counters.downs;
    if (out.established) {
        out.last_error = status.message;
    } else {
        out.reason = std::string(bgp::name(status.reason));
        out.message = status.message;
    }
    for (const Family family : peer.settings.session.offer.families) {
        take_counts(out, family, family == Family::ipv4 ? peer.ipv4 : peer.ipv6);
    }
    if (peer.terms) take_terms(out, *peer.terms);
    if (peer.local_address) out.local_address = peer.local_address;
    out.messages_in = {{"update", peer.updates.updates_received},
                       {"route-refresh", peer.updates.refreshes_received},
                       {"notification", status.counters.notifications_received}};
    out.messages_out = {{"update", peer.updates.updates_sent},
                        {"route-refresh", peer.updates.refreshes_sent},
                        {"notification", status.counters.notifications_sent}};
    out.updates_withdrawn = peer.updates.treated_as_withdraw;
    out.last_filtered = peer.updates.last_filtered;
    out.uses_next_key = peer.session.uses_next_key;
    out.attributes_discarded = peer.updates.attributes_discarded;
    out.last_malformed = peer.updates.last_malformed;
}

std::vector<SessionView> session_views(const ViewParts& parts, const WallClock& clock) {
    std::map<std::string, bgp::PeerView> running;
    for (auto& peer : parts.speaker.peers()) {
        std::string name = peer.name;
        running.emplace(std::move(name), std::move(peer));
    }
    std::vector<SessionView> out;
    for (const auto& [name, wanted] : parts.reconciler.desired().sessions) {
        // Of the mesh, where a BGPPeer has the neighbour: that session says all there is.
        if (wanted.held_down == Reason::superseded) continue;
        SessionView view = configured(name, wanted);
        const auto peer = running.find(name);
        if (wanted.held_down) {
            view.state = "Down";
            view.reason = std::string(agent::name(*wanted.held_down));
            view.message = wanted.held_down_message;
        } else if (peer != running.end()) {
            take_peer(view, peer->second, clock);
        }
        out.push_back(std::move(view));
    }
    return out;
}

std::vector<BlockView> block_views(const ViewParts& parts) {
    std::vector<BlockView> out;
    for (const auto& [cidr, block] : parts.reconciler.desired().blocks) {
        BlockView view{cidr, block.pool, block.affinity, false, parts.reconciler.announced(cidr)};
        if (parts.kernel != nullptr && block.blackhole) {
            netlink::KernelRoute route;
            route.prefix = cidr;
            view.in_kernel = parts.kernel->routes().in_kernel(netlink::normalised(route.key()));
        }
        out.push_back(std::move(view));
    }
    return out;
}

PoolView pool_view(const IpPool& pool, const Cluster& cluster) {
    PoolView out;
    out.name = pool.meta.name;
    out.cidr = pool.cidr;
    const unsigned width = pool.block_size - pool.cidr.length();
    out.total = width < 63 ? std::uint64_t{1} << width : ~std::uint64_t{0} >> 1;
    std::set<std::string> nodes;
    for (const auto& [name, block] : cluster.affinities) {
        if (block.deleted || !pool.cidr.contains(block.cidr)) continue;
        ++out.claimed;
        nodes.insert(block.node);
    }
    out.nodes = nodes.size();
    return out;
}

std::vector<ProtocolView> protocol_views(const ViewParts& parts, WallTime start) {
    std::vector<ProtocolView> out;
    out.push_back({"device1", "Device", "---", true, start, "", 0, 0});
    const auto& desired = parts.reconciler.desired();
    const bool kernel = parts.kernel != nullptr;
    if (kernel) {
        out.push_back({"direct1", "Direct", "---", true, start, "", 0, 0});
        out.push_back(
            {"kernel1", "Kernel", "master4", true, start, "", 0, parts.kernel->routes().desired_count()});
        out.push_back({"kernel2", "Kernel", "master6", true, start, "", 0, 0});
    }
    if (!desired.ipv4.statics.empty()) out.push_back({"static1", "Static", "master4", true, start, "", 0, 0});
    if (!desired.ipv6.statics.empty()) out.push_back({"static2", "Static", "master6", true, start, "", 0, 0});
    return out;
}

KernelCounts kernel_counts(const netlink::Kernel& kernel) {
    const netlink::RouteTable& table = kernel.routes();
    KernelCounts out;
    out.desired = table.desired_count();
    out.installed = table.installed_count();
    out.failed = table.failed_count();
    out.conflicts = table.conflict_count();
    out.repairs = table.stats().drift;
    table.for_each_alien([&](const netlink::KernelRoute&) { ++out.alien; });
    return out;
}

}  // namespace

NodeView node_view(const ViewParts& parts, const std::string& node, WallTime start) {
    const WallClock clock;
    const Desired& desired = parts.reconciler.desired();
    NodeView out;
    out.node = node;
    out.version = DUNLIN_VERSION;
    out.router_id = desired.router_id;
    out.local_as = desired.local_as;
    out.start = start;
    out.now = clock(Clock::now());
    const auto self = parts.reconciler.cluster().nodes.find(node);
    if (self != parts.reconciler.cluster().nodes.end()) out.node_uid = self->second.meta.uid;
    out.restarting = parts.speaker.restarting();
    out.kernel_synced = parts.kernel == nullptr || parts.kernel->synced();
    out.synced = parts.reconciler.synced();
    out.sessions = session_views(parts, clock);
    out.protocols = protocol_views(parts, start);
    out.blocks = block_views(parts);
    for (const auto& [name, pool] : parts.reconciler.cluster().pools) {
        out.pools.push_back(pool_view(pool, parts.reconciler.cluster()));
    }
    out.problems = desired.problems;
    const bgp::SpeakerStats stats = parts.speaker.stats();
    out.routes = {{"master4", stats.tables[0].prefixes}, {"master6", stats.tables[1].prefixes}};
    if (parts.kernel != nullptr) out.kernel = kernel_counts(*parts.kernel);
    out.counters["reconcile_total"] = parts.reconciler.counters().runs;
    return out;
}

RouteView route_view(const bgp::RouteView& route, const WallClock& clock) {
    RouteView out;
    out.prefix = route.prefix;
    for (const auto& path : route.paths) {
        PathView view;
        view.protocol = path.source;
        view.since = clock(path.since);
        view.best = path.best;
        view.reachable = path.resolvable;
        view.preference = path.preference;
        view.decided_by = path.refused_by.empty() ? std::string(bgp::text(path.lost_at))
                                                  : "import filter, " + path.refused_by;
        view.gateway = path.forwarding.gateway;
        view.interface = path.forwarding.interface;
        view.kind = path.blackhole ? "blackhole" : path.resolvable ? "unicast" : "unreachable";
        view.from_bgp = path.kind == bgp::SourceKind::ebgp || path.kind == bgp::SourceKind::ibgp;
        if (view.from_bgp) view.igp_metric = path.igp_metric;
        view.attributes = path.attributes;
        out.paths.push_back(std::move(view));
    }
    return out;
}

}  // namespace dunlin::agent
