// What the agent knows, at one moment, as plain values: the one source of `show …`, /metrics and the objects'
// status. Filled by agent/app from the speaker, the kernel and the stores; read by pure functions only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/problem.h"
#include "bgp/base/prefix.h"
#include "bgp/base/strong.h"
#include "bgp/base/time.h"
#include "bgp/wire/attributes.h"

namespace dunlin::agent {

struct PrefixCounts {
    Family family = Family::ipv4;
    std::uint64_t received = 0, accepted = 0, exported = 0;
    friend bool operator==(const PrefixCounts&, const PrefixCounts&) = default;
};

struct SessionView {
    std::string name;         // of the protocol instance: "Mesh_10_0_0_2"
    std::string peer_object;  // name of the BGPPeer; empty: the node-to-node mesh
    std::string origin;       // "mesh", "global", "node"
    IpAddress neighbor;
    std::uint16_t port = 179;
    std::optional<IpAddress> local_address;
    Asn neighbor_as, local_as;
    std::string state = "Idle";  // RFC 4271 8.2.2, or "Down" while it is held down
    bool established = false;
    WallTime since;
    std::string reason, message;  // PRODUCT's typed reason and its text; empty when established
    std::string last_filtered;    // "10.0.0.0/8 by rule 2 of deny-private", at the import
    std::string last_malformed;   // "ORIGIN: length 2", of an UPDATE
    std::string last_error;       // of an earlier fall, kept
    std::uint64_t flaps = 0;
    std::optional<RouterId> neighbor_id;
    Seconds hold{0}, keepalive{0};          // in force; 0 when not established
    std::vector<std::string> capabilities;  // "ipv4-unicast", "route-refresh", "as4", …; both sides offered
    std::vector<Family> families;           // negotiated, or configured while down
    std::vector<PrefixCounts> prefixes;
    std::map<std::string, std::uint64_t> messages_in, messages_out;  // by type: "open", "update", …
    std::uint64_t updates_withdrawn = 0, attributes_discarded = 0;   // RFC 7606 verdicts
    std::string description;
    bool confederation = false;   // the neighbour is in our confederation
    bool uses_next_key = false;   // of TCP MD5: nextPassword in the place of password
    std::uint32_t out_queue = 0;  // prefixes that wait to be sent
};

// Calico's word for where a session comes from.
inline std::string_view peer_type(const SessionView& session) {
    if (session.origin == "mesh") return "NodeMesh";
    return session.origin == "global" ? "GlobalPeer" : "NodePeer";
}

inline std::string_view session_type(const SessionView& session) {
    if (session.neighbor_as == session.local_as) return "internal";
    return session.confederation ? "confederation" : "external";
}

struct ProtocolView {               // device, direct, kernel, static
    std::string name, kind, table;  // "kernel1", "Kernel", "master4"
    bool up = true;
    WallTime since;
    std::string text;  // last column
    std::uint64_t imported = 0, exported = 0;
};

struct PathView {
    std::string protocol;  // "tor_a", "static1"
    WallTime since;
    bool best = false, reachable = true;
    std::uint32_t preference = 100;
    // The step at which this path lost, or won against the next; "import filter, rule 2 of deny-private".
    std::string decided_by;
    std::optional<IpAddress> gateway;  // resolved
    std::string interface;
    std::string kind;  // "unicast", "blackhole", "unreachable"
    std::optional<std::uint32_t> igp_metric;
    bool from_bgp = false;
    bgp::PathAttributes attributes;  // when from_bgp
};
struct RouteView {
    Prefix prefix;
    std::vector<PathView> paths;  // best first
};

struct BlockView {
    Prefix cidr;
    std::string pool, affinity;
    bool in_kernel = false, announced = false;
};

struct KernelCounts {
    std::uint64_t desired = 0, installed = 0, failed = 0, conflicts = 0, alien = 0, repairs = 0;
};

struct SourceView {        // one watched resource, or the directory
    std::string resource;  // "bgppeers.dunlin.io"
    std::string state;     // "Synced", "Forbidden", "NotInstalled", "Unreachable", "Syncing"
    std::string message;
    std::uint64_t objects = 0;
};

struct PoolView {
    std::string name;
    Prefix cidr;
    std::uint64_t claimed = 0, total = 0, nodes = 0;  // over all nodes
};

struct NodeView {
    std::string node, version;
    std::optional<RouterId> router_id;
    Asn local_as;
    std::string node_uid;  // of the Node object; for the ownerReference
    WallTime start, now;
    bool synced = false;         // every store has had its first list
    bool kernel_synced = false;  // the first dump is in (or --kernel off)
    bool restarting = false;     // RFC 4724 4.1: nothing is announced before the neighbours have said theirs
    std::vector<SessionView> sessions;
    std::vector<ProtocolView> protocols;
    std::vector<BlockView> blocks;
    std::vector<PoolView> pools;
    std::vector<SourceView> sources;
    std::vector<Problem> problems;                // of objects, sorted
    std::map<std::string, std::uint64_t> routes;  // "master4", "master6": prefixes in the table
    KernelCounts kernel;                          // both families together
    std::map<std::string, std::uint64_t>
        counters;                // names of metrics without the prefix dunlin_, ending in _total
    double longest_stall_s = 0;  // between two turns of the loop
    bool api_up = true;
};

}  // namespace dunlin::agent
