#include "tests/unit/bgp/speaker/network.h"

#include <doctest/doctest.h>

namespace dunlin::bgp::test {

void Network::add_router(unsigned n, std::uint32_t as) {
    auto router = std::make_unique<Router>();
    router->as = as;
    router->settings.router_id = RouterId(n);
    router->settings.own_addresses = {address(n)};
    router->settings.hash_seed = 1000 + n;
    start(*router);
    routers_[n] = std::move(router);
}

void Network::start(Router& router) {
    router.speaker = std::make_unique<Speaker>(router.settings);
    LocalRoute lan;
    lan.preference = kPreferenceDirect;
    lan.interface = "eth0";
    lan.interface_index = 2;
    router.speaker->announce(LocalProtocol::direct1, prefix("192.0.2.0/24"), lan, now_);
}

void Network::close_from(unsigned router, std::optional<PeerId> peer) {
    for (Connection& connection : connections_) {
        for (int i = 0; i < 2; ++i) {
            End& end = connection.ends[i];
            End& other = connection.ends[1 - i];
            if (end.router != router || (peer && end.peer != *peer)) continue;
            end.open = false;
            if (!std::exchange(other.open, false) || other.router == router) continue;
            speaker(other.router).handle(other.peer, other.slot, fsm::TcpFailed{104}, now_);
        }
    }
}

void Network::cut(unsigned a, unsigned b) {
    for (Connection& connection : connections_) {
        const unsigned x = connection.ends[0].router, y = connection.ends[1].router;
        if (!(x == a && y == b) && !(x == b && y == a)) continue;
        for (End& end : connection.ends) {
            if (!std::exchange(end.open, false)) continue;
            speaker(end.router).handle(end.peer, end.slot, fsm::TcpFailed{104}, now_);
        }
    }
    settle();
}

void Network::restart(unsigned n) {
    close_from(n, std::nullopt);
    perform_all();  // what the others close is not what comes next
    at(n).peers.clear();
    start(at(n));
    speaker(n).begin_restart(now_);
}

void Network::join(unsigned a, unsigned b) {
    for (const auto& [self, other] : {std::pair(a, b), std::pair(b, a)}) {
        PeerSettings out;
        out.session.transport.peer_address = address(other);
        out.session.transport.local_address = address(self);
        out.session.transport.passive = self > other;
        out.session.offer.local_as = Asn(at(self).as);
        out.session.offer.peer_as = Asn(at(other).as);
        out.session.offer.router_id = RouterId(self);
        out.session.offer.families = {Family::ipv4};
        out.policy.export_ipv4.edit().accept_all = out.policy.export_ipv6.edit().accept_all = true;
        at(self).wanted[name(other)] = out;
    }
}

void Network::leave(unsigned a, unsigned b) {
    at(a).wanted.erase(name(b));
    at(b).wanted.erase(name(a));
}

void Network::apply() {
    for (auto& [n, router] : routers_) router->speaker->configure(router->settings, router->wanted, now_);
    settle();
}

void Network::announce(unsigned n, std::string_view prefix_text) {
    LocalRoute route;
    route.preference = kPreferenceStatic;
    route.blackhole = true;
    speaker(n).announce(LocalProtocol::static1, prefix(prefix_text), route, now_);
}
void Network::withdraw(unsigned n, std::string_view prefix_text) {
    speaker(n).withdraw(LocalProtocol::static1, prefix(prefix_text));
}

void Network::advance(Seconds by) {
    for (const Time end = now_ + by; now_ < end;) {
        now_ += Seconds(1);
        for (auto& [n, router] : routers_) {
            if (router->silent) continue;
            for (const auto& [id, other] : router->peers) {
                if (router->speaker->next_deadline(id) <= now_) router->speaker->tick(id, now_);
            }
        }
        settle();
    }
}

void Network::settle() {
    for (int turn = 0; turn < 100000; ++turn) {
        bool busy = perform_all();
        busy = deliver() || busy;
        for (auto& [n, router] : routers_) {
            busy = router->speaker->run_slice(now_) || busy;
            router->speaker->take_fib_changes(1000, [&, &fib = router->fib](const FibChange& change) {
                busy = true;
                if (change.route) {
                    fib[change.prefix] = *change.route;
                } else {
                    fib.erase(change.prefix);
                }
                return change.route.has_value();
            });
        }
        if (!busy) return;
    }
    FAIL("the network does not come to rest");
}

bool Network::perform_all() {
    bool busy = false;
    for (auto& [n, router] : routers_) {
        for (const SpeakerAction& action : router->speaker->take_actions()) {
            busy = true;
            perform(n, action);
        }
    }
    return busy;
}

void Network::perform(unsigned router, const SpeakerAction& action) {
    if (const auto* added = std::get_if<PeerAdded>(&action)) {
        const PeerSettings* its = speaker(router).settings_of(added->peer);
        REQUIRE(its != nullptr);
        at(router).peers[added->peer] = its->session.transport.peer_address.to_v4() & 0xff;
    } else if (const auto* io = std::get_if<IoAction>(&action)) {
        perform(router, io->peer, io->action);
    } else if (const auto* ready = std::get_if<OutputReady>(&action)) {
        pull(router, ready->peer);
    } else if (const auto* one = std::get_if<MalformedUpdate>(&action)) {
        malformed.push_back(*one);
    }
}

void Network::pull(unsigned router, PeerId peer) {
    if (at(router).stalled.count(peer) != 0) return;
    while (const Chunk chunk = speaker(router).next_output(peer, now_)) {
        output_octets += chunk->size();
        const auto slot = slot_of_session(router, peer);
        if (slot) send(router, peer, *slot, Bytes(*chunk));  // none: the test plays that neighbour itself
    }
}

void Network::resume(unsigned router, unsigned peer) {
    const PeerId id = view(router, peer).id;
    at(router).stalled.erase(id);
    pull(router, id);
    settle();
}

void Network::perform(unsigned router, PeerId peer, const PeerAction& action) {
    const std::string who = std::to_string(router) + ">" + std::to_string(at(router).peers[peer]);
    if (std::holds_alternative<Dial>(action)) {
        dial(router, peer);
    } else if (const auto* send_it = std::get_if<Send>(&action)) {
        send(router, peer, send_it->slot, Bytes(send_it->bytes));
    } else if (const auto* close = std::get_if<Close>(&action)) {
        if (const auto [own, other] = ends(router, peer, close->slot); own != nullptr) own->open = false;
    } else if (std::holds_alternative<Up>(action)) {
        events.push_back(who + " up");
    } else if (const auto* down = std::get_if<Down>(&action)) {
        events.push_back(who + " down " + down->why.message);
    }
}

void Network::dial(unsigned router, PeerId peer) {
    const unsigned other = at(router).peers[peer];
    const auto there = routers_.count(other) == 0 ? std::nullopt : speaker(other).find_peer(address(router));
    if (!there || !speaker(other).accept(*there, now_)) {
        speaker(router).handle(peer, Slot::outgoing, fsm::TcpFailed{111}, now_);
        return;
    }
    Connection connection;
    connection.ends[0] = {router, peer, Slot::outgoing, {}, true};
    connection.ends[1] = {other, *there, Slot::incoming, {}, true};
    connections_.push_back(connection);
    speaker(router).set_local_address(peer, Slot::outgoing, address(router));
    speaker(router).handle(peer, Slot::outgoing, fsm::TcpConnected{}, now_);
    speaker(other).set_local_address(*there, Slot::incoming, address(other));
    speaker(other).handle(*there, Slot::incoming, fsm::TcpConnected{}, now_);
}

bool Network::deliver() {
    bool busy = false;
    for (Connection& connection : connections_) {
        for (int i = 0; i < 2; ++i) {
            End& end = connection.ends[i];
            if (!end.open || at(end.router).silent) continue;
            Speaker& to = speaker(end.router);
            const std::size_t taken = to.received(end.peer, end.slot, Bytes(end.inbox), now_);
            busy = busy || taken > 0;
            end.inbox.erase(end.inbox.begin(), end.inbox.begin() + static_cast<std::ptrdiff_t>(taken));
            perform_all();  // it may have closed the connection
            if (!end.open || connection.ends[1 - i].open || taken > 0) continue;
            end.open = false;
            to.handle(end.peer, end.slot, fsm::TcpFailed{0}, now_);
            busy = true;
        }
    }
    while (!connections_.empty() && !connections_.front().ends[0].open &&
           !connections_.front().ends[1].open) {
        connections_.pop_front();
    }
    return busy;
}

std::pair<Network::End*, Network::End*> Network::ends(unsigned router, PeerId peer, Slot slot) {
    for (Connection& connection : connections_) {
        for (int i = 0; i < 2; ++i) {
            End& end = connection.ends[i];
            if (end.open && end.router == router && end.peer == peer && end.slot == slot) {
                return {&end, &connection.ends[1 - i]};
            }
        }
    }
    return {nullptr, nullptr};
}

void Network::send(unsigned router, PeerId peer, Slot slot, Bytes bytes) {
    const auto [own, other] = ends(router, peer, slot);
    if (own != nullptr && other->open) other->inbox.insert(other->inbox.end(), bytes.begin(), bytes.end());
}

void Network::send_raw(unsigned from, unsigned to, MessageType type, Bytes body) {
    std::vector<std::uint8_t> message(16, 0xff);
    ByteWriter out(message);
    out.u16(static_cast<std::uint16_t>(kHeaderLength + body.size()));
    out.u8(static_cast<std::uint8_t>(type));
    out.bytes(body);
    const PeerId peer = view(from, to).id;
    send(from, peer, *slot_of_session(from, peer), Bytes(message));
}

std::optional<Slot> Network::slot_of_session(unsigned router, PeerId peer) {
    for (const Slot slot : {Slot::outgoing, Slot::incoming}) {
        if (ends(router, peer, slot).first != nullptr) return slot;
    }
    return std::nullopt;
}

std::optional<PathView> Network::best(unsigned router, std::string_view prefix_text) {
    const auto route = speaker(router).lookup(prefix(prefix_text));
    if (!route || route->paths.empty() || !route->paths.front().best) return std::nullopt;
    return route->paths.front();
}

}  // namespace dunlin::bgp::test
