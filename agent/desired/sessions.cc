// From the mesh and the BGPPeers to this node's neighbours. The order of precedence is that of Calico: global
// objects, then those of a node or a selector, then the other direction of both, then the mesh; within each
// by name, so that of two objects with one neighbour always the same wins.
#include <algorithm>
#include <unordered_map>

#include "agent/desired/session_maker.h"

namespace dunlin::agent {
namespace {

class Sessions {
public:
    Sessions(const Context& context, Desired& out) : context_(context), out_(out), maker_(context, out) {
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
        if (peer.next_password) {
            if (auto why = maker_.missing(*peer.next_password)) {
                problem(peer, "spec.nextPassword", Reason::ignored, *std::move(why));
            }
        }
        if (peer.local_workload_selector) return add_workloads(peer);
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
        neighbor.by_address = true;
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
        if (insert(peer, origin_of(peer), neighbor) && peer.reachable_by) {
            out_.of(neighbor.address.family())
                .statics.emplace(Prefix::host(neighbor.address),
                                 StaticRoute{peer.reachable_by, StaticPurpose::reach_peer});
        }
    }

    // Felix matched the selector and says in its files which workloads of this node have this object.
    void add_workloads(const BgpPeer& peer) {
        for (const auto& [name, workload] : context_.cluster.workloads) {
            if (workload.peer != peer.meta.name) continue;
            for (const IpAddress& address : workload.addresses) {
                Neighbor neighbor;
                neighbor.by_address = true;
                neighbor.address = address;
                neighbor.as = peer.as_number;
                insert(peer, SessionOrigin::local_workload, neighbor);
            }
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
        insert(peer, origin, neighbor);
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

    // A neighbour that a BGPPeer has, too, is that object's; the mesh's session is told of and never runs.
    void add_mesh_neighbor(const std::string& node, const InterfaceAddress& address,
                           const InterfaceAddress& own, const NodeFacts& facts) {
        if (address.address == own.address) return;
        Neighbor neighbor;
        neighbor.address = address.address;
        neighbor.port = context_.listen_port(node);
        neighbor.as = facts.as_number.value_or(context_.local_as);
        DesiredSession session = maker_.mesh(neighbor, own);
        const auto taken = taken_.find({neighbor.address, neighbor.port});
        if (taken != taken_.end()) {
            session.held_down = Reason::superseded;
            session.held_down_message = "BGPPeer " + taken->second + " has this neighbour";
        }
        out_.sessions.emplace("Mesh_" + text_of(address.address), std::move(session));
    }

    // False when the neighbour cannot be ours, or another object has it.
    bool insert(const BgpPeer& peer, SessionOrigin origin, const Neighbor& neighbor) {
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
            if (neighbor.by_address && at->second != peer.meta.name) {
                problem(peer, "spec.peerIP", Reason::superseded,
                        "BGPPeer " + at->second + " has the neighbour " + neighbor.address.to_string());
            }
            return false;
        }
        std::string name = prefix_of(origin) + text_of(neighbor.address);
        if (neighbor.named_port) name += "_port_" + std::to_string(*neighbor.named_port);
        out_.sessions.emplace(std::move(name), origin == SessionOrigin::local_workload
                                                   ? maker_.workload(peer, neighbor)
                                                   : maker_.of_peer(peer, origin, neighbor));
        return true;
    }

    static std::string prefix_of(SessionOrigin origin) {
        switch (origin) {
            case SessionOrigin::mesh:
                return "Mesh_";
            case SessionOrigin::global:
                return "Global_";
            case SessionOrigin::node:
                return "Node_";
            case SessionOrigin::local_workload:
                break;
        }
        return "Local_Workload_";
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
    SessionMaker maker_;
    std::map<std::pair<IpAddress, std::uint16_t>, std::string> taken_;  // by which BGPPeer
    std::unordered_map<IpAddress, std::vector<Owner>> owners_;          // of the addresses of all nodes
};

}  // namespace

void add_sessions(const Context& context, Desired& out) {
    if (out.router_id) Sessions(context, out).add_all();
}

}  // namespace dunlin::agent
