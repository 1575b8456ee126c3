// The routes that the protocols direct1, kernel1 and static1 bring into the tables: from the kernel's links,
// addresses and alien routes, and from the wanted static routes. Pure functions; whoever calls them compares
// and announces.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/desired/desired.h"
#include "bgp/rib/local_route.h"
#include "netlink/route.h"

namespace dunlin::agent {

using LocalRoutes = std::map<Prefix, bgp::LocalRoute>;
using Links = std::map<unsigned, netlink::Link>;

// Whether an interface takes part: shell wildcards, first match wins, a leading "-" excludes, no match is no.
bool interface_matches(const std::vector<std::string>& patterns, const std::string& name);

// Subnets of interfaces that are administratively up. One without a carrier keeps its route, as in the kernel
// and in BIRD (a docker0 without containers), but nothing is resolved through it.
LocalRoutes direct_routes(const Links& links, const std::set<netlink::LinkAddress>& addresses,
                          const std::vector<std::string>& patterns);

// What a metric of 0 says about a learned route's priority. With Calico's objects it is the highest there is,
// so such a route escapes the aggregation into its block; with ours it says nothing: routes of workloads,
// which most plugins write without a metric, stay inside.
enum class ZeroMetric : std::uint8_t { is_no_priority, is_highest_priority };

// An alien route of the kernel as kernel1 imports it; nothing for kinds that say nothing about where to send.
std::optional<bgp::LocalRoute> learned_route(const netlink::KernelRoute& route, const Links& links,
                                             ZeroMetric zero);

// Static routes whose time has come: a blackhole that the kernel has (or that is not ours to install), and
// routes to a neighbour. `installed` tells of a blackhole; null: the kernel is not asked.
using IsInstalled = std::function<bool(const Prefix&)>;
LocalRoutes static_routes(const Desired& desired, Family family, const IsInstalled& installed);

// The node's blackholes (of blocks, and of Services that no range keeps out of the kernel) and reachableBy
// routes as the kernel is to have them.
std::vector<netlink::KernelRoute> kernel_statics(const Desired& desired);

// The machine's own global addresses, in a fixed order.
std::vector<InterfaceAddress> machine_addresses(const Links& links,
                                                const std::set<netlink::LinkAddress>& addresses);

}  // namespace dunlin::agent
