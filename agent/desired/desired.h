// What this node should run, worked out from all objects: a pure function of its arguments. It does not
// depend on events, on their order, or on what runs now. A bad object costs itself: it becomes a problem, the
// others go on. The rules are those of Calico (its BGPPeers, mesh, pools and blocks), but for what doc/ says
// we do otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cluster.h"
#include "bgp/policy/peer_policy.h"
#include "bgp/session/config.h"

namespace dunlin::agent {

enum class BlockSource : std::uint8_t { pool, affinity, podcidr };

struct Options {
    std::string node;
    ApiGroup api_group = ApiGroup::dunlin;
    std::optional<BlockSource> block_source;  // nothing: pool, with the Calico groups affinity
    bool kernel_has_tcp_ao = true;            // of the node
    std::map<std::string, std::string> env;   // CALICO_ROUTER_ID, CALICO_ADVERTISE_CLUSTER_IPS, …

    BlockSource source() const;
};

enum class StaticPurpose : std::uint8_t { block, service, reach_peer };
struct StaticRoute {
    std::optional<IpAddress> via;  // nothing: blackhole
    StaticPurpose purpose = StaticPurpose::block;
    friend bool operator==(const StaticRoute&, const StaticRoute&) = default;
};

struct KernelPool {
    Prefix cidr;
    bool accept = false;
    std::string tunnel;  // route through this device; empty: none
    std::optional<Prefix> no_tunnel_if_next_hop_in;
    friend bool operator==(const KernelPool&, const KernelPool&) = default;
};
// What may enter the kernel, top to bottom; what nothing rejects is accepted.
struct KernelPolicy {
    bgp::PrefixSet reject_services;
    std::uint32_t normal_priority = 1024;  // metric of a BGP route = 2147483647 - LOCAL_PREF
    std::vector<IpAddress> reject_next_hops;
    std::vector<KernelPool> pools;
    friend bool operator==(const KernelPolicy&, const KernelPolicy&) = default;
};

struct DesiredFamily {
    bool bgp_enabled = false;  // the node has an address of the family
    std::optional<InterfaceAddress> node_address;
    std::optional<IpAddress> listen_address;  // nothing: any
    std::uint16_t listen_port = 179;
    std::map<Prefix, StaticRoute> statics;
    bgp::PrefixSet services, services_as_reflector;  // announced by this node; let through by a reflector
    Shared<bgp::ExportPolicy> export_policy;
    KernelPolicy kernel_policy;
    friend bool operator==(const DesiredFamily&, const DesiredFamily&) = default;
};

enum class SessionOrigin : std::uint8_t { mesh, global, node, local_workload };
std::string_view name(SessionOrigin origin);

struct DesiredSession {
    bgp::SessionConfig config;
    bgp::PeerPolicy policy;
    SessionOrigin origin = SessionOrigin::node;
    std::string peer_object;          // name of the BGPPeer; empty: the mesh
    std::optional<Reason> held_down;  // secret_missing, filter_missing, superseded: must not be started
    std::string held_down_message;
    std::optional<SecretRef> secret;  // where config.live.md5_key comes from
    std::vector<std::string> filters;
    std::string description;
    friend bool operator==(const DesiredSession&, const DesiredSession&) = default;
};

// A block of this node. It gets a blackhole and becomes a static route of ours once the kernel has that, so
// that no neighbour hears of a block before its addresses are ours to answer for.
struct DesiredBlock {
    std::string pool;       // name of the IPPool that holds it; empty: none
    std::string affinity;   // name of the BlockAffinity; empty: a podCIDR
    bool blackhole = true;  // not for /32 and /128
    bool announced = true;  // the export policy lets it out
    friend bool operator==(const DesiredBlock&, const DesiredBlock&) = default;
};

struct Desired {
    std::string node;
    Asn local_as{64512};
    std::optional<RouterId> router_id;   // nothing: no session can run (a problem says so)
    std::optional<RouterId> cluster_id;  // this node is a route reflector
    LogSeverity log_level = LogSeverity::info;
    std::vector<std::string> direct_interfaces;  // first match wins, a leading "-" excludes
    DesiredFamily ipv4, ipv6;
    std::map<std::string, DesiredSession> sessions;
    std::map<Prefix, DesiredBlock> blocks;
    std::vector<Problem> problems;  // sorted

    const DesiredFamily& of(Family family) const { return family == Family::ipv4 ? ipv4 : ipv6; }
    DesiredFamily& of(Family family) { return family == Family::ipv4 ? ipv4 : ipv6; }
    friend bool operator==(const Desired&, const Desired&) = default;
};

Desired desired_state(const Cluster& cluster, const Options& options);
// Whether Services and EndpointSlices are looked at: a range of their addresses is configured.
bool uses_services(const Cluster& cluster, const Options& options);

}  // namespace dunlin::agent
