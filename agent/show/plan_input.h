// From objects as they stand in files to a planned node, without an agent: which API group they are of, which
// Secrets count, and then the same pure function that the agent runs.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster.h"
#include "agent/desired/desired.h"

namespace dunlin::agent {

struct PlanInput {
    std::vector<nlohmann::json> objects;
    std::map<std::string, nlohmann::json> workloads;  // endpoint status by name
    std::optional<ApiGroup> api_group;                // nothing: that of the objects
    Options options;                                  // its api_group does not count
    std::vector<InterfaceAddress> machine_addresses;  // of the machine, where there is one
};

struct PlannedNode {
    Cluster cluster;
    Desired desired;
};

// That of the first routing object; where there is none, Calico's if a Node has annotations of Calico.
ApiGroup api_group_of(const std::vector<nlohmann::json>& objects);
PlannedNode plan_node(const PlanInput& input);

// The names of all Nodes in the input, in order.
std::vector<std::string> node_names(const PlanInput& input);

// The same input as JSON, as a running agent gives it; nothing: that is none.
nlohmann::json to_json(const PlanInput& input);
std::optional<PlanInput> plan_input_from(const nlohmann::json& value);

// The values of Secrets become digests of them: equal ones stay equal, and nobody reads them. A Secret that
// would be refused stays as it is.
void hide_secrets(PlanInput& input);

}  // namespace dunlin::agent
