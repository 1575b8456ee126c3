// What a change of a neighbour's policy costs; the twin of bgp/session/impact.h. Pure.
#pragma once

#include <vector>

#include "bgp/policy/peer_policy.h"
#include "bgp/session/impact.h"

namespace dunlin::bgp {

Impact impact(const PeerPolicy& from, const PeerPolicy& to);
std::vector<FieldImpact> changed_fields(const PeerPolicy& from, const PeerPolicy& to);
std::vector<FieldImpact> policy_impact_table();

}  // namespace dunlin::bgp
