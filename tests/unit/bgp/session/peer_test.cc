#include "bgp/session/peer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/session/sample.h"

namespace dunlin::bgp {
namespace {

using test::kStart;
using Actions = std::vector<PeerAction>;

template <class T>
std::size_t count(const Actions& actions) {
    return static_cast<std::size_t>(std::count_if(
        actions.begin(), actions.end(), [](const PeerAction& a) { return std::holds_alternative<T>(a); }));
}
template <class T>
const T& only(const Actions& actions) {
    REQUIRE(count<T>(actions) == 1);
    return std::get<T>(*std::find_if(actions.begin(), actions.end(),
                                     [](const PeerAction& a) { return std::holds_alternative<T>(a); }));
}
// The NOTIFICATION among the actions.
Notification notification(const Actions& actions, Slot slot) {
    for (const PeerAction& action : actions) {
        const auto* const send = std::get_if<Send>(&action);
        if (send == nullptr || send->slot != slot || send->bytes.at(18) != 3) continue;
        return decode_notification(Bytes(send->bytes).subspan(kHeaderLength));
    }
    FAIL("no NOTIFICATION was sent");
    return {};
}
bool sent_notification(const Actions& actions) {
    return std::any_of(actions.begin(), actions.end(), [](const PeerAction& action) {
        const auto* const send = std::get_if<Send>(&action);
        return send != nullptr && send->bytes.at(18) == 3;
    });
}

// A peer with the clock of the test.
struct Fixture {
    explicit Fixture(SessionConfig config = test::ours()) : peer(std::move(config), 7, kStart) {}

    Actions start() { return peer.start(now); }
    Actions event(Slot slot, fsm::Event e) { return peer.handle(slot, e, now); }
    // Goes on to the next deadline, at most `limit` from now.
    Actions next(Seconds limit = Seconds(3600)) {
        now = std::min(peer.next_deadline(), now + limit);
        return peer.tick(now);
    }
    void open_sent(Slot slot) { event(slot, fsm::TcpConnected{}); }
    void open_confirm(Slot slot) {
        open_sent(slot);
        event(slot, fsm::OpenReceived{test::their_open()});
    }
    void establish(Slot slot = Slot::outgoing) {
        open_confirm(slot);
        event(slot, fsm::KeepaliveReceived{});
        REQUIRE(peer.established().has_value());
    }
    std::string_view state() const { return peer.status().state; }

