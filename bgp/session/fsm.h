// The state machine of one TCP connection: (state, event) -> (state, actions), one function a cell. Pure: the
// time and the random number are given. A deadline is a field of its state, so leaving a state is stopping
// its timers. Two connections of a neighbour, back-off and restarts are in peer.h. RFC 4271 8.2.2, RFC 6608,
// RFC 9687. Optional attributes: PassiveTcpEstablishment; DelayOpen is off.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "bgp/base/time.h"
#include "bgp/session/config.h"
#include "bgp/session/negotiate.h"
#include "bgp/session/reason.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp::fsm {

struct Idle {
    friend bool operator==(const Idle&, const Idle&) = default;
};
struct Connect {  // dialling
    Time retry;
    friend bool operator==(const Connect&, const Connect&) = default;
};
struct Active {  // waits to be called, or for the next attempt
    Time retry;
    friend bool operator==(const Active&, const Active&) = default;
};
struct OpenSent {  // our OPEN is out, the neighbour's has not come
    Time hold;
    friend bool operator==(const OpenSent&, const OpenSent&) = default;
};
struct OpenConfirm {  // both OPENs are agreed on, its KEEPALIVE has not come
    Negotiated session;
    Time hold, keepalive;
    friend bool operator==(const OpenConfirm&, const OpenConfirm&) = default;
};
struct Established {
    Negotiated session;
    Time hold, keepalive;
    friend bool operator==(const Established&, const Established&) = default;
};
using State = std::variant<Idle, Connect, Active, OpenSent, OpenConfirm, Established>;

// Events with the numbers of RFC 4271 8.1.
struct Start {};         // 1 ManualStart, 3 AutomaticStart
struct StartPassive {};  // 4 ManualStart, 5 AutomaticStart with PassiveTcpEstablishment
struct ManualStop {      // 2; the Cease says why
    Notification cease;
    SessionReason reason = SessionReason::admin_down;
};
struct AutomaticStop {  // 8; as 2, for a reason that the speaker found itself
    Notification cease;
    SessionReason reason = SessionReason::notification_sent;
};
struct TcpConnected {};  // 16 Tcp_CR_Acked, 17 TcpConnectionConfirmed
struct TcpFailed {       // 18; an errno, 0: the neighbour closed
    int error = 0;
};
struct OpenReceived {  // 19; an OPEN that decodes
    Open open;
};
struct MessageError {  // 21 BGPHeaderErr, 22 BGPOpenMsgErr, 28 UpdateMsgErr, RFC 7313 5
    Notification what;
};
struct CollisionDump {};       // 23 OpenCollisionDump
struct NotificationReceived {  // 24 NotifMsgVerErr, 25 NotifMsg
    Notification what;
};
struct KeepaliveReceived {};     // 26 KeepAliveMsg
struct UpdateReceived {};        // 27 UpdateMsg; the message itself goes to the tables
struct RouteRefreshReceived {};  // RFC 2918
struct SendHoldExpired {};       // 29, RFC 9687
struct Tick {
};  // 9 ConnectRetryTimer_Expires, 10 HoldTimer_Expires, 11 KeepaliveTimer_Expires, if any is due
using Event = std::variant<Start, StartPassive, ManualStop, AutomaticStop, TcpConnected, TcpFailed,
                           OpenReceived, MessageError, CollisionDump, NotificationReceived, KeepaliveReceived,
                           UpdateReceived, RouteRefreshReceived, SendHoldExpired, Tick>;

struct StartConnect {
    friend bool operator==(const StartConnect&, const StartConnect&) = default;
};
struct CloseTcp {  // what was sent before goes out first
    friend bool operator==(const CloseTcp&, const CloseTcp&) = default;
};
struct SendOpen {
    Open open;
    friend bool operator==(const SendOpen&, const SendOpen&) = default;
};
struct SendKeepalive {
    friend bool operator==(const SendKeepalive&, const SendKeepalive&) = default;
};
struct SendNotification {
    Notification what;
    friend bool operator==(const SendNotification&, const SendNotification&) = default;
};
struct SessionUp {
    Negotiated session;
    friend bool operator==(const SessionUp&, const SessionUp&) = default;
};
struct SessionDown {  // from Established
    Ended why;
    friend bool operator==(const SessionDown&, const SessionDown&) = default;
};
struct AttemptFailed {  // from any other state
    Ended why;
    friend bool operator==(const AttemptFailed&, const AttemptFailed&) = default;
};
using Action = std::variant<StartConnect, CloseTcp, SendOpen, SendKeepalive, SendNotification, SessionUp,
                            SessionDown, AttemptFailed>;

struct Step {
    State next;
    std::vector<Action> actions;
};

struct Context {
    const SessionConfig& config;
    Time now;
    std::uint32_t random = 0;   // for the jitter of RFC 4271 10
    bool dials = true;          // false: this machine never opens the connection itself
    RestartFlags restart = {};  // for our OPEN

    Time after(Seconds wait) const;     // 0 is never
    Time jittered(Seconds wait) const;  // 0.75 to 1.0 of it (RFC 4271 10)
};

Step step(State state, const Event& event, const Context& context);

// When a Tick has something to do; kNever when it never has.
Time next_deadline(const State& state);
std::string_view name(const State& state);  // "OpenSent"

inline constexpr Seconds kOpenSentHold{240};  // RFC 4271 8.2.2: "a HoldTimer value of 4 minutes is suggested"

}  // namespace dunlin::bgp::fsm
