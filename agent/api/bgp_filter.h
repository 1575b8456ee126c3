// BGPFilter: four lists of rules, checked. What a rule does to a route stands in bgp/policy/filter.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "agent/api/problem.h"
#include "bgp/base/result.h"
#include "bgp/policy/filter.h"

namespace dunlin::agent {

using bgp::AddCommunity;
using bgp::Community;
using bgp::CommunityPattern;
using bgp::DeleteCommunity;
using bgp::FilterOperation;
using bgp::FilterRule;
using bgp::MatchOperator;
using bgp::PrefixMatch;
using bgp::PrependAsPath;
using bgp::SetLocalPref;
using bgp::SetMed;
using bgp::SetPriority;

struct BgpFilter {
    ObjectMeta meta;
    std::vector<FilterRule> import_v4, import_v6, export_v4, export_v6;
    friend bool operator==(const BgpFilter&, const BgpFilter&) = default;
};

Result<BgpFilter, Problems> parse_bgp_filter(const nlohmann::json& object);

}  // namespace dunlin::agent
