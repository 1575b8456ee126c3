// The plan of a node as data, in the form calico-plan/1: what desired_state came to, protocol by protocol and
// family by family, for people, for tests and for comparing two clusters. Keys beyond that form: held_down of
// a session that must not run, problems of objects.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/cluster.h"
#include "agent/desired/desired.h"

namespace dunlin::agent {

// `cluster`: of which `desired` was made.
nlohmann::json plan_json(const Cluster& cluster, const Desired& desired);

}  // namespace dunlin::agent
