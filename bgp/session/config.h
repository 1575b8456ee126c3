// What one BGP session is configured with, in structs by what a change of them costs (see impact.h):
// transport and offer are fixed while a session lives, timers hold from the next session on or at once, and
// nothing here is policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/wire/message.h"

namespace dunlin::bgp {

// The TCP connection. A change resets the session, but for the key and the TTL, which are set on the live
// socket.
struct Transport {
    IpAddress peer_address;
    std::uint16_t peer_port = kBgpPort;
    std::optional<IpAddress> local_address;  // source, and the address that an incoming connection must have
    std::string interface;                   // for a link-local peer address; else empty
    bool passive = false;                    // never dial (RFC 4271 8.1.1 PassiveTcpEstablishment)
    friend bool operator==(const Transport&, const Transport&) = default;
};
// A master key tuple of TCP-AO (RFC 5925 3.1); algorithms of RFC 5926 2.
enum class AoAlgorithm : std::uint8_t { hmac_sha1_96, aes_128_cmac_96 };
struct AoKey {
    std::uint8_t send_id = 0, receive_id = 0;
    AoAlgorithm algorithm = AoAlgorithm::hmac_sha1_96;
    std::string key;  // 1 to kMaxAoKey octets. Never logged.
    friend bool operator==(const AoKey&, const AoKey&) = default;
};
inline constexpr std::size_t kMaxAoKey = 80;

struct LiveTransport {
    std::string md5_key;         // RFC 2385; empty: none. Never logged.
    std::string md5_next_key;    // while the key is changed: used when nothing comes through with the other
    std::vector<AoKey> ao_keys;  // TCP-AO in the place of MD5: the first is sent with, each is taken
    std::uint8_t ttl = 64;       // sent
    std::uint8_t min_ttl = 0;    // RFC 5082: 0 is off, else accepted only at or above
    bool same_keys(const LiveTransport& other) const {
        return md5_key == other.md5_key && ao_keys == other.ao_keys;
    }
    bool has_keys() const { return !md5_key.empty() || !ao_keys.empty(); }
    friend bool operator==(const LiveTransport&, const LiveTransport&) = default;
};

// RFC 4724: `helper` keeps the routes of a neighbour that restarts and asks for nothing itself.
enum class RestartMode : std::uint8_t { off, helper, full };

// What our OPEN says. A change resets the session.
struct Offer {
    Asn local_as;
    Asn peer_as;  // what the peer's OPEN must say
    RouterId router_id;
    std::vector<Family> families;
    bool extended_messages = true;
    bool enhanced_route_refresh = true;
    bool add_path_receive = false;
    bool add_path_send = false;
    bool extended_next_hop = false;
    RestartMode restart = RestartMode::off;
    std::uint16_t restart_time_s = 120;  // in which we are back; at most 4095
    std::optional<Role> role;
    bool role_strict = false;
    std::optional<Confederation> confederation;
    friend bool operator==(const Offer&, const Offer&) = default;
};

struct Timers {
    Seconds hold{90};                  // RFC 4271 10: 90 s; 0 or >= 3
    std::optional<Seconds> keepalive;  // nothing: a third of the negotiated hold time
    Seconds connect_retry{5};
    Seconds connect_delay{0};                       // before the first attempt
    Seconds error_wait_min{5}, error_wait_max{30};  // idle hold, doubling
    Seconds send_hold{0};                           // RFC 9687: 0 is twice the hold time, at least 480 s
    friend bool operator==(const Timers&, const Timers&) = default;
};

enum class AdminState : std::uint8_t { up, down, drain };

struct SessionConfig {
    Transport transport;
    LiveTransport live;
    Offer offer;
    Timers timers;
    AdminState admin_state = AdminState::up;
    std::string admin_message;  // RFC 9003, with the Cease
    friend bool operator==(const SessionConfig&, const SessionConfig&) = default;
};

}  // namespace dunlin::bgp
