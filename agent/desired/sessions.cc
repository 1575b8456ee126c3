// From the mesh and the BGPPeers to this node's neighbours. The order of precedence is that of Calico: global
// objects, then those of a node or a selector, then the other direction of both, then the mesh; within each
// by name, so that of two objects with one neighbour always the same wins.
#include <algorithm>
#include <unordered_map>

#include "agent/desired/context.h"

namespace dunlin::agent {
namespace {

constexpr std::uint8_t kTtl = 64;  // Calico runs every session as multihop

bgp::RestartMode restart_mode(RestartMode mode) {
    switch (mode) {
        case RestartMode::full:
            return bgp::RestartMode::full;
        case RestartMode::helper:
            return bgp::RestartMode::helper;
        case RestartMode::off:
            break;
    }
    return bgp::RestartMode::off;
}

// RFC 4724 3: twelve bits.
std::uint16_t restart_time_of(Seconds time) {
    return static_cast<std::uint16_t>(std::min<Seconds::rep>(time.count(), 4095));
}

struct Neighbor {
    IpAddress address;
    std::string interface;                    // of a link-local address
    std::optional<std::uint16_t> named_port;  // written in the object, and so in the name
    std::uint16_t port = bgp::kBgpPort;
    std::optional<Asn> as;
    bool cluster_id_known = false;  // the neighbour is a node whose reflector id we know
    std::optional<RouterId> cluster_id;
    bool is_node = false;
};

class Sessions {
public:
    Sessions(const Context& context, Desired& out) : context_(context), out_(out) {
        for (const auto& [name, node] : context.cluster.nodes) {
            const NodeFacts facts = context.facts_of(node);
            const Owner owner{&name, facts.as_number.value_or(context.default_as)};
            if (facts.ipv4) owners_[facts.ipv4->address].push_back(owner);
            if (facts.ipv6) owners_[facts.ipv6->address].push_back(owner);
        }
    }

    void add_all() {
        for (const bool global : {true, false}) {
            for (const auto& [name, peer] : context_.cluster.peers) {
                if (peer.global() == global && holds(peer, context_.options.node, context_.labels)) add(peer);
            }
        }
        for (const auto& [name, peer] : context_.cluster.peers) {
            if (peer.reverse_peering && !peer.local_workload_selector) add_reverse(peer);
        }
        add_mesh();
    }

private:
    struct Owner {  // of an address: a node of the cluster
        const std::string* node;
        Asn as;
    };

    static bool holds(const BgpPeer& peer, const std::string& node, const Labels& labels) {
        if (!peer.node.empty()) return peer.node == node;
        return !peer.node_selector || peer.node_selector->matches(labels);
    }

    void add(const BgpPeer& peer) {
        if (peer.local_workload_selector) return;  // the parser reports it as not yet supported
        if (peer.peer_ip) {
            add_by_address(peer);
            return;
        }
        if (!peer.peer_selector) return;
        for (const auto& [name, node] : context_.cluster.nodes) {
            if (name == context_.options.node || !peer.peer_selector->matches(node.labels)) continue;
            add_node(peer, origin_of(peer), name, node);
        }
    }

    static SessionOrigin origin_of(const BgpPeer& peer) {
        return peer.global() ? SessionOrigin::global : SessionOrigin::node;
    }

    void add_by_address(const BgpPeer& peer) {
        Neighbor neighbor;
        neighbor.address = peer.peer_ip->address;
        neighbor.interface = peer.peer_ip->interface;
        neighbor.named_port = peer.peer_ip->port;
        neighbor.port = peer.peer_ip->port.value_or(bgp::kBgpPort);
        neighbor.as = peer.as_number;
        if (const auto found = owners_.find(neighbor.address); found != owners_.end()) {
            neighbor.is_node = true;
            take_port(found->second, neighbor);
        }
        if (!neighbor.as) {
            problem(peer, "spec.asNumber", Reason::invalid, "is required with peerIP");
            return;
        }
        if (insert(peer, origin_of(peer), neighbor, true) && peer.reachable_by) {
            out_.of(neighbor.address.family())
                .statics.emplace(Prefix::host(neighbor.address),
                                 StaticRoute{peer.reachable_by, StaticPurpose::reach_peer});
        }
    }

