// The status files of a shared directory, read back: what each agent wrote of its node, and what stands in
// the status of an object. Never the input of the reconciler.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace dunlin::agent {

// DIR/status/bgpnodestatus-*.yaml; what cannot be read is left out.
std::vector<nlohmann::json> read_node_statuses(const std::string& directory);
// .status of DIR/status/<kind>-<name>.yaml, or null.
nlohmann::json read_status(const std::string& directory, const std::string& kind, const std::string& name);

}  // namespace dunlin::agent
