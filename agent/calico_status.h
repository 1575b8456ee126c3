// The status of a CalicoNodeStatus object out of our view, as Calico's own reporter fills it: which of the
// classes Agent, BGP and Routes the user asked for. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/show/view.h"

namespace dunlin::agent {

// More routes than this of a family are left out: an object of the API server has 1.5 MB at most.
inline constexpr std::size_t kMaxStatusRoutes = 4000;

// `classes`: spec.classes. `routes`: the tables of both families; read only with the class Routes.
nlohmann::json calico_node_status(const NodeView& view, const std::vector<std::string>& classes,
                                  const std::vector<RouteView>& routes);

}  // namespace dunlin::agent
