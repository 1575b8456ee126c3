#include "agent/api/bgp_peer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/api/fields.h"
#include "agent/api/peer_endpoint.h"
#include "agent/api/secret_ref.h"

namespace dunlin::agent {
namespace {

constexpr Seconds kLongest{65535};

void read_who(Fields& spec, BgpPeer& out) {
    out.node = spec.text("node", 253).value_or("");
    out.node_selector = spec.selector("nodeSelector");
    out.peer_selector = spec.selector("peerSelector");
    if (const auto selector = spec.selector("localWorkloadSelector"))
        out.local_workload_selector = selector->text();
    if (const auto text = spec.text("peerIP", 128)) {
        auto endpoint = parse_peer_endpoint(*text);
        if (endpoint) {
            out.peer_ip = *std::move(endpoint);
        } else {
            spec.problem("peerIP", endpoint.error().message);
        }
    }
    out.as_number = spec.asn("asNumber");
    out.local_as_number = spec.asn("localASNumber");
}

void read_tcp_ao_key(Fields& key, BgpPeer& out) {
    TcpAoKey one;
    for (const char* id : {"sendID", "receiveID"}) {
        if (!key.has(id)) key.problem(id, "is required");
    }
    one.send_id = static_cast<std::uint8_t>(key.integer("sendID", 0, 255).value_or(0));
    one.receive_id = static_cast<std::uint8_t>(key.integer("receiveID", 0, 255).value_or(0));
    one.algorithm =
        key.choice<TcpAoAlgorithm>("algorithm", {{"HMAC-SHA-1-96", TcpAoAlgorithm::hmac_sha1_96},
                                                 {"AES-128-CMAC-96", TcpAoAlgorithm::aes_128_cmac_96}})
            .value_or(TcpAoAlgorithm::hmac_sha1_96);
    const auto secret = read_secret_key(key);
    key.report_unknown();
    const bool twice = std::any_of(out.tcp_ao.begin(), out.tcp_ao.end(), [&](const TcpAoKey& other) {
        return other.send_id == one.send_id || other.receive_id == one.receive_id;
    });
    if (twice) return key.problem("sendID", "each id is of one key");  // RFC 5925 3.1
    if (secret) out.tcp_ao.push_back({one.send_id, one.receive_id, one.algorithm, *secret});
}

void read_tcp_ao(Fields& spec, BgpPeer& out) {
    auto ao = spec.part("tcpAO");
    if (!ao) return;
    if (!ao->has("keys")) ao->problem("keys", "is required");
    ao->each("keys", 8, [&](const nlohmann::json& entry, const std::string& path) {
        Fields key(entry, path, ao->problems());
        read_tcp_ao_key(key, out);
    });
    ao->report_unknown();
    if (out.password) spec.problem("tcpAO", "excludes password");
}

void read_session(Fields& spec, BgpPeer& out) {
    out.password = read_secret_ref(spec, "password");
    out.next_password = read_secret_ref(spec, "nextPassword");
    if (out.next_password && !spec.has("password")) {
        spec.problem("nextPassword", "is the key that comes after password, which is not set");
    }
    read_tcp_ao(spec, out);
    out.use_node_ip =
        spec.choice<bool>("sourceAddress", {{"UseNodeIP", true}, {"None", false}}).value_or(true);
    out.max_restart_time = spec.duration("maxRestartTime", Seconds(0), kLongest);
    out.keepalive_time = spec.duration("keepaliveTime", Seconds(0), kLongest);
    out.ttl_security = static_cast<std::uint8_t>(spec.integer("ttlSecurity", 0, 255).value_or(0));
    out.reachable_by = spec.address("reachableBy");
    out.reverse_peering =
        spec.choice<bool>("reversePeering", {{"Auto", true}, {"Manual", false}}).value_or(true);
    out.passive = spec.boolean("passive").value_or(false);
    out.admin_state = spec.choice<PeerAdminState>("adminState", {{"Up", PeerAdminState::up},
                                                                 {"Down", PeerAdminState::down},
                                                                 {"Drain", PeerAdminState::drain}})
                          .value_or(PeerAdminState::up);
    out.admin_message = spec.text("adminMessage", 255).value_or("");
    out.description = spec.text("description", 255).value_or("");
}

void read_timers(Fields& spec, BgpPeer& out) {
    out.hold_time = spec.duration("holdTime", Seconds(0), kLongest);
    if (out.hold_time == Seconds(1) || out.hold_time == Seconds(2)) {  // RFC 4271 4.2
        spec.problem("holdTime", "the hold time is 0s or at least 3s");
    }
    out.connect_retry_time = spec.duration("connectRetryTime", Seconds(1), kLongest);
    if (auto backoff = spec.part("errorBackoff")) {
        out.error_backoff_min = backoff->duration("min", Seconds(1), Seconds(3600));
        out.error_backoff_max = backoff->duration("max", Seconds(1), Seconds(3600));
        const Seconds min = out.error_backoff_min.value_or(Seconds(5));
        const Seconds max = out.error_backoff_max.value_or(std::max(min, Seconds(30)));
        if (min > max) backoff->problem("min", "is longer than max");
        backoff->report_unknown();
    }
    const Seconds hold = out.hold_time.value_or(Seconds(240));
    if (out.keepalive_time && out.hold_time && hold != Seconds(0) && *out.keepalive_time >= hold) {
        spec.problem("keepaliveTime", "must be shorter than holdTime");
    }
}

void read_policy(Fields& spec, BgpPeer& out) {
    out.keep_original_next_hop = spec.boolean("keepOriginalNextHop").value_or(false);
    out.next_hop_mode = spec.choice<bgp::NextHopMode>("nextHopMode", {{"Auto", bgp::NextHopMode::automatic},
                                                                      {"Self", bgp::NextHopMode::self},
                                                                      {"Keep", bgp::NextHopMode::keep}});
    if (out.keep_original_next_hop && out.next_hop_mode) {
        spec.problem("keepOriginalNextHop", "excludes nextHopMode");
    }
    out.allowed_own_as =
        static_cast<std::uint32_t>(spec.integer("numAllowedLocalASNumbers", 0, 0x7fffffff).value_or(0));
    out.filters = spec.texts("filters", 64);
    out.reflector_client =
        spec.choice<ReflectorClient>("routeReflectorClient", {{"Auto", ReflectorClient::automatic},
                                                              {"Always", ReflectorClient::always},
                                                              {"Never", ReflectorClient::never}})
            .value_or(ReflectorClient::automatic);
    if (auto max = spec.part("maxPrefixes")) {
        bgp::MaxPrefixes limit;
        if (!max->has("limit")) max->problem("limit", "is required");
        limit.limit = static_cast<std::uint32_t>(max->integer("limit", 1, 0xffffffff).value_or(0));
        limit.action =
            max->choice<bgp::MaxPrefixAction>("action", {{"Warn", bgp::MaxPrefixAction::warn},
                                                         {"Discard", bgp::MaxPrefixAction::discard},
                                                         {"Restart", bgp::MaxPrefixAction::restart}})
                .value_or(bgp::MaxPrefixAction::restart);
        limit.warn_at_percent = static_cast<std::uint8_t>(max->integer("warnAtPercent", 1, 100).value_or(80));
        max->report_unknown();
        out.max_prefixes = limit;
    }
}

void read_send_communities(Fields& spec, BgpPeer& out) {
    bgp::SentCommunities some{false, false, false};
    for (const std::string& kind : spec.texts("sendCommunities", 3)) {
        if (kind == "Standard") {
            some.standard = true;
        } else if (kind == "Extended") {
            some.extended = true;
        } else if (kind == "Large") {
            some.large = true;
        } else {
            spec.problem("sendCommunities", excerpt(kind) + " is none of Standard, Extended, Large");
        }
    }
    if (spec.has("sendCommunities")) out.send_communities = some;
}

void read_capabilities(Fields& spec, BgpPeer& out) {
    for (const std::string& family : spec.texts("families", 2)) {
        const bool v4 = family == "IPv4Unicast";
        const Family value = v4 ? Family::ipv4 : Family::ipv6;
        if (!v4 && family != "IPv6Unicast") {
            spec.problem("families", excerpt(family) + " is none of IPv4Unicast, IPv6Unicast");
        } else if (std::find(out.families.begin(), out.families.end(), value) != out.families.end()) {
            spec.problem("families", family + " is there twice");
        } else {
            out.families.push_back(value);
        }
    }
    if (auto restart = spec.part("gracefulRestart")) {
        out.restart_mode = restart
                               ->choice<RestartMode>("mode", {{"Full", RestartMode::full},
                                                              {"Helper", RestartMode::helper},
                                                              {"Off", RestartMode::off}})
                               .value_or(RestartMode::full);
        out.restart_time = restart->duration("restartTime", Seconds(1), Seconds(4095));
        if (out.restart_time && out.max_restart_time)
            restart->problem("restartTime", "excludes maxRestartTime");
        restart->report_unknown();
    }
    out.add_paths = spec.choice<AddPathMode>("addPaths", {{"Both", AddPathMode::both},
                                                          {"Receive", AddPathMode::receive},
                                                          {"Send", AddPathMode::send},
                                                          {"Off", AddPathMode::off}})
                        .value_or(AddPathMode::both);
    out.extended_next_hop = spec.boolean("extendedNextHop").value_or(false);
    out.extended_messages = spec.boolean("extendedMessages").value_or(true);
    out.enhanced_route_refresh = spec.boolean("enhancedRouteRefresh").value_or(true);
    out.role = spec.choice<bgp::Role>("role", {{"Provider", bgp::Role::provider},
                                               {"Customer", bgp::Role::customer},
                                               {"Peer", bgp::Role::peer},
                                               {"RouteServer", bgp::Role::route_server},
                                               {"RouteServerClient", bgp::Role::route_server_client}});
    out.role_strict = spec.boolean("roleStrict").value_or(false);
    if (out.role_strict && !spec.has("role")) spec.problem("roleStrict", "needs role");
}

// What holds between fields. A field that is wrong by itself was said already: `has` looks at what is
// written.
void check_together(Fields& spec, const BgpPeer& out) {
    const bool ip = spec.has("peerIP"), selector = spec.has("peerSelector");
    const bool workload = spec.has("localWorkloadSelector");
    if (spec.has("node") && spec.has("nodeSelector")) spec.problem("nodeSelector", "excludes node");
    if (ip && selector) spec.problem("peerSelector", "excludes peerIP");
    if (workload && (ip || selector))
        spec.problem("localWorkloadSelector", "excludes peerIP and peerSelector");
    if (!ip && !selector && !workload) {
        spec.problem("peerIP", "is required, or peerSelector, or localWorkloadSelector");
    }
    const bool as = spec.has("asNumber");
    if (selector && as)
        spec.problem("asNumber", "must not be set with peerSelector: it comes from the selected node");
    if ((ip || workload) && !as && !selector) {
        spec.problem("asNumber", ip ? "is required with peerIP" : "is required with localWorkloadSelector");
    }
    if (spec.has("reachableBy") && !ip) spec.problem("reachableBy", "needs peerIP");
    if (out.reachable_by && out.peer_ip && out.reachable_by->family() != out.peer_ip->address.family()) {
        spec.problem("reachableBy", out.reachable_by->to_string() + " is not of the family of peerIP");
    }
    if (selector && spec.has("localASNumber")) {
        spec.problem("localASNumber", "has no effect with peerSelector", Reason::ignored);
    }
    if (selector && spec.has("numAllowedLocalASNumbers")) {
        spec.problem("numAllowedLocalASNumbers", "has no effect with peerSelector", Reason::ignored);
    }
}

}  // namespace

Result<BgpPeer, Problems> parse_bgp_peer(const nlohmann::json& object) {
    Problems problems;
    BgpPeer out;
    out.meta = read_meta(object, problems);
    Fields spec(member(object, "spec"), "spec", problems);
    read_who(spec, out);
    read_session(spec, out);
    read_timers(spec, out);
    read_policy(spec, out);
    read_send_communities(spec, out);
    read_capabilities(spec, out);
    check_together(spec, out);
    spec.report_unknown();
    move_warnings(problems, out.meta);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