    // The node with this address and AS says on which port it listens; one that is configured is in the name.
    void take_port(const std::vector<Owner>& owners, Neighbor& neighbor) const {
        if (neighbor.named_port) return;
        for (const Owner& owner : owners) {
            if (owner.as != neighbor.as) continue;
            neighbor.named_port = context_.configured_port(*owner.node);
            neighbor.port = neighbor.named_port.value_or(bgp::kBgpPort);
            return;
        }
    }

    // One session a family, as Calico has it. An object that lists families gets one session that carries
    // them all, by the first of them for which both ends have an address.
    std::vector<Family> transports(const BgpPeer& peer, const NodeFacts& facts) const {
        std::vector<Family> out = peer.families;
        if (out.empty()) out = {Family::ipv4, Family::ipv6};
        if (peer.peer_ip) out = {peer.peer_ip->address.family()};
        std::erase_if(out, [&](Family f) { return !address_of(facts, f) || !context_.address(f); });
        if (!peer.families.empty() && out.size() > 1) out.resize(1);
        return out;
    }

    void add_node(const BgpPeer& peer, SessionOrigin origin, const std::string& name, const Node& node) {
        const NodeFacts facts = context_.facts_of(node);
        for (const Family family : transports(peer, facts))
            add_node_address(peer, origin, name, facts, family);
    }

    void add_node_address(const BgpPeer& peer, SessionOrigin origin, const std::string& name,
                          const NodeFacts& facts, Family family) {
        const auto& address = address_of(facts, family);
        Neighbor neighbor;
        neighbor.address = address->address;
        neighbor.port = context_.listen_port(name);
        neighbor.named_port = context_.configured_port(name);
        neighbor.as = facts.as_number.value_or(context_.default_as);
        neighbor.cluster_id_known = true;
        neighbor.cluster_id = facts.cluster_id;
        neighbor.is_node = true;
        insert(peer, origin, neighbor, false);
    }

    // The other direction: this node is what `peer` points at, and the nodes that hold it are our neighbours.
    void add_reverse(const BgpPeer& peer) {
        if (!is_target(peer)) return;
        for (const auto& [name, node] : context_.cluster.nodes) {
            if (name == context_.options.node || !holds(peer, name, node.labels)) continue;
            add_node(peer, SessionOrigin::node, name, node);
        }
    }

    bool is_target(const BgpPeer& peer) const {
        if (peer.peer_selector)
            return context_.self != nullptr && peer.peer_selector->matches(context_.labels);
        if (!peer.peer_ip || !peer.as_number || *peer.as_number != context_.local_as) return false;
        const auto& own = context_.address(peer.peer_ip->address.family());
        if (!own || own->address != peer.peer_ip->address) return false;
        return !peer.peer_ip->port || *peer.peer_ip->port == context_.listen_port(context_.options.node);
    }

    void add_mesh() {
        const bool enabled = context_.common == nullptr || context_.common->mesh_enabled.value_or(true);
        if (!enabled || context_.facts.cluster_id) return;
        for (const auto& [name, node] : context_.cluster.nodes) {
            const NodeFacts facts = context_.facts_of(node);
            if (name == context_.options.node || facts.cluster_id) continue;
            for (const Family family : {Family::ipv4, Family::ipv6}) {
                const auto& address = address_of(facts, family);
                const auto& own = context_.address(family);
                if (address && own) add_mesh_neighbor(name, *address, *own, facts);
            }
        }
    }

    void add_mesh_neighbor(const std::string& node, const InterfaceAddress& address,
                           const InterfaceAddress& own, const NodeFacts& facts) {
        if (address.address == own.address || taken_.contains({address.address, bgp::kBgpPort})) return;
        DesiredSession session;
        session.origin = SessionOrigin::mesh;
        bgp::SessionConfig& config = session.config;
        fill_common(config, address.address, own.address.family());
        config.transport.peer_port = context_.listen_port(node);
        config.transport.local_address = own.address;
        // One side dials: which one is decided by the text of the addresses, as all nodes of a cluster agree
        // on.
        config.transport.passive = address.address.to_string() > own.address.to_string();
        config.offer.peer_as = facts.as_number.value_or(context_.local_as);
        session.policy.default_priority = context_.normal_priority(own.address.family());
        if (context_.common != nullptr && context_.common->mesh_max_restart_time) {
            config.offer.restart_time_s = restart_time_of(*context_.common->mesh_max_restart_time);
        }
        if (context_.common != nullptr && context_.common->mesh_password) {
            take_secret(session, *context_.common->mesh_password);
        }
        out_.sessions.emplace("Mesh_" + text_of(address.address), std::move(session));
    }

