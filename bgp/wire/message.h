// The five messages of BGP as values, and their error forms (RFC 4271 4, RFC 2918 3, RFC 6793, RFC 8654).
// Octets are in framer.h, messages.h, update.h and encode.h; nothing here knows the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/base/prefix.h"
#include "bgp/base/strong.h"
#include "bgp/base/time.h"

namespace dunlin::bgp {

inline constexpr std::size_t kHeaderLength = 19;           // RFC 4271 4.1
inline constexpr std::size_t kMaxMessage = 4096;           // RFC 4271 4.1
inline constexpr std::size_t kMaxExtendedMessage = 65535;  // RFC 8654 3
inline constexpr std::uint16_t kAsTrans = 23456;           // RFC 6793 9
inline constexpr std::uint16_t kBgpPort = 179;

enum class MessageType : std::uint8_t {
    open = 1,
    update = 2,
    notification = 3,
    keepalive = 4,
    route_refresh = 5
};

// AFI/SAFI pairs that we carry are a Family (unicast); others exist only as numbers in a capability.
struct AfiSafi {
    std::uint16_t afi = 0;
    std::uint8_t safi = 0;
    friend auto operator<=>(const AfiSafi&, const AfiSafi&) = default;
};
constexpr AfiSafi unicast(Family family) {
    return {static_cast<std::uint16_t>(family == Family::ipv4 ? 1 : 2), 1};
}
std::optional<Family> unicast_family(AfiSafi pair);  // nothing for a pair that we do not carry

// A NOTIFICATION that was received or has to be sent (RFC 4271 4.5). A decode error *is* the message to send.
struct Notification {
    std::uint8_t code = 0;
    std::uint8_t subcode = 0;
    std::vector<std::uint8_t> data;
    friend bool operator==(const Notification&, const Notification&) = default;
};
// "Cease/Administrative Shutdown", with the text of RFC 9003 or the numbers of the data where there is one.
std::string describe(const Notification& notification);

// RFC 5065: what a session has to know of the confederation that we are in. Its local AS is the member AS
// towards other members, the identifier towards everybody else.
struct Confederation {
    Asn identifier;
    Asn member_as;             // ours
    bool with_member = false;  // the neighbour is in it, in our member AS or in another
    friend bool operator==(const Confederation&, const Confederation&) = default;
};

struct GracefulRestartFamily {
    AfiSafi pair;
    bool forwarding_preserved = false;  // F, RFC 4724 3
    friend auto operator<=>(const GracefulRestartFamily&, const GracefulRestartFamily&) = default;
};
struct GracefulRestart {        // RFC 4724 3, RFC 8538 2
    bool restarting = false;    // R
    bool notification = false;  // N
    std::uint16_t time_s = 0;   // 12 bits
    std::vector<GracefulRestartFamily> families;
    friend bool operator==(const GracefulRestart&, const GracefulRestart&) = default;
};
struct LongLivedFamily {  // RFC 9494 3.1: how long routes may stay when the restart time is over
    AfiSafi pair;
    bool forwarding_preserved = false;
    std::uint32_t time_s = 0;  // 24 bits
    friend auto operator<=>(const LongLivedFamily&, const LongLivedFamily&) = default;
};
struct AddPath {  // RFC 7911 4: 1 receive, 2 send, 3 both
    AfiSafi pair;
    std::uint8_t mode = 0;
    friend auto operator<=>(const AddPath&, const AddPath&) = default;
};
struct ExtendedNextHop {  // RFC 8950 4
    AfiSafi nlri;
    std::uint16_t next_hop_afi = 0;
    friend auto operator<=>(const ExtendedNextHop&, const ExtendedNextHop&) = default;
};
enum class Role : std::uint8_t {
    provider = 0,
    route_server = 1,
    route_server_client = 2,
    customer = 3,
    peer = 4
};

// The capabilities of one OPEN (RFC 5492), merged: what is listed twice stands once.
struct Capabilities {
    std::vector<AfiSafi> families;        // RFC 4760 8; as sent, without doubles
    bool route_refresh = false;           // RFC 2918
    bool enhanced_route_refresh = false;  // RFC 7313
    bool extended_messages = false;       // RFC 8654
    std::optional<Asn> four_octet_as;     // RFC 6793
    std::optional<GracefulRestart> graceful_restart;
    std::optional<std::vector<LongLivedFamily>>
        long_lived;  // empty: keeps others' routes, has none to be kept
    std::vector<AddPath> add_paths;
    std::vector<ExtendedNextHop> extended_next_hops;
    std::optional<Role> role;              // RFC 9234
    std::vector<std::uint8_t> roles_seen;  // every value received, for "differing duplicate roles" (9234 4.2)
    std::vector<std::uint8_t> unknown;     // codes that we do not know, ignored
    friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

struct Open {
    Asn asn;                  // from the capability where there is one, else My Autonomous System
    std::uint16_t my_as = 0;  // the field of two octets, as received; set by the encoder when sent
    Seconds hold_time{0};
    RouterId identifier;
    Capabilities capabilities;
    friend bool operator==(const Open&, const Open&) = default;
};

struct RouteRefresh {  // RFC 2918 3, RFC 7313 3.1 (subtype 0 normal, 1 BoRR, 2 EoRR)
    AfiSafi pair;
    std::uint8_t subtype = 0;
    friend bool operator==(const RouteRefresh&, const RouteRefresh&) = default;
};

struct Nlri {
    Prefix prefix;
    PathId path_id;  // 0 where add-path is not in use
    friend auto operator<=>(const Nlri&, const Nlri&) = default;
};

}  // namespace dunlin::bgp
