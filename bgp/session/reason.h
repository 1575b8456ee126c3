// Why a session is not up: the enumeration that status, metrics and events show, and the sentence beside it.
// Names only; what follows from a reason is decided in peer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/wire/message.h"

namespace dunlin::bgp {

enum class SessionReason : std::uint8_t {
    none,  // up, or nothing has gone wrong yet
    idle,
    admin_down,
    no_route_to_peer,
    connect_refused,
    connect_timeout,
    connect_timeout_auth_suspected,  // a timeout where TCP MD5 is configured: a wrong key shows as silence
    as_mismatch,
    router_id_conflict,
    unsupported_capability,
    hold_timer_expired,
    notification_received,
    notification_sent,
    peer_closed,
    max_prefix_reached,
    secret_missing,
    filter_missing,
    interface_down,
    bfd_down,
    config_changed,
    superseded,
};
// "ASMismatch"; empty for none.
std::string_view name(SessionReason reason);

// The end of a connection or session.
struct Ended {
    SessionReason reason = SessionReason::none;
    std::string message;  // a sentence for a person, with the detail
    std::optional<Notification> sent, received;
    friend bool operator==(const Ended&, const Ended&) = default;
};

// What a NOTIFICATION of the neighbour, or one that we send, means for a person.
Ended ended_by_received(const Notification& notification);
Ended ended_by_sent(const Notification& notification);
// error: an errno of connect, read or write; 0: the neighbour closed the connection.
Ended ended_by_tcp(int error, bool connecting, bool keyed);

}  // namespace dunlin::bgp
