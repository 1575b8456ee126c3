// What a person reads: the tables of birdc (BIRD 2) out of the agent's view, and the same as JSON. Pure.
// Times are UTC. Columns grow with what stands in them, since our names are longer than BIRD's ten letters.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/show/command.h"
#include "agent/show/view.h"

namespace dunlin::agent {

std::string show_status(const NodeView& view);
// Empty if there is no protocol of that name.
std::string show_protocols(const NodeView& view, const std::optional<std::string>& name = {},
                           bool all = false);
std::string show_neighbors(const NodeView& view);

// The routes that a request asks for: the prefix, or the longest that holds the address (in each table that
// is meant), and of their paths those of the protocol. `exported` is not looked at: whoever knows the
// Adj-RIB-Out gives those routes.
std::vector<RouteView> select_routes(std::vector<RouteView> routes, const ShowRoute& request);
// Only `all` and `count` of the request are looked at.
std::string show_routes(const std::vector<RouteView>& routes, WallTime now, const ShowRoute& request = {});
// Lines of one path as with `show route all`: "BGP.origin: IGP", …
std::vector<std::string> attribute_lines(const bgp::PathAttributes& attributes);
std::string origin_text(const bgp::PathAttributes& attributes);  // "AS64512i", "?"
std::string community_text(std::uint32_t community);             // "(64512,100)"
std::string extended_community_text(std::uint64_t community);    // "(rt, 64512, 100)"
std::string large_community_text(const bgp::LargeCommunity& community);

nlohmann::json to_json(const NodeView& view);
nlohmann::json to_json(const Problem& problem);
nlohmann::json to_json(const SessionView& session);
nlohmann::json to_json(const ProtocolView& protocol);
nlohmann::json to_json(const std::vector<RouteView>& routes);

}  // namespace dunlin::agent
