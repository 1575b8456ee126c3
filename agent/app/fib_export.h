// From the speaker's changes to wanted kernel routes: the kernel policy (what may enter, through which
// tunnel) and the key under which a route stands. Remembers which metric a prefix has, since that is part of
// the key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

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

class FibExport {
public:
    explicit FibExport(std::uint32_t table) : table_(table) {}

    // What a change of the speaker means for the kernel under `policy`.
    KernelEdit apply(const bgp::FibChange& change, const KernelPolicy& policy, const Tunnels& tunnels);
    std::size_t accepted() const { return accepted_; }

private:
    std::uint32_t table_;
    std::size_t accepted_ = 0;
    std::unordered_map<Prefix, std::uint32_t> metrics_;  // of the routes that we asked the kernel to have
};

}  // namespace dunlin::agent
