// One neighbour: its two possible connections (one that we open, one that it opens), collision between them,
// idle hold with back-off, and the reason why it is not up. Pure: it is given events and the time, and says
// what to do with sockets. Routes are not its business.
// RFC 4271 6.8 and 8.1.1, RFC 4486 4, RFC 4724 5, RFC 5492 3, RFC 6286 2.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bgp/session/config.h"
#include "bgp/session/fsm.h"
#include "bgp/session/key_rotation.h"
#include "bgp/session/negotiate.h"
#include "bgp/session/reason.h"

namespace dunlin::bgp {

enum class Slot : std::uint8_t { outgoing, incoming };  // who opened the connection: we, the neighbour
constexpr Slot other(Slot slot) { return slot == Slot::outgoing ? Slot::incoming : Slot::outgoing; }

struct Dial {};  // open the outgoing connection; answer with TcpConnected or TcpFailed
struct Close {   // what was sent before goes out first; no event comes of it
    Slot slot = Slot::outgoing;
};
struct Send {
    Slot slot = Slot::outgoing;
    std::vector<std::uint8_t> bytes;
};
struct Up {
    Slot slot = Slot::outgoing;
    Negotiated session;
};
struct Down {  // the session that was up has ended
    Slot slot = Slot::outgoing;
    Ended why;
};
struct Failed {  // a connection that was not up has ended: for the log
    Slot slot = Slot::outgoing;
    Ended why;
};
struct ApplyLive {       // key and TTL: to the listener, and to the sockets of both slots
    LiveTransport live;  // as Peer::live()
};
using PeerAction = std::variant<Dial, Close, Send, Up, Down, Failed, ApplyLive>;

struct PeerCounters {
    std::uint64_t dials = 0;
    std::uint64_t accepted = 0;
    std::uint64_t collisions = 0;
    std::uint64_t ups = 0;
    std::uint64_t downs = 0;  // flaps
    std::uint64_t notifications_sent = 0;
    std::uint64_t notifications_received = 0;
    friend bool operator==(const PeerCounters&, const PeerCounters&) = default;
};

struct PeerStatus {
    std::string_view state;  // "Established"; of two connections the one that is further
    Time since;              // in that state
    SessionReason reason = SessionReason::none;
    std::string message;
    Time next_attempt = kNever;  // while it waits
    bool uses_next_key = false;  // of two TCP MD5 keys
    PeerCounters counters;
};

class Peer {
public:
    Peer(SessionConfig config, std::uint32_t seed, Time now);

    // Does nothing while admin_state is down. The first attempt comes after connect_delay.
    std::vector<PeerAction> start(Time now);
    // Ends both connections with this Cease and stays down until start().
    std::vector<PeerAction> stop(Time now, const Notification& cease,
                                 SessionReason reason = SessionReason::admin_down, std::string message = {});
    // Ends both connections for a reason that the speaker found (RFC 4271 8.1.2 AutomaticStop: too many
    // prefixes), or for an operator's restart; comes back after the idle hold, which a manual one does not
    // have.
    std::vector<PeerAction> reset(Time now, const Notification& cease, SessionReason reason);
    // Does what impact() says: nothing, the live socket, or a reset with Cease 6; follows admin_state too.
    std::vector<PeerAction> reconfigure(SessionConfig config, Time now);

    // An event of one connection. Late ones of a connection that was closed must not be given.
    std::vector<PeerAction> handle(Slot slot, const fsm::Event& event, Time now);
    std::vector<PeerAction> tick(Time now);
    // Before tick(), where there is a next MD5 key: how often TCP has sent the oldest unanswered segment
    // again.
    void set_retransmissions(unsigned count) { retransmissions_ = count; }
    Time next_deadline() const;

    // Whether a connection that the neighbour opened may take the incoming slot. If so, perform make_room(),
    // put the socket into the slot and give TcpConnected. If not, close it.
    bool may_accept(Time now) const;
    // RFC 4724 5: a new connection of a neighbour with graceful restart ends the old session without a
    // NOTIFICATION.
    std::vector<PeerAction> make_room(Time now);

    void set_restarting(bool restarting) { restarting_ = restarting; }

    struct Session {
        Slot slot = Slot::outgoing;
        const Negotiated* terms = nullptr;  // valid until the next call that is not const
    };
    std::optional<Session> established() const;
    PeerStatus status() const;
    const SessionConfig& config() const { return config_; }
    LiveTransport live() const;  // with the one key that is in use
    const fsm::State& state(Slot slot) const { return at(slot).state; }

private:
    struct Connection {
        fsm::State state = fsm::Idle{};
        Time start_at = kNever;  // when an Idle machine starts by itself
        bool has_won = false;    // a collision, and has had no OPEN yet
    };
    using Actions = std::vector<PeerAction>;

    Connection& at(Slot slot) { return connections_[static_cast<std::size_t>(slot)]; }
    const Connection& at(Slot slot) const { return connections_[static_cast<std::size_t>(slot)]; }
    bool open_agreed(Slot slot) const;  // OpenConfirm or Established
    bool is_waiting(Slot slot) const;   // Connect or Active
    bool may_start(Slot slot) const;    // Idle, and nothing but the time stands against it
    bool replaces_session(Time now) const;

    void run(Slot slot, const fsm::Event& event, Time now, Actions& out);
    void perform(Slot slot, fsm::Action& action, Time now, Actions& out);
    void ended(Slot slot, const Ended& why, Time now);
    void wait_after(Slot slot, const Ended& why, Time now);
    void remember(const Ended& why, Time now);
    // Whether this connection lives on; dumps the other, or this one.
    bool resolve_collision(Slot slot, const Open& open, Time now, Actions& out);
    void start_due(Time now, Actions& out);
    void stop_waiting(Time now, Actions& out);
    void end_both(const fsm::Event& event, Time now, Actions& out);
    void apply_live(const SessionConfig& old, Time now, Actions& out);
    void configure_keys(const std::string& used, Time now);
    void look_for_key(Time now, Actions& out);
    void apply_keepalive(Time now);
    void update_since(Time now);
    std::string_view state_name() const;

    SessionConfig config_;
    std::minstd_rand random_;
    std::array<Connection, 2> connections_;
    bool enabled_ = false;
    bool restarting_ = false;
    bool holding_ = false;  // an idle hold has just begun
    KeyRotation rotation_;
    unsigned retransmissions_ = 0;
    Seconds error_wait_;
    Time established_at_ = kNever;
    std::string_view shown_state_;
    Time since_;
    SessionReason reason_ = SessionReason::idle;
    std::string message_;
    Time reason_at_;
    bool reason_is_dull_ = true;
    PeerCounters counters_;
};

}  // namespace dunlin::bgp