    Time now = kStart;
    Peer peer;
};

SessionConfig with_identifier(std::uint32_t id) {
    SessionConfig out = test::ours();
    out.offer.router_id = RouterId(id);
    return out;
}

}  // namespace

TEST_CASE("peer: start dials and listens; the session comes up") {
    Fixture f;
    CHECK(f.state() == "Idle");
    CHECK(count<Dial>(f.start()) == 1);
    CHECK(f.state() == "Connect");
    CHECK(f.peer.may_accept(f.now));
    const Actions connected = f.event(Slot::outgoing, fsm::TcpConnected{});
    const Send& open = only<Send>(connected);
    CHECK(open.slot == Slot::outgoing);
    CHECK(decode_open(Bytes(open.bytes).subspan(kHeaderLength))->identifier == RouterId(0x0a000001));
    f.event(Slot::outgoing, fsm::OpenReceived{test::their_open()});
    const Actions up = f.event(Slot::outgoing, fsm::KeepaliveReceived{});
    CHECK(only<Up>(up).session.peer_as == Asn(65002));
    CHECK(f.state() == "Established");
    CHECK(f.peer.status().reason == SessionReason::none);
    CHECK(f.peer.established()->slot == Slot::outgoing);
    CHECK(f.peer.status().counters.ups == 1);
}

TEST_CASE("peer: the first attempt waits for the connect delay, an incoming connection does not") {
    SessionConfig config = test::ours();
    config.timers.connect_delay = Seconds(10);
    Fixture f(config);
    CHECK(f.start().empty());
    CHECK(f.state() == "Active");
    CHECK(f.peer.may_accept(f.now));
    CHECK(f.peer.next_deadline() == kStart + Seconds(10));
    CHECK(count<Dial>(f.next()) == 1);
}

TEST_CASE("peer: a passive one never dials") {
    SessionConfig config = test::ours();
    config.transport.passive = true;
    Fixture f(config);
    CHECK(f.start().empty());
    CHECK(f.peer.next_deadline() == kNever);
    f.establish(Slot::incoming);
    f.event(Slot::incoming, fsm::TcpFailed{0});
    CHECK(f.state() == "Active");
    CHECK(f.peer.next_deadline() == kNever);
    CHECK(f.peer.may_accept(f.now));
}

TEST_CASE("peer: a refused connection is tried again after the jittered retry time, without growing") {
    Fixture f;
    f.start();
    for (int i = 0; i < 5; ++i) {
        f.event(Slot::outgoing, fsm::TcpFailed{ECONNREFUSED});
        CHECK(f.state() == "Active");
        CHECK(f.peer.status().reason == SessionReason::connect_refused);
        const Time before = f.now;
        CHECK(count<Dial>(f.next()) == 1);
        CHECK(f.now - before <= Seconds(5));
        CHECK(f.now - before >= std::chrono::milliseconds(3750));
    }
}

TEST_CASE("peer: no answer to the connection ends it and starts the next") {
    Fixture f;
    f.start();
    const Actions out = f.next();
    CHECK(only<Close>(out).slot == Slot::outgoing);
    CHECK(count<Dial>(out) == 1);
    CHECK(f.peer.status().reason == SessionReason::connect_timeout);
}

TEST_CASE("collision in OpenSent and OpenConfirm: the connection of the higher identifier lives") {
    for (const bool confirmed : {false, true}) {
        for (const bool we_are_higher : {false, true}) {
            for (const Slot first : {Slot::outgoing, Slot::incoming}) {
                CAPTURE(confirmed);
                CAPTURE(we_are_higher);
                Fixture f(with_identifier(we_are_higher ? 0x0a000003 : 0x0a000001));
                f.start();
                f.open_sent(Slot::outgoing);
                f.open_sent(Slot::incoming);
                const Slot winner = we_are_higher ? Slot::outgoing : Slot::incoming;
                // With both in OpenSent the first OPEN decides; the first in OpenConfirm cannot come to be
                // here unless it wins.
                if (confirmed && first != winner) continue;
                Actions out;
                if (confirmed) out = f.event(first, fsm::OpenReceived{test::their_open()});
                if (!confirmed) out = f.event(other(first), fsm::OpenReceived{test::their_open()});
                CHECK(notification(out, other(winner)) == Notification{6, 7, {}});
                CHECK(only<Close>(out).slot == other(winner));
                CHECK(f.peer.status().counters.collisions == 1);
                CHECK(f.peer.status().reason != SessionReason::notification_sent);
            }
        }
    }
}

TEST_CASE("collision: a connection in OpenSent wins once; when the neighbour comes again it is given up") {
    Fixture f(with_identifier(0x0a000003));
    f.start();
    f.open_sent(Slot::outgoing);
    for (int round = 0; round < 2; ++round) {
        f.open_sent(Slot::incoming);
        Actions out = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
        CHECK(notification(out, Slot::incoming) == Notification{6, 7, {}});
        f.open_sent(Slot::incoming);
        out = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
        CHECK(notification(out, Slot::outgoing) == Notification{6, 7, {}});
        CHECK(f.state() == "OpenConfirm");
        f.event(Slot::incoming, fsm::TcpFailed{ECONNRESET});
        f.next();
        f.open_sent(Slot::outgoing);  // another one, which has its turn
    }
    // One that is answered keeps what it has won.
    f.open_sent(Slot::incoming);
    f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
    f.event(Slot::outgoing, fsm::OpenReceived{test::their_open()});
    f.open_sent(Slot::incoming);
    const Actions out = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
    CHECK(notification(out, Slot::incoming) == Notification{6, 7, {}});
    CHECK(count<Up>(f.event(Slot::outgoing, fsm::KeepaliveReceived{})) == 1);
}

TEST_CASE("collision with a connection that is in OpenConfirm already: both ways") {
    for (const Slot first : {Slot::outgoing, Slot::incoming}) {
        for (const bool we_are_higher : {false, true}) {
            Fixture f(with_identifier(we_are_higher ? 0x0a000003 : 0x0a000001));
            f.start();
            f.open_sent(Slot::outgoing);
            if (first == Slot::incoming) {
                // The dialled one is still on its way while the other agrees.
                f.event(Slot::outgoing, fsm::TcpFailed{ECONNRESET});
            }
            f.open_confirm(first);
            if (first == Slot::incoming) continue;
            f.open_sent(other(first));
            const Actions out = f.event(other(first), fsm::OpenReceived{test::their_open()});
            const Slot winner = we_are_higher ? Slot::outgoing : Slot::incoming;
            CHECK(notification(out, other(winner)) == Notification{6, 7, {}});
            const Actions up = f.event(winner, fsm::KeepaliveReceived{});
            CHECK(only<Up>(up).slot == winner);
        }
    }
}

TEST_CASE("collision of equal identifiers: the connection of the larger AS lives (RFC 6286 2.3)") {
    for (const bool we_are_larger : {false, true}) {
        Fixture f(we_are_larger ? test::config_of(65009, 0x0a000002, 65002) : with_identifier(0x0a000002));
        f.start();
        f.open_sent(Slot::outgoing);
        f.open_sent(Slot::incoming);
        const Actions out = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
        CHECK(notification(out, we_are_larger ? Slot::incoming : Slot::outgoing) == Notification{6, 7, {}});
    }
}

TEST_CASE("collision with an Established session: the new connection goes, whatever the identifiers") {
    for (const std::uint32_t id : {0x0a000001U, 0x0a000003U}) {
        Fixture f(with_identifier(id));
        f.start();
        f.establish(Slot::outgoing);
        CHECK(f.peer.may_accept(f.now));
        f.open_sent(Slot::incoming);
        const Actions out = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
        CHECK(notification(out, Slot::incoming) == Notification{6, 7, {}});
        CHECK(f.state() == "Established");
    }
}

TEST_CASE("collision: an OPEN that is not acceptable ends its own connection only") {
    Fixture f;
    f.start();
    f.open_confirm(Slot::outgoing);
    f.open_sent(Slot::incoming);
    Open wrong = test::their_open();
    wrong.asn = Asn(1);
    const Actions out = f.event(Slot::incoming, fsm::OpenReceived{wrong});
    CHECK(notification(out, Slot::incoming) == Notification{2, 2, {}});
    CHECK(f.state() == "OpenConfirm");
}

TEST_CASE("while the neighbour's connection is agreed on we do not dial; after its end we do") {
    Fixture f;
    f.start();
    f.open_sent(Slot::incoming);
    const Actions agreed = f.event(Slot::incoming, fsm::OpenReceived{test::their_open()});
    CHECK(only<Close>(agreed).slot == Slot::outgoing);
    f.event(Slot::incoming, fsm::KeepaliveReceived{});
    for (int i = 0; i < 3; ++i) {
        CHECK(count<Dial>(f.next()) == 0);
        f.event(Slot::incoming, fsm::KeepaliveReceived{});
    }
    f.event(Slot::incoming, fsm::TcpFailed{0});
    CHECK(count<Dial>(f.next(Seconds(5))) == 1);
}

TEST_CASE("hold timer: it expires in time, not before, with the NOTIFICATION 4/0") {
    Fixture f;
    f.start();
    f.establish();
    const Time last_heard = f.now;
    Actions out;
    for (int i = 0; i < 10 && count<Down>(out) == 0; ++i) out = f.next();
    CHECK(f.now == last_heard + Seconds(90));
    CHECK(notification(out, Slot::outgoing) == Notification{4, 0, {}});
    CHECK(only<Down>(out).why.reason == SessionReason::hold_timer_expired);
    CHECK(f.peer.status().reason == SessionReason::hold_timer_expired);
}

TEST_CASE("keepalives go out between three quarters and the whole of the interval") {
    Fixture f;
    f.start();
    f.establish();
    for (int i = 0; i < 50; ++i) {
        const Time before = f.now;
        const Actions out = f.next();
        REQUIRE(count<Send>(out) == 1);
        CHECK(only<Send>(out).bytes.at(18) == 4);
        CHECK(f.now - before >= std::chrono::milliseconds(22500));
        CHECK(f.now - before <= Seconds(30));
        f.event(Slot::outgoing, fsm::KeepaliveReceived{});
    }
}

TEST_CASE("idle hold: after an error the neighbour waits, doubling up to the maximum") {
    SessionConfig config = test::ours();
    config.timers.error_wait_min = Seconds(5);
    config.timers.error_wait_max = Seconds(30);
    Fixture f(config);
    f.start();
    Open wrong = test::their_open();
    wrong.asn = Asn(1);
    for (const int wait : {5, 10, 20, 30, 30}) {
        f.open_sent(Slot::outgoing);
        f.event(Slot::outgoing, fsm::OpenReceived{wrong});
        CHECK(f.state() == "Idle");
        CHECK(!f.peer.may_accept(f.now));
        CHECK(f.peer.next_deadline() == f.now + Seconds(wait));
        CHECK(f.peer.status().reason == SessionReason::as_mismatch);
        CHECK(count<Dial>(f.next()) == 1);
    }
}

TEST_CASE("idle hold: received Ceases 2, 3, 5 and 8 make it grow, 4, 6 and 7 do not hold at all") {
    for (const std::uint8_t subcode : std::array<std::uint8_t, 4>{2, 3, 5, 8}) {
        Fixture f;
        f.start();
        f.establish();
        f.event(Slot::outgoing, fsm::NotificationReceived{{6, subcode, {}}});
        CHECK(f.peer.next_deadline() == f.now + Seconds(5));
        f.next();
        f.open_sent(Slot::outgoing);
        f.event(Slot::outgoing, fsm::NotificationReceived{{6, subcode, {}}});
        CHECK(f.peer.next_deadline() == f.now + Seconds(10));
    }
    for (const std::uint8_t subcode : std::array<std::uint8_t, 3>{4, 6, 7}) {
        Fixture f;
        f.start();
        f.establish();
        f.event(Slot::outgoing, fsm::NotificationReceived{{6, subcode, {}}});
        CHECK(f.peer.may_accept(f.now));
        CHECK(f.peer.next_deadline() <= f.now + Seconds(5));
    }
}

TEST_CASE("idle hold: a session that lasted begins again with the shortest wait") {
    Fixture f;
    f.start();
    for (int i = 0; i < 3; ++i) {
        f.open_sent(Slot::outgoing);
        f.event(Slot::outgoing, fsm::MessageError{header_error(HeaderError::bad_message_type, {9})});
        f.next();
    }
    f.establish();
    f.now += Seconds(60);
    f.event(Slot::outgoing, fsm::NotificationReceived{cease(Cease::out_of_resources)});
    CHECK(f.peer.next_deadline() == f.now + Seconds(5));
}

TEST_CASE("after Unsupported Capability we do not dial again, but may be called (RFC 5492 3)") {
    Fixture f;
    f.start();
    f.open_sent(Slot::outgoing);
    f.event(Slot::outgoing, fsm::NotificationReceived{open_error(OpenError::unsupported_capability)});
    CHECK(f.peer.status().reason == SessionReason::unsupported_capability);
    CHECK(count<Dial>(f.next()) == 0);
    CHECK(f.peer.next_deadline() == kNever);
    CHECK(f.peer.may_accept(f.now));
}

TEST_CASE("the cause is shown on while the neighbour only refuses connections, but not for ever") {
    Fixture f;
    f.start();
    f.open_sent(Slot::outgoing);
    f.event(Slot::outgoing, fsm::NotificationReceived{open_error(OpenError::bad_peer_as)});
    CHECK(f.peer.status().reason == SessionReason::as_mismatch);
    f.next();
    f.event(Slot::outgoing, fsm::TcpFailed{ECONNREFUSED});
    CHECK(f.peer.status().reason == SessionReason::as_mismatch);
    f.now += Seconds(121);
    f.peer.tick(f.now);
    f.event(Slot::outgoing, fsm::TcpFailed{ECONNREFUSED});
    CHECK(f.peer.status().reason == SessionReason::connect_refused);
}

TEST_CASE("stop ends both connections with its Cease and stays down until start") {
    Fixture f;
    f.start();
    f.open_sent(Slot::incoming);
    f.open_sent(Slot::outgoing);
    const Notification why = cease(Cease::administrative_shutdown, shutdown_data("maintenance"));
    const Actions out = f.peer.stop(f.now, why, SessionReason::admin_down, "maintenance");
    CHECK(notification(out, Slot::incoming) == why);
    CHECK(notification(out, Slot::outgoing) == why);
    CHECK(f.peer.next_deadline() == kNever);
    CHECK(!f.peer.may_accept(f.now));
    CHECK(f.peer.status().reason == SessionReason::admin_down);
    CHECK(f.peer.status().message == "maintenance");
    CHECK(count<Dial>(f.start()) == 1);
}

TEST_CASE("reset: for too many prefixes it waits, for an operator it does not") {
    Fixture f;
    f.start();
    f.establish();
    Actions out =
        f.peer.reset(f.now, cease_max_prefixes(Family::ipv4, 10), SessionReason::max_prefix_reached);
    CHECK(only<Down>(out).why.reason == SessionReason::max_prefix_reached);
    CHECK(f.peer.next_deadline() == f.now + Seconds(5));
    f.next();
    f.establish();
    out = f.peer.reset(f.now, cease(Cease::administrative_reset), SessionReason::notification_sent);
    CHECK(count<Down>(out) == 1);
    CHECK(count<Dial>(out) == 1);
}

TEST_CASE("reconfigure: a change that costs nothing does nothing, a live one leaves the session alone") {
    Fixture f;
    f.start();
    f.establish();
    SessionConfig config = f.peer.config();
    config.timers.hold = Seconds(30);
    CHECK(f.peer.reconfigure(config, f.now).empty());
    config.live.md5_key = "new";
    const Actions out = f.peer.reconfigure(config, f.now);
    CHECK(out.size() == 1);
    CHECK(only<ApplyLive>(out).live.md5_key == "new");
    config.timers.keepalive = Seconds(3);
    CHECK(f.peer.reconfigure(config, f.now).empty());
    CHECK(f.peer.next_deadline() <= f.now + Seconds(3));
    config.transport.passive = true;
    CHECK(f.peer.reconfigure(config, f.now).empty());
    CHECK(f.state() == "Established");
}

TEST_CASE("reconfigure: another AS ends the session with Cease 6 and dials at once") {
    Fixture f;
    f.start();
    f.establish();
    SessionConfig config = f.peer.config();
    config.offer.peer_as = Asn(65003);
    const Actions out = f.peer.reconfigure(config, f.now);
    CHECK(notification(out, Slot::outgoing) == Notification{6, 6, {}});
    CHECK(only<Down>(out).why.reason == SessionReason::config_changed);
    CHECK(count<Dial>(out) == 1);
}

TEST_CASE("reconfigure: a new configuration ends the idle hold") {
    Fixture f;
    f.start();
    f.open_sent(Slot::outgoing);
    f.event(Slot::outgoing, fsm::NotificationReceived{open_error(OpenError::bad_peer_as)});
    SessionConfig config = f.peer.config();
    config.offer.local_as = Asn(65005);
    CHECK(count<Dial>(f.peer.reconfigure(config, f.now)) == 1);
}

TEST_CASE("reconfigure: administrative Down carries its text (RFC 9003), Up starts again") {
    Fixture f;
    f.start();
    f.establish();
    SessionConfig config = f.peer.config();
    config.admin_state = AdminState::down;
    config.admin_message = "rack move";
    const Actions out = f.peer.reconfigure(config, f.now);
    CHECK(shutdown_text(notification(out, Slot::outgoing)) == "rack move");
    CHECK(f.peer.status().reason == SessionReason::admin_down);
    CHECK(f.start().empty());
    config.admin_state = AdminState::up;
    CHECK(count<Dial>(f.peer.reconfigure(config, f.now)) == 1);
}

TEST_CASE("graceful restart: a new connection of the neighbour ends the session without a NOTIFICATION") {
    SessionConfig config = test::ours();
    config.offer.restart = RestartMode::full;
    Open open = test::their_open();
    open.capabilities.graceful_restart = GracefulRestart{false, false, 60, {{unicast(Family::ipv4), true}}};
    for (const Slot slot : {Slot::outgoing, Slot::incoming}) {
        Fixture f(config);
        f.start();
        f.open_sent(slot);
        f.event(slot, fsm::OpenReceived{open});
        f.event(slot, fsm::KeepaliveReceived{});
        f.now += Seconds(10);
        REQUIRE(f.peer.may_accept(f.now));
        const Actions out = f.peer.make_room(f.now);
        CHECK(only<Close>(out).slot == slot);
        CHECK(only<Down>(out).why.reason == SessionReason::peer_closed);
        CHECK(!sent_notification(out));
        f.establish(Slot::incoming);
    }
}

TEST_CASE("at most two connections: a second incoming one is not accepted") {
    Fixture f(with_identifier(0x0a000003));
    f.start();
    f.open_sent(Slot::incoming);
    CHECK(!f.peer.may_accept(f.now));
    CHECK(f.peer.make_room(f.now).empty());
    f.establish(Slot::outgoing);
    CHECK(f.peer.may_accept(f.now));
}

// Two peers, joined by connections that lose nothing: whoever calls first, and in whatever order the messages
// are taken, one session comes up and stays.
namespace {

struct Wire {
    Peer left{test::ours(), 1, kStart};
    Peer right{test::theirs(), 2, kStart};
    struct Message {
        bool to_left;
        Slot slot;
        std::vector<std::uint8_t> bytes;  // empty: closed
    };
    std::vector<Message> queue;
    std::array<bool, 2> dialling{};  // left, right
    Time now = kStart;

