// BGPConfiguration, `default` and `node.NAME`. A wrong field costs itself and not the others: one bad list
// must not change the AS number of a cluster. `refused` then says what was wrong.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/bgp_peer.h"
#include "agent/api/problem.h"
#include "bgp/base/prefix.h"
#include "bgp/policy/peer_policy.h"

namespace dunlin::agent {

enum class LogSeverity : std::uint8_t { none, info, debug };
enum class ProgramRoutes : std::uint8_t { enabled, disabled, ipip_only, no_encap_only };
struct Confederation {
    Asn identifier;
    std::vector<Asn> members;
    friend bool operator==(const Confederation&, const Confederation&) = default;
};

struct BgpConfiguration {
    ObjectMeta meta;
    Problems refused;  // fields that were wrong and do not count

    std::optional<Asn> as_number;
    std::optional<bool> mesh_enabled;
    std::optional<SecretRef> mesh_password, mesh_next_password;
    std::optional<Seconds> mesh_max_restart_time;
    std::optional<std::uint16_t> listen_port;
    bool bind_node_ip = false;  // bindMode
    std::optional<LogSeverity> log_severity;
    std::vector<Prefix> service_cluster_ips, service_external_ips, service_load_balancer_ips;
    bool service_load_balancer_aggregation = true;
    std::optional<std::vector<bgp::PrefixCommunities>> prefix_advertisements;  // names resolved
    std::vector<std::string> ignored_interfaces;
    std::optional<IpAddress> local_workload_peering_ipv4, local_workload_peering_ipv6;
    ProgramRoutes program_cluster_routes = ProgramRoutes::no_encap_only;
    std::uint32_t ipv4_normal_priority = 1024, ipv6_normal_priority = 1024;
    std::optional<RouterId> router_id;
    std::optional<Confederation> confederation;
    friend bool operator==(const BgpConfiguration&, const BgpConfiguration&) = default;
};

Result<BgpConfiguration, Problems> parse_bgp_configuration(const nlohmann::json& object);

}  // namespace dunlin::agent
