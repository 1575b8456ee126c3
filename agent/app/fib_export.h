// From the speaker's changes to wanted kernel routes: the kernel policy (what may enter, through which
// tunnel) and the key under which a route stands, of which the metric is a part.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "agent/desired/desired.h"
#include "bgp/speaker.h"
#include "netlink/route.h"

namespace dunlin::agent {

// The index of each tunnel that the policies name; 0: there is no such device.
using Tunnels = std::map<std::string, unsigned>;

// Which rule kept a route out, in words; nothing: it may enter. `tunnel` is the device that it then leaves
// through; 0: none, it goes by its own next hops.
std::optional<std::string> kernel_rejects(const KernelPolicy& policy, const Prefix& prefix,
                                          const bgp::FibRoute& route, const Tunnels& tunnels,
                                          unsigned& tunnel);

struct KernelEdit {
    std::optional<netlink::RouteKey> remove;
    std::optional<netlink::KernelRoute> set;
};

// What a change of the speaker means for the kernel's `table` under `policy`.
KernelEdit kernel_edit(const bgp::FibChange& change, const KernelPolicy& policy, const Tunnels& tunnels,
                       std::uint32_t table);

}  // namespace dunlin::agent