    Peer& side(bool is_left) { return is_left ? left : right; }
    void take(bool from_left, const Actions& actions) {
        for (const PeerAction& action : actions) {
            if (std::holds_alternative<Dial>(action)) dialling[from_left ? 0 : 1] = true;
            if (const auto* const send = std::get_if<Send>(&action)) {
                queue.push_back({!from_left, other(send->slot), send->bytes});
            }
            if (const auto* const close = std::get_if<Close>(&action)) {
                if (close->slot == Slot::outgoing) dialling[from_left ? 0 : 1] = false;
                queue.push_back({!from_left, other(close->slot), {}});
            }
        }
    }
    void event(bool is_left, Slot slot, const fsm::Event& e) {
        take(is_left, side(is_left).handle(slot, e, now));
    }
    void connect(bool from_left) {
        dialling[from_left ? 0 : 1] = false;
        if (!side(!from_left).may_accept(now))
            return event(from_left, Slot::outgoing, fsm::TcpFailed{ECONNREFUSED});
        event(!from_left, Slot::incoming, fsm::TcpConnected{});
        event(from_left, Slot::outgoing, fsm::TcpConnected{});
    }
    void deliver(std::size_t index) {
        const Message m = queue[index];
        queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(index));
        const std::size_t state = side(m.to_left).state(m.slot).index();
        if (state < 3) return;  // closed on this side: nobody reads
        if (m.bytes.empty()) return event(m.to_left, m.slot, fsm::TcpFailed{0});
        const auto frame = *peek(m.bytes, kMaxMessage);
        switch (frame->type) {
            case MessageType::open:
                return event(m.to_left, m.slot, fsm::OpenReceived{*decode_open(frame->body)});
            case MessageType::keepalive:
                return event(m.to_left, m.slot, fsm::KeepaliveReceived{});
            default:
                return event(m.to_left, m.slot, fsm::NotificationReceived{decode_notification(frame->body)});
        }
    }
    // The messages of one connection in one direction keep their order.
    bool may_overtake(std::size_t index) const {
        return std::none_of(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(index),
                            [this, index](const Message& m) {
                                return m.to_left == queue[index].to_left && m.slot == queue[index].slot;
                            });
    }
};

}  // namespace

TEST_CASE("two peers that call each other end with one session, in every order of the messages") {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        std::minstd_rand random(seed);
        Wire w;
        w.take(true, w.left.start(w.now));
        w.take(false, w.right.start(w.now));
        for (int i = 0; i < 400 && !(w.left.established() && w.right.established() && w.queue.empty()); ++i) {
            const auto choice = random() % 4;
            if (choice == 0 && w.dialling[0]) {
                w.connect(true);
            } else if (choice == 1 && w.dialling[1]) {
                w.connect(false);
            } else if (!w.queue.empty()) {
                const std::size_t index = random() % w.queue.size();
                if (w.may_overtake(index)) w.deliver(index);
            } else if (!w.dialling[0] && !w.dialling[1]) {
                w.now = std::min(w.left.next_deadline(), w.right.next_deadline());
                w.take(true, w.left.tick(w.now));
                w.take(false, w.right.tick(w.now));
            }
        }
        REQUIRE(w.left.established());
        REQUIRE(w.right.established());
        CHECK(w.left.established()->slot == other(w.right.established()->slot));
        CHECK(w.left.status().counters.downs + w.right.status().counters.downs == 0);
    }
}

}  // namespace dunlin::bgp
