#include "bgp/session/reason.h"

#include <array>
#include <cerrno>
#include <system_error>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::array<std::string_view, 21> kNames{"",
                                                  "Idle",
                                                  "AdminDown",
                                                  "NoRouteToPeer",
                                                  "ConnectRefused",
                                                  "ConnectTimeout",
                                                  "ConnectTimeoutAuthSuspected",
                                                  "ASMismatch",
                                                  "RouterIDConflict",
                                                  "UnsupportedCapability",
                                                  "HoldTimerExpired",
                                                  "NotificationReceived",
                                                  "NotificationSent",
                                                  "PeerClosed",
                                                  "MaxPrefixReached",
                                                  "SecretMissing",
                                                  "FilterMissing",
                                                  "InterfaceDown",
                                                  "BFDDown",
                                                  "ConfigChanged",
                                                  "Superseded"};
static_assert(kNames.size() == static_cast<std::size_t>(SessionReason::superseded) + 1);

// What means the same whoever says it.
SessionReason common_reason(const Notification& n, SessionReason otherwise) {
    switch (static_cast<ErrorCode>(n.code)) {
        case ErrorCode::open_message:
            switch (static_cast<OpenError>(n.subcode)) {
                case OpenError::bad_peer_as:
                    return SessionReason::as_mismatch;
                case OpenError::bad_bgp_identifier:
                    return SessionReason::router_id_conflict;
                case OpenError::unsupported_capability:
                    return SessionReason::unsupported_capability;
                default:
                    return otherwise;
            }
        case ErrorCode::hold_timer_expired:
        case ErrorCode::send_hold_timer_expired:
            return SessionReason::hold_timer_expired;
        case ErrorCode::cease:
            return static_cast<Cease>(n.subcode) == Cease::bfd_down ? SessionReason::bfd_down : otherwise;
        default:
            return otherwise;
    }
}

SessionReason sent_reason(const Notification& n) {
    if (n.code == static_cast<std::uint8_t>(ErrorCode::cease)) {
        switch (static_cast<Cease>(n.subcode)) {
            case Cease::max_prefixes_reached:
                return SessionReason::max_prefix_reached;
            case Cease::administrative_shutdown:
                return SessionReason::admin_down;
            case Cease::other_configuration_change:
                return SessionReason::config_changed;
            default:
                break;
        }
    }
    return common_reason(n, SessionReason::notification_sent);
}

SessionReason connect_reason(int error, bool keyed) {
    switch (error) {
        case ETIMEDOUT:
            return keyed ? SessionReason::connect_timeout_auth_suspected : SessionReason::connect_timeout;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case EADDRNOTAVAIL:
            return SessionReason::no_route_to_peer;
        case ENETDOWN:
        case ENODEV:
            return SessionReason::interface_down;
        default:
            return SessionReason::connect_refused;
    }
}

std::string connect_message(int error, bool keyed) {
    if (error == EADDRNOTAVAIL) return "connect: the local address is not on this machine";
    if (error == ETIMEDOUT && keyed) {
        return "connect: no answer; with TCP MD5 this is also how a wrong or missing password shows";
    }
    if (error == ETIMEDOUT) return "connect: no answer";
    return "connect: " + std::generic_category().message(error);
}

}  // namespace

std::string_view name(SessionReason reason) { return kNames.at(static_cast<std::size_t>(reason)); }

Ended ended_by_received(const Notification& notification) {
    Ended out;
    out.reason = common_reason(unwrapped(notification), SessionReason::notification_received);
    out.message = "the neighbour sent " + describe(notification);
    out.received = notification;
    return out;
}

Ended ended_by_sent(const Notification& notification) {
    Ended out;
    out.reason = sent_reason(unwrapped(notification));
    out.message = "sent " + describe(notification);
    out.sent = notification;
    return out;
}

Ended ended_by_tcp(int error, bool connecting, bool keyed) {
    Ended out;
    if (connecting && error != 0) {
        out.reason = connect_reason(error, keyed);
        out.message = connect_message(error, keyed);
        return out;
    }
    out.reason = SessionReason::peer_closed;
    out.message = error == 0 ? "the neighbour closed the connection"
                             : "the connection broke: " + std::generic_category().message(error);
    return out;
}

}  // namespace dunlin::bgp
