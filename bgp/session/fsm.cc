#include "bgp/session/fsm.h"

#include <algorithm>
#include <cerrno>
#include <type_traits>
#include <utility>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp::fsm {
namespace {

// ---- what several cells do

template <class S>
constexpr bool kIsEstablished = false;
template <>
constexpr bool kIsEstablished<Established> = true;

template <class S>
Action end_of(Ended why) {
    if constexpr (kIsEstablished<S>) return SessionDown{std::move(why)};
    return AttemptFailed{std::move(why)};
}

template <class S>
Step fail(const S&, Notification notification, Ended why) {
    Step out{Idle{}, {}};
    out.actions.push_back(SendNotification{std::move(notification)});
    out.actions.push_back(CloseTcp{});
    out.actions.push_back(end_of<S>(std::move(why)));
    return out;
}
template <class S>
Step fail(const S& s, Notification notification) {
    Ended why = ended_by_sent(notification);
    return fail(s, std::move(notification), std::move(why));
}

template <class S>
Step stop(const S& s, const Notification& cease, SessionReason reason) {
    Ended why = ended_by_sent(cease);
    why.reason = reason;
    return fail(s, cease, std::move(why));
}

// RFC 8538 5.1: where N was exchanged any other NOTIFICATION would begin a graceful restart.
bool ends_for_good(const Notification& n) {
    if (n.code != static_cast<std::uint8_t>(ErrorCode::cease)) return false;
    const auto subcode = static_cast<Cease>(n.subcode);
    return subcode == Cease::max_prefixes_reached || subcode == Cease::administrative_shutdown ||
           subcode == Cease::peer_deconfigured;
}
Notification as_agreed(const Established& s, const Notification& cease) {
    return s.session.restart_on_notification && ends_for_good(cease) ? hard_reset(cease) : cease;
}

// Without a NOTIFICATION: the connection is gone, or the neighbour has sent one.
template <class S>
Step drop(const S&, Ended why) {
    Step out{Idle{}, {}};
    out.actions.push_back(CloseTcp{});
    out.actions.push_back(end_of<S>(std::move(why)));
    return out;
}

Step stay(State s) { return {std::move(s), {}}; }

Time retry_at(const Context& c) { return c.dials ? c.jittered(c.config.timers.connect_retry) : kNever; }

Step dial(const Context& c) { return {Connect{retry_at(c)}, {StartConnect{}}}; }

Step open_sent(const Context& c) {
    return {OpenSent{c.after(kOpenSentHold)}, {SendOpen{our_open(c.config, c.restart)}}};
}

// A message where there is no connection: RFC 4271 goes to Idle; the speaker gives no such event.
Ended no_connection() {
    return {SessionReason::peer_closed, "a message without a connection", std::nullopt, std::nullopt};
}

bool keyed(const Context& c) { return !c.config.live.md5_key.empty(); }

// The message that was not expected, as data of the FSM error (RFC 6608 3).
MessageType type_of(const OpenReceived&) { return MessageType::open; }
MessageType type_of(const KeepaliveReceived&) { return MessageType::keepalive; }
MessageType type_of(const UpdateReceived&) { return MessageType::update; }
MessageType type_of(const RouteRefreshReceived&) { return MessageType::route_refresh; }

FsmError unexpected_in(const OpenSent&) { return FsmError::unexpected_in_open_sent; }
FsmError unexpected_in(const OpenConfirm&) { return FsmError::unexpected_in_open_confirm; }
FsmError unexpected_in(const Established&) { return FsmError::unexpected_in_established; }

template <class S, class E>
Step unexpected(const S& s, const E& e) {
    return fail(s, fsm_error(unexpected_in(s), type_of(e)));
}

// An error inside a message that would not have been expected even without it: what counts is that it came.
template <class S>
Step message_error(const S& s, const Notification& what) {
    constexpr bool kOpenExpected = std::is_same_v<S, OpenSent>;
    switch (static_cast<ErrorCode>(what.code)) {
        case ErrorCode::open_message:
            return kOpenExpected ? fail(s, what) : unexpected(s, OpenReceived{});
        case ErrorCode::update_message:
            return kIsEstablished<S> ? fail(s, what) : unexpected(s, UpdateReceived{});
        case ErrorCode::route_refresh_message:
            return kIsEstablished<S> ? fail(s, what) : unexpected(s, RouteRefreshReceived{});
        default:
            return fail(s, what);
    }
}

// ---- Idle: RFC 4271: "Any other event received in the Idle state does not cause change".

Step on(Idle, const Start&, const Context& c) { return dial(c); }
Step on(Idle, const StartPassive&, const Context& c) { return {Active{retry_at(c)}, {}}; }
Step on(Idle, const TcpConnected&, const Context&) { return {Idle{}, {CloseTcp{}}}; }
Step on(Idle s, const auto&, const Context&) { return stay(s); }

// ---- Connect: the connection is being opened.

Step on(Connect s, const Start&, const Context&) { return stay(s); }
Step on(Connect s, const StartPassive&, const Context&) { return stay(s); }
Step on(Connect, const ManualStop&, const Context&) { return {Idle{}, {CloseTcp{}}}; }
Step on(Connect, const AutomaticStop&, const Context&) { return {Idle{}, {CloseTcp{}}}; }
Step on(Connect, const TcpConnected&, const Context& c) { return open_sent(c); }
Step on(Connect s, const TcpFailed& e, const Context& c) {
    return drop(s, ended_by_tcp(e.error == 0 ? ECONNRESET : e.error, true, keyed(c)));
}
Step on(Connect s, const Tick&, const Context& c) {
    if (c.now < s.retry) return stay(s);
    Step out = dial(c);
    out.actions.insert(out.actions.begin(),
                       {CloseTcp{}, AttemptFailed{ended_by_tcp(ETIMEDOUT, true, keyed(c))}});
    return out;
}
Step on(Connect s, const auto&, const Context&) { return drop(s, no_connection()); }

// ---- Active: there is no connection.

Step on(Active s, const Start&, const Context&) { return stay(s); }
Step on(Active s, const StartPassive&, const Context&) { return stay(s); }
Step on(Active, const ManualStop&, const Context&) { return {Idle{}, {}}; }
Step on(Active, const AutomaticStop&, const Context&) { return {Idle{}, {}}; }
Step on(Active, const TcpConnected&, const Context& c) { return open_sent(c); }
Step on(Active s, const TcpFailed& e, const Context& c) {
    return drop(s, ended_by_tcp(e.error, false, keyed(c)));
}
Step on(Active s, const Tick&, const Context& c) { return c.now < s.retry ? stay(s) : dial(c); }
Step on(Active s, const auto&, const Context&) { return drop(s, no_connection()); }

// ---- OpenSent: our OPEN is out, the neighbour's has not come.

Step on(OpenSent s, const Start&, const Context&) { return stay(s); }
Step on(OpenSent s, const StartPassive&, const Context&) { return stay(s); }
Step on(OpenSent s, const ManualStop& e, const Context&) { return stop(s, e.cease, e.reason); }
Step on(OpenSent s, const AutomaticStop& e, const Context&) { return stop(s, e.cease, e.reason); }
// RFC 4271: "a second TCP connection may be in progress"; it has a machine of its own.
Step on(OpenSent s, const TcpConnected&, const Context&) { return stay(s); }
Step on(OpenSent s, const TcpFailed& e, const Context& c) {
    Step out = drop(s, ended_by_tcp(e.error, false, keyed(c)));
    out.next = Active{retry_at(c)};
    return out;
}
Step on(OpenSent s, const OpenReceived& e, const Context& c) {
    auto session = negotiate(c.config, e.open);
    if (!session) {
        const Refusal& refusal = session.error();
        return fail(s, refusal.notification,
                    Ended{refusal.reason, refusal.message, refusal.notification, std::nullopt});
    }
    const Time hold = c.after(session->hold);
    const Time keepalive = c.jittered(session->keepalive);
    return {OpenConfirm{*std::move(session), hold, keepalive}, {SendKeepalive{}}};
}
Step on(OpenSent s, const MessageError& e, const Context&) { return message_error(s, e.what); }
Step on(OpenSent s, const CollisionDump&, const Context&) {
    return fail(s, cease(Cease::connection_collision_resolution));
}
// Deviates from RFC 4271 8.2.2 (event 25 in OpenSent is an FSM error there): no NOTIFICATION is answered with
// another.
Step on(OpenSent s, const NotificationReceived& e, const Context&) {
    return drop(s, ended_by_received(e.what));
}
Step on(OpenSent s, const SendHoldExpired&, const Context&) { return fail(s, send_hold_timer_expired()); }
Step on(OpenSent s, const Tick&, const Context& c) {
    return c.now < s.hold ? stay(s) : fail(s, hold_timer_expired());
}
Step on(OpenSent s, const auto& e, const Context&) { return unexpected(s, e); }

// ---- OpenConfirm and Established: the two timers of a session run.

template <class S>
Step timers(S s, const Context& c) {
    if (c.now >= s.hold) return fail(s, hold_timer_expired());
    if (c.now < s.keepalive) return stay(std::move(s));
    s.keepalive = c.jittered(s.session.keepalive);
    return {std::move(s), {SendKeepalive{}}};
}

Step on(OpenConfirm s, const Start&, const Context&) { return stay(std::move(s)); }
Step on(OpenConfirm s, const StartPassive&, const Context&) { return stay(std::move(s)); }
Step on(OpenConfirm s, const ManualStop& e, const Context&) { return stop(s, e.cease, e.reason); }
Step on(OpenConfirm s, const AutomaticStop& e, const Context&) { return stop(s, e.cease, e.reason); }
Step on(OpenConfirm s, const TcpConnected&, const Context&) { return stay(std::move(s)); }
Step on(OpenConfirm s, const TcpFailed& e, const Context& c) {
    return drop(s, ended_by_tcp(e.error, false, keyed(c)));
}
Step on(OpenConfirm s, const MessageError& e, const Context&) { return message_error(s, e.what); }
Step on(OpenConfirm s, const CollisionDump&, const Context&) {
    return fail(s, cease(Cease::connection_collision_resolution));
}
Step on(OpenConfirm s, const NotificationReceived& e, const Context&) {
    return drop(s, ended_by_received(e.what));
}
Step on(OpenConfirm s, const KeepaliveReceived&, const Context& c) {
    const Time hold = c.after(s.session.hold);
    Step out{Idle{}, {SessionUp{s.session}}};
    out.next = Established{std::move(s.session), hold, s.keepalive};
    return out;
}
Step on(OpenConfirm s, const SendHoldExpired&, const Context&) { return fail(s, send_hold_timer_expired()); }
Step on(OpenConfirm s, const Tick&, const Context& c) { return timers(std::move(s), c); }
Step on(OpenConfirm s, const auto& e, const Context&) { return unexpected(s, e); }

// ---- Established.

Step heard(Established s, const Context& c) {
    s.hold = c.after(s.session.hold);
    return stay(std::move(s));
}

Step on(Established s, const Start&, const Context&) { return stay(std::move(s)); }
Step on(Established s, const StartPassive&, const Context&) { return stay(std::move(s)); }
Step on(Established s, const ManualStop& e, const Context&) {
    return stop(s, as_agreed(s, e.cease), e.reason);
}
Step on(Established s, const AutomaticStop& e, const Context&) {
    return stop(s, as_agreed(s, e.cease), e.reason);
}
Step on(Established s, const TcpConnected&, const Context&) { return stay(std::move(s)); }
Step on(Established s, const TcpFailed& e, const Context& c) {
    return drop(s, ended_by_tcp(e.error, false, keyed(c)));
}
// Deviates from RFC 4271 8.2.2 (event 21 in Established is an FSM error there): a wrong header has its own
// error code (6.1).
Step on(Established s, const MessageError& e, const Context&) { return message_error(s, e.what); }
Step on(Established s, const CollisionDump&, const Context&) {
    return fail(s, cease(Cease::connection_collision_resolution));
}
Step on(Established s, const NotificationReceived& e, const Context&) {
    return drop(s, ended_by_received(e.what));
}
Step on(Established s, const KeepaliveReceived&, const Context& c) { return heard(std::move(s), c); }
Step on(Established s, const UpdateReceived&, const Context& c) { return heard(std::move(s), c); }
// RFC 4271 4.2: the hold timer counts from the last KEEPALIVE or UPDATE; RFC 2918 does not add to it.
Step on(Established s, const RouteRefreshReceived&, const Context&) { return stay(std::move(s)); }
Step on(Established s, const SendHoldExpired&, const Context&) { return fail(s, send_hold_timer_expired()); }
Step on(Established s, const Tick&, const Context& c) { return timers(std::move(s), c); }
Step on(Established s, const auto& e, const Context&) { return unexpected(s, e); }

Time deadline(const Idle&) { return kNever; }
Time deadline(const Connect& s) { return s.retry; }
Time deadline(const Active& s) { return s.retry; }
Time deadline(const OpenSent& s) { return s.hold; }
Time deadline(const OpenConfirm& s) { return std::min(s.hold, s.keepalive); }
Time deadline(const Established& s) { return std::min(s.hold, s.keepalive); }

std::string_view name_of(const Idle&) { return "Idle"; }
std::string_view name_of(const Connect&) { return "Connect"; }
std::string_view name_of(const Active&) { return "Active"; }
std::string_view name_of(const OpenSent&) { return "OpenSent"; }
std::string_view name_of(const OpenConfirm&) { return "OpenConfirm"; }
std::string_view name_of(const Established&) { return "Established"; }

}  // namespace

Time Context::after(Seconds wait) const { return wait == Seconds(0) ? kNever : now + wait; }

Time Context::jittered(Seconds wait) const {
    constexpr std::int64_t kWhole = 1024;
    constexpr std::int64_t kLeast = kWhole * 3 / 4;
    if (wait == Seconds(0)) return kNever;
    const std::int64_t part = kLeast + random % (kWhole - kLeast + 1);
    return now + Duration(wait) * part / kWhole;
}

Step step(State state, const Event& event, const Context& context) {
    return std::visit([&context](auto&& s, const auto& e) { return on(std::move(s), e, context); },
                      std::move(state), event);
}

Time next_deadline(const State& state) {
    return std::visit([](const auto& s) { return deadline(s); }, state);
}

std::string_view name(const State& state) {
    return std::visit([](const auto& s) { return name_of(s); }, state);
}

}  // namespace dunlin::bgp::fsm
