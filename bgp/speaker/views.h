// What can be read from the speaker: routes, neighbours and table sizes as values, for status, metrics and
// `show route`. Nothing in it points into the tables.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/prefix.h"
#include "bgp/base/time.h"
#include "bgp/rib/decision_step.h"
#include "bgp/rib/local_route.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

enum class SourceKind : std::uint8_t { direct, kernel, fixed, ebgp, ibgp };

// Where packets go. Nothing in it: not resolvable, or a blackhole.
struct Forwarding {
    std::optional<IpAddress> gateway;  // nothing: on the link
    std::string interface;
    std::uint32_t interface_index = 0;
    friend bool operator==(const Forwarding&, const Forwarding&) = default;
};

struct PathView {
    std::string source;  // "kernel1", or the name of the neighbour
    SourceKind kind = SourceKind::kernel;
    std::optional<IpAddress> from;  // address of the neighbour
    PathId path_id;
    PathAttributes attributes;        // of a BGP route; else empty
    std::optional<LocalRoute> local;  // of the others
    std::uint8_t preference = 0;
    std::uint32_t igp_metric = 0;
    bool best = false;
    bool resolvable = false;
    bool blackhole = false;
    bool stale = false;
    DecisionStep lost_at = DecisionStep::only_path;  // of the best: the step that decided
    std::string refused_by;  // "rule 2 of deny-private": the import filter, and it is in no table
    Forwarding forwarding;
    Time since{};
};

struct RouteView {
    Prefix prefix;
    std::vector<PathView> paths;  // best first
};

struct FamilyCounts {
    std::uint32_t received = 0;  // paths of the neighbour that the import took
    std::uint32_t filtered = 0;  // that its filters refused, as far as they are kept
    std::uint32_t rejected = 0;  // announcements that its checks or limits refused, since the session began
    std::uint32_t exported = 0;  // prefixes that the neighbour has from us
    std::uint32_t pending = 0;   // prefixes that wait for being sent
    bool end_of_rib_received = false;
    bool end_of_rib_sent = false;
    bool limit_warned = false;  // most of the prefixes that it may have (MaxPrefixes::warn_at_percent)
};

struct UpdateCounters {
    std::uint64_t updates_received = 0, updates_sent = 0;
    std::uint64_t refreshes_received = 0, refreshes_sent = 0;                             // RFC 2918 requests
    std::uint64_t announced = 0, withdrawn = 0;                                           // prefixes received
    std::uint64_t treated_as_withdraw = 0, attributes_discarded = 0, session_resets = 0;  // RFC 7606
    std::string last_malformed;  // "ORIGIN: length 2"
    std::string last_filtered;   // "10.0.0.0/8 by rule 2 of deny-private", at the import
};

struct TableStats {
    std::uint32_t prefixes = 0;
    std::uint32_t paths = 0;
    std::uint64_t bytes = 0;
};
struct SpeakerStats {
    std::array<TableStats, 2> tables;  // by Family
    std::uint32_t attribute_sets = 0;
    std::uint64_t attribute_bytes = 0;
    std::uint32_t next_hops = 0;
    std::uint32_t update_groups = 0;
    std::uint32_t sent_sets = 0;   // attributes as they were sent
    std::uint64_t sent_bytes = 0;  // of these and of Adj-RIB-Out
};

}  // namespace dunlin::bgp
