// Filters of the operator: rules tried in order, and the first one whose conditions all hold decides. What a
// rule asks of a route and does to it is Calico's BGPFilter with three operations of our own; a filter says
// nothing of a route that no rule of it matches. A chain is the rules of several filters, one behind the
// other, each of which still knows where it stands, for "why is this not announced".
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bgp/base/prefix.h"
#include "bgp/base/strong.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

enum class MatchOperator : std::uint8_t { equal, not_equal, in, not_in };
struct PrefixMatch {
    MatchOperator op = MatchOperator::in;
    Prefix prefix;
    std::optional<std::uint8_t> min_length, max_length;  // as written; for in and not_in

    // In force: never below the prefix's own length, never above the family's.
    unsigned min() const { return std::max<unsigned>(min_length.value_or(0), prefix.length()); }
    unsigned max() const { return std::min<unsigned>(max_length.value_or(128), bits(prefix.family())); }
    bool matches(const Prefix& other) const;
    friend bool operator==(const PrefixMatch&, const PrefixMatch&) = default;
};

using Community = std::variant<std::uint32_t, LargeCommunity>;
// With wildcards: "65001:*", for deleteCommunity. Two parts or three; nothing is any.
struct CommunityPattern {
    std::vector<std::optional<std::uint32_t>> parts;
    friend bool operator==(const CommunityPattern&, const CommunityPattern&) = default;
};

struct AddCommunity {
    Community value;
    friend bool operator==(const AddCommunity&, const AddCommunity&) = default;
};
struct DeleteCommunity {
    CommunityPattern value;
    friend bool operator==(const DeleteCommunity&, const DeleteCommunity&) = default;
};
struct PrependAsPath {
    std::vector<Asn> prefix;
    friend bool operator==(const PrependAsPath&, const PrependAsPath&) = default;
};
struct SetPriority {  // LOCAL_PREF = 2147483647 - value
    std::uint32_t value = 0;
    friend bool operator==(const SetPriority&, const SetPriority&) = default;
};
struct SetMed {
    std::uint32_t value = 0;
    friend bool operator==(const SetMed&, const SetMed&) = default;
};
struct SetLocalPref {
    std::uint32_t value = 0;
    friend bool operator==(const SetLocalPref&, const SetLocalPref&) = default;
};
using FilterOperation =
    std::variant<AddCommunity, DeleteCommunity, PrependAsPath, SetPriority, SetMed, SetLocalPref>;

struct FilterRule {
    std::optional<PrefixMatch> prefix;
    bool from_bgp_peers = false;        // source RemotePeers
    std::string interface;              // shell wildcard; empty: any
    std::optional<bool> internal_peer;  // peerType: iBGP true
    std::optional<Community> community;
    std::vector<Asn> as_path_prefix;
    std::optional<std::uint32_t> priority;
    bool accept = false;
    std::vector<FilterOperation> operations;
    std::string filter;        // whose rule it is
    std::uint32_t number = 0;  // in the filter, from 1
    friend bool operator==(const FilterRule&, const FilterRule&) = default;
};
using FilterChain = std::vector<FilterRule>;

struct FilterFacts {
    const Prefix& prefix;
    const PathAttributes& attributes;
    bool from_bgp_peer = false;
    bool internal_session = false;
    std::string_view interface;  // through which the route leaves; empty for a blackhole
    std::uint32_t priority = 0;  // as in ExportFacts
};

// The rule that decides; null: none says anything of this route.
const FilterRule* deciding_rule(const FilterChain& chain, const FilterFacts& facts);

void apply_operations(const std::vector<FilterOperation>& operations, PathAttributes& attributes);

}  // namespace dunlin::bgp
