// Any object that the agent reads, by its kind.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <variant>

#include "agent/api/bgp_configuration.h"
#include "agent/api/bgp_filter.h"
#include "agent/api/bgp_peer.h"
#include "agent/api/block_affinity.h"
#include "agent/api/ip_pool.h"
#include "agent/api/node.h"
#include "agent/api/secret.h"
#include "agent/api/service.h"

namespace dunlin::agent {

using AnyObject = std::variant<BgpPeer, BgpConfiguration, BgpFilter, IpPool, BlockAffinity, Node, Secret,
                               Service, EndpointSlice>;

bool is_known_kind(std::string_view kind);
// A kind that is not known is a problem, too. Never throws.
Result<AnyObject, Problems> parse_object(std::string_view kind, const nlohmann::json& object);

}  // namespace dunlin::agent
