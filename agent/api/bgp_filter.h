// BGPFilter: four lists of rules, checked. What a rule does to a route is not known here.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/api/problem.h"
#include "bgp/base/prefix.h"
#include "bgp/base/result.h"
#include "bgp/base/strong.h"
#include "bgp/wire/attributes.h"

namespace dunlin::agent {

enum class MatchOperator : std::uint8_t { equal, not_equal, in, not_in };
struct PrefixMatch {
    MatchOperator op = MatchOperator::in;
    Prefix prefix;
    std::optional<std::uint8_t> min_length, max_length;  // as written
    friend bool operator==(const PrefixMatch&, const PrefixMatch&) = default;
};
using Community = std::variant<std::uint32_t, bgp::LargeCommunity>;
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
struct SetPriority {
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
    friend bool operator==(const FilterRule&, const FilterRule&) = default;
};

struct BgpFilter {
    ObjectMeta meta;
    std::vector<FilterRule> import_v4, import_v6, export_v4, export_v6;
    friend bool operator==(const BgpFilter&, const BgpFilter&) = default;
};

Result<BgpFilter, Problems> parse_bgp_filter(const nlohmann::json& object);

}  // namespace dunlin::agent
