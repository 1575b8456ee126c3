// BGPPeer as a checked value: every field of Calico's object and ours. Parsing refuses the object as a whole
// when a field is wrong, and names the field.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/problem.h"
#include "agent/api/selector.h"
#include "bgp/base/ip_address.h"
#include "bgp/base/result.h"
#include "bgp/base/strong.h"
#include "bgp/base/time.h"
#include "bgp/policy/peer_policy.h"
#include "bgp/wire/message.h"

namespace dunlin::agent {

struct SecretRef {
    std::string name, key;
    friend auto operator<=>(const SecretRef&, const SecretRef&) = default;
};
// RFC 5925: the key of a Secret with the ids under which both ends know it.
enum class TcpAoAlgorithm : std::uint8_t { hmac_sha1_96, aes_128_cmac_96 };
struct TcpAoKey {
    std::uint8_t send_id = 0, receive_id = 0;
    TcpAoAlgorithm algorithm = TcpAoAlgorithm::hmac_sha1_96;
    SecretRef secret;
    friend bool operator==(const TcpAoKey&, const TcpAoKey&) = default;
};

struct PeerEndpoint {  // of peerIP
    IpAddress address;
    std::optional<std::uint16_t> port;
    std::string interface;  // of a link-local address: fe80::1%eth0
    friend bool operator==(const PeerEndpoint&, const PeerEndpoint&) = default;
};

enum class PeerAdminState : std::uint8_t { up, down, drain };
enum class RestartMode : std::uint8_t { full, helper, off };
enum class AddPathMode : std::uint8_t { both, receive, send, off };
enum class ReflectorClient : std::uint8_t { automatic, always, never };
struct BgpPeer {
    ObjectMeta meta;
    // Which nodes hold the session: one of the two, or all nodes (global).
    std::string node;
    std::optional<Selector> node_selector;
    // The neighbour: exactly one of the three.
    std::optional<PeerEndpoint> peer_ip;
    std::optional<Selector> peer_selector;
    std::optional<std::string> local_workload_selector;

    std::optional<Asn> as_number;
    std::optional<Asn> local_as_number;
    bool keep_original_next_hop = false;
    std::optional<bgp::NextHopMode> next_hop_mode;
    std::optional<SecretRef> password, next_password;  // both: while the key is changed
    std::vector<TcpAoKey> tcp_ao;                      // in the place of a password
    bool use_node_ip = true;                           // sourceAddress
    std::optional<Seconds> max_restart_time;
    std::optional<Seconds> keepalive_time;
    std::uint32_t allowed_own_as = 0;
    std::uint8_t ttl_security = 0;
    std::optional<IpAddress> reachable_by;
    std::vector<std::string> filters;
    bool reverse_peering = true;

    std::optional<Seconds> hold_time, connect_retry_time, error_backoff_min, error_backoff_max;
    std::vector<Family> families;  // empty: that of the address
    bool passive = false;
    PeerAdminState admin_state = PeerAdminState::up;
    std::string admin_message, description;
    std::optional<bgp::MaxPrefixes> max_prefixes;
    RestartMode restart_mode = RestartMode::full;
    std::optional<Seconds> restart_time;  // gracefulRestart.restartTime
    AddPathMode add_paths = AddPathMode::both;
    bool extended_next_hop = false;
    bool extended_messages = true;
    bool enhanced_route_refresh = true;
    std::optional<bgp::Role> role;
    bool role_strict = false;
    ReflectorClient reflector_client = ReflectorClient::automatic;
    bgp::SentCommunities send_communities;

    bool global() const { return node.empty() && !node_selector; }
    friend bool operator==(const BgpPeer&, const BgpPeer&) = default;
};

Result<BgpPeer, Problems> parse_bgp_peer(const nlohmann::json& object);

}  // namespace dunlin::agent
