// Two plans of a node side by side: which sessions start, stop and change, what each change costs, and which
// prefixes of our own come and go. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/desired/desired.h"
#include "bgp/session/impact.h"

namespace dunlin::agent {

struct SessionChange {
    std::string name, neighbor;  // "Node_10_0_0_1", "10.0.0.1 AS 64512"
    bgp::Impact cost = bgp::Impact::none;
    std::vector<bgp::FieldImpact> fields;
};
struct PrefixChange {
    Prefix prefix;
    StaticPurpose purpose = StaticPurpose::block;
    bool comes = false;  // else it goes
};
struct PlanDiff {
    std::string node;
    // A session that is held down does not run: it starts when it no longer is.
    std::vector<SessionChange> starts, stops, changes;
    std::vector<PrefixChange> prefixes;
    std::vector<std::string> node_changes;  // "ipv4 kernel policy": all live
    std::vector<Problem> new_problems, solved_problems;

    bool empty() const;
};

PlanDiff plan_diff(const Desired& before, const Desired& after);

// A line a change; nothing is "no change".
std::string diff_text(const std::vector<PlanDiff>& nodes);
nlohmann::json to_json(const PlanDiff& diff);

}  // namespace dunlin::agent