    // False when the neighbour cannot be ours, or another object has it.
    bool insert(const BgpPeer& peer, SessionOrigin origin, const Neighbor& neighbor, bool by_address) {
        const Family family = neighbor.address.family();
        const auto& own = context_.address(family);
        if (own && own->address == neighbor.address) return true;  // this node itself, named as a peer of all
        if (!own && neighbor.interface.empty()) {
            problem(peer, "spec.peerIP", Reason::no_node_address,
                    "node " + context_.options.node + " has no address of the family of " +
                        neighbor.address.to_string());
            return false;
        }
        const auto [at, fresh] = taken_.try_emplace({neighbor.address, neighbor.port}, peer.meta.name);
        if (!fresh) {
            if (by_address && at->second != peer.meta.name) {
                problem(peer, "spec.peerIP", Reason::superseded,
                        "BGPPeer " + at->second + " has the neighbour " + neighbor.address.to_string());
            }
            return false;
        }
        const char* kind = origin == SessionOrigin::global ? "Global_" : "Node_";
        std::string name = kind + text_of(neighbor.address);
        if (neighbor.named_port) name += "_port_" + std::to_string(*neighbor.named_port);
        out_.sessions.emplace(std::move(name), make(peer, origin, neighbor, by_address));
        return true;
    }

    DesiredSession make(const BgpPeer& peer, SessionOrigin origin, const Neighbor& neighbor,
                        bool by_address) {
        DesiredSession session;
        session.origin = origin;
        session.peer_object = peer.meta.name;
        session.description = peer.description;
        session.filters = peer.filters;
        bgp::SessionConfig& config = session.config;
        fill_common(config, neighbor.address, neighbor.address.family());
        config.transport.peer_port = neighbor.port;
        config.transport.interface = neighbor.interface;
        const auto& own = context_.address(neighbor.address.family());
        if (peer.use_node_ip && own && neighbor.interface.empty())
            config.transport.local_address = own->address;
        const bool text_rule = origin == SessionOrigin::global && by_address && neighbor.is_node && own;
        config.transport.passive =
            peer.passive || (text_rule && neighbor.address.to_string() > own->address.to_string());
        config.offer.peer_as = *neighbor.as;
        if (by_address && peer.local_as_number) config.offer.local_as = *peer.local_as_number;
        if (!peer.families.empty()) config.offer.families = peer.families;
        apply_object(peer, config);
        apply_policy(peer, neighbor, by_address, session);
        if (peer.password) take_secret(session, *peer.password);
        hold_for_filters(session);
        return session;
    }

    void fill_common(bgp::SessionConfig& config, const IpAddress& address, Family family) const {
        config.transport.peer_address = address;
        config.live.ttl = kTtl;
        config.offer.local_as = context_.local_as;
        config.offer.router_id = out_.router_id.value_or(RouterId());
        config.offer.families = {family};
        config.timers.hold = Seconds(240);
        config.offer.restart = bgp::RestartMode::full;
        config.offer.add_path_receive = true;
        // Calico's BIRD waits; who writes a dunlin.io object wants the session now.
        if (context_.options.api_group != ApiGroup::dunlin) config.timers.connect_delay = Seconds(2);
    }

