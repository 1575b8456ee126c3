// What both OPENs agree on, or the NOTIFICATION that refuses the neighbour's. Pure; no state.
// RFC 4271 4.2 and 6.2, RFC 4724 3, RFC 4760 8, RFC 5492 3, RFC 6286 2.2, RFC 6793, RFC 7911 4, RFC 8654 4,
// RFC 8950 4, RFC 9234 4.2.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bgp/base/result.h"
#include "bgp/base/time.h"
#include "bgp/session/config.h"
#include "bgp/session/reason.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// What holds for one family of a session.
struct FamilyTerms {
    Family family = Family::ipv4;
    bool add_path_receive = false;   // NLRI that we receive have a path identifier
    bool add_path_send = false;      // those that we send
    bool extended_next_hop = false;  // IPv4 NLRI with an IPv6 next hop, RFC 8950
    friend bool operator==(const FamilyTerms&, const FamilyTerms&) = default;
};

struct Negotiated {
    Asn peer_as;
    RouterId peer_id;
    bool internal = false;       // iBGP
    bool confederation = false;  // the neighbour is in our confederation (RFC 5065), in whichever member AS
    bool as4 = false;            // RFC 6793: AS_PATH with four octets
    Seconds hold{0};             // 0: neither hold timer nor keepalives
    Seconds keepalive{0};
    std::vector<FamilyTerms> families;  // both sides carry them; never empty
    bool receive_extended = false;      // RFC 8654: what we offered decides what we take
    bool send_extended = false;         // what the neighbour offered decides what we send
    bool route_refresh = false;
    bool enhanced_route_refresh = false;
    std::optional<GracefulRestart> peer_restart;   // as the neighbour sent it, where we offered it too
    bool restart_on_notification = false;          // RFC 8538: N was exchanged
    std::vector<LongLivedFamily> peer_long_lived;  // RFC 9494; of no meaning without peer_restart
    bool long_lived = false;                       // the neighbour may be sent what is LLGR_STALE
    std::optional<Role> role;                      // ours, where it is in force (RFC 9234; eBGP only)
    std::optional<Role> peer_role;
    Capabilities peer_capabilities;  // all that it said, for status

    const FamilyTerms* find(Family family) const;
    bool carries(Family family) const { return find(family) != nullptr; }
    std::size_t receive_limit() const { return receive_extended ? kMaxExtendedMessage : kMaxMessage; }
    std::size_t send_limit() const { return send_extended ? kMaxExtendedMessage : kMaxMessage; }
    friend bool operator==(const Negotiated&, const Negotiated&) = default;
};

// RFC 4724 3: the R flag, and F of all families: the kernel has our routes since the session that was before.
struct RestartFlags {
    bool restarting = false;
    bool forwarding = false;
    friend bool operator==(const RestartFlags&, const RestartFlags&) = default;
};
Open our_open(const SessionConfig& config, const RestartFlags& flags);

// Refused: what has to be sent, the reason and a message with the numbers.
struct Refusal {
    Notification notification;
    SessionReason reason = SessionReason::notification_sent;
    std::string message;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};
Result<Negotiated, Refusal> negotiate(const SessionConfig& config, const Open& open);

// A third of the hold time, or what is configured when that is shorter; at least a second (RFC 4271 4.4).
Seconds keepalive_interval(const Timers& timers, Seconds hold);

}  // namespace dunlin::bgp
