// Which kinds the agent reads, and where they live in each API group.
#pragma once

#include <string>
#include <vector>

#include "agent/api/node.h"
#include "k8s/object.h"

namespace dunlin::agent {

// The routing objects of the group, the nodes, and the Secrets of `secret_namespace`.
std::vector<k8s::Resource> watched_resources(ApiGroup group, const std::string& secret_namespace);
// Services and what is behind them: many, and read only where their addresses are announced.
std::vector<k8s::Resource> service_resources();
// Calico's own reports, which users make for a node.
k8s::Resource calico_node_statuses(ApiGroup group);
k8s::Resource resource_of(ApiGroup group, const std::string& kind);

}  // namespace dunlin::agent