    static void apply_object(const BgpPeer& peer, bgp::SessionConfig& config) {
        if (peer.ttl_security > 0) {
            config.live.ttl = 255;  // RFC 5082 3
            config.live.min_ttl = static_cast<std::uint8_t>(256 - peer.ttl_security);
        }
        if (peer.hold_time) config.timers.hold = *peer.hold_time;
        config.timers.keepalive = peer.keepalive_time;
        if (peer.connect_retry_time) config.timers.connect_retry = *peer.connect_retry_time;
        if (peer.error_backoff_min) config.timers.error_wait_min = *peer.error_backoff_min;
        if (peer.error_backoff_max) config.timers.error_wait_max = *peer.error_backoff_max;
        config.offer.restart = restart_mode(peer.restart_mode);
        const auto restart_time = peer.restart_time ? peer.restart_time : peer.max_restart_time;
        if (restart_time) config.offer.restart_time_s = restart_time_of(*restart_time);
        config.offer.add_path_receive =
            peer.add_paths == AddPathMode::both || peer.add_paths == AddPathMode::receive;
        config.offer.extended_messages = peer.extended_messages;
        config.offer.enhanced_route_refresh = peer.enhanced_route_refresh;
        config.offer.extended_next_hop = peer.extended_next_hop;
        config.offer.role = peer.role;
        config.offer.role_strict = peer.role_strict;
        config.admin_message = peer.admin_message;
        if (peer.admin_state == PeerAdminState::down) config.admin_state = bgp::AdminState::down;
        if (peer.admin_state == PeerAdminState::drain) config.admin_state = bgp::AdminState::drain;
    }

    void apply_policy(const BgpPeer& peer, const Neighbor& neighbor, bool by_address,
                      DesiredSession& session) const {
        bgp::PeerPolicy& policy = session.policy;
        const bool internal = session.config.offer.peer_as == session.config.offer.local_as;
        if (peer.next_hop_mode) {
            policy.next_hop = *peer.next_hop_mode;
        } else if (peer.keep_original_next_hop && !internal) {
            policy.next_hop = bgp::NextHopMode::keep;
        }
        if (by_address) policy.allow_own_as = peer.allowed_own_as;
        policy.max_prefixes = peer.max_prefixes;
        const SendCommunities& send = peer.send_communities;
        policy.send_communities = send.standard || send.extended || send.large;
        policy.default_priority = context_.normal_priority(neighbor.address.family());
        const bool other_cluster =
            !neighbor.cluster_id_known || neighbor.cluster_id != context_.facts.cluster_id;
        policy.reflector_client = context_.facts.cluster_id && internal && other_cluster;
        if (peer.reflector_client == ReflectorClient::always) policy.reflector_client = internal;
        if (peer.reflector_client == ReflectorClient::never) policy.reflector_client = false;
        if (policy.reflector_client) policy.cluster_id = context_.facts.cluster_id;
    }

    // A session without the key that was asked for would be open to anybody: it stays down.
    void take_secret(DesiredSession& session, const SecretRef& ref) const {
        session.secret = ref;
        const auto found = context_.cluster.secrets.find(ref.name);
        if (found != context_.cluster.secrets.end()) {
            const auto value = found->second.values.find(ref.key);
            if (value != found->second.values.end() && !value->second.empty()) {
                session.config.live.md5_key = value->second;
                return;
            }
        }
        session.held_down = Reason::secret_missing;
        session.held_down_message = found == context_.cluster.secrets.end()
                                        ? "there is no Secret " + ref.name
                                        : "Secret " + ref.name + " has no key " + ref.key;
    }

    // Nor may one run without the filters that were asked for.
    void hold_for_filters(DesiredSession& session) const {
        for (const auto& name : session.filters) {
            session.held_down = Reason::filter_missing;
            session.held_down_message = context_.cluster.filters.contains(name)
                                            ? "BGPFilter " + name + " cannot be applied by this version yet"
                                            : "there is no BGPFilter " + name;
        }
    }

    static std::string text_of(const IpAddress& address) {
        std::string out = address.to_string();
        for (char& c : out) {
            if (c == '.' || c == ':') c = '_';
        }
        return out;
    }

    void problem(const BgpPeer& peer, const char* field, Reason reason, std::string message) {
        out_.problems.push_back({"BGPPeer", peer.meta.name, field, reason, std::move(message)});
    }

    const Context& context_;
    Desired& out_;
    std::map<std::pair<IpAddress, std::uint16_t>, std::string> taken_;  // by which BGPPeer
    std::unordered_map<IpAddress, std::vector<Owner>> owners_;          // of the addresses of all nodes
};

}  // namespace

void add_sessions(const Context& context, Desired& out) {
    if (out.router_id) Sessions(context, out).add_all();
}

}  // namespace dunlin::agent
