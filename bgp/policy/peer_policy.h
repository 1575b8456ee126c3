// What may be taken from a neighbour and what is sent to it, as values that can be compared: a change
// re-evaluates the routes and leaves the session alone. The export steps are those that a node of Kubernetes
// needs: blocks and pools.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/prefix.h"
#include "bgp/base/shared.h"
#include "bgp/base/strong.h"
#include "bgp/policy/filter.h"
#include "bgp/policy/prefix_set.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

enum class NextHopMode : std::uint8_t { automatic, self, keep };

struct PrefixCommunities {
    Prefix prefix;  // matches itself and anything inside
    std::vector<std::uint32_t> communities;
    std::vector<LargeCommunity> large;
    friend bool operator==(const PrefixCommunities&, const PrefixCommunities&) = default;
};

// Tried top to bottom. A prefix of a list matches itself and anything inside it.
struct ExportPolicy {
    bool accept_all = false;  // a bare speaker whose operator said so (RFC 8212)
    PrefixSet reject_pools;
    std::vector<std::string> internal_reject_interfaces;  // shell wildcards; iBGP only
    std::vector<std::string> reject_interfaces;
    std::vector<PrefixCommunities> communities;  // adds, goes on
    PrefixSet blocks;                            // exact: accept; inside: reject unless it escapes
    std::uint32_t escape_below_priority = 1024;  // inside a block and of a lower metric: accept
    PrefixSet accept_services;
    PrefixSet accept_services_as_reflector;
    PrefixSet accept_pools;
    friend bool operator==(const ExportPolicy&, const ExportPolicy&) = default;
};

enum class MaxPrefixAction : std::uint8_t { warn, discard, restart };
struct MaxPrefixes {
    std::uint32_t limit = 0;  // a family
    MaxPrefixAction action = MaxPrefixAction::restart;
    std::uint8_t warn_at_percent = 80;
    friend bool operator==(const MaxPrefixes&, const MaxPrefixes&) = default;
};

// Which kinds the neighbour is sent: RFC 1997, RFC 4360, RFC 8092.
struct SentCommunities {
    bool standard = true, extended = true, large = true;
    friend bool operator==(const SentCommunities&, const SentCommunities&) = default;
};

struct PeerPolicy {
    NextHopMode next_hop = NextHopMode::automatic;
    bool reflector_client = false;       // RFC 4456
    std::optional<RouterId> cluster_id;  // nothing: the router id
    std::uint32_t allow_own_as = 0;
    bool check_first_as = true;  // RFC 4271 6.3; off for route servers (RFC 7947 2.2.2.2)
    SentCommunities send_communities;
    std::optional<MaxPrefixes> max_prefixes;
    Shared<FilterChain> import_filter_ipv4,
        import_filter_ipv6;  // before everything else; nothing said: accept
    Shared<FilterChain> export_filter_ipv4, export_filter_ipv6;  // what it decides, the policy is not asked
    Shared<ExportPolicy> export_ipv4, export_ipv6;
    std::uint32_t default_priority = 1024;  // LOCAL_PREF of our own routes = 2147483647 - metric
    bool local_pref_from_priority = true;   // Calico's wire contract since 3.32; off: 100

    const Shared<FilterChain>& import_filter(Family family) const {
        return family == Family::ipv4 ? import_filter_ipv4 : import_filter_ipv6;
    }
    const Shared<FilterChain>& export_filter(Family family) const {
        return family == Family::ipv4 ? export_filter_ipv4 : export_filter_ipv6;
    }
    friend bool operator==(const PeerPolicy&, const PeerPolicy&) = default;
};

}  // namespace dunlin::bgp
