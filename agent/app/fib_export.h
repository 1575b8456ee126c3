// From the speaker's changes to wanted kernel routes: the kernel policy (what may enter, through which
// tunnel) and the key under which a route stands. Remembers which metric a prefix has, since that is part of
// the key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "agent/desired/desired.h"
#include "bgp/speaker.h"
#include "netlink/route.h"

namespace dunlin::agent {

// The index of a device; 0: there is none of that name.
using DeviceIndex = std::function<unsigned(const std::string&)>;

// The tunnel through which the policy wants a route to leave; empty: none.
std::string tunnel_of(const KernelPolicy& policy, const Prefix& prefix, const bgp::FibRoute& route);
// Which rule kept a route out, in words; nothing: it may enter.
std::optional<std::string> kernel_rejects(const KernelPolicy& policy, const Prefix& prefix,
                                          const bgp::FibRoute& route, const DeviceIndex& device);

struct KernelEdit {
    std::optional<netlink::RouteKey> remove;
    std::optional<netlink::KernelRoute> set;
};

class FibExport {
public:
    explicit FibExport(std::uint32_t table) : table_(table) {}

    // What a change of the speaker means for the kernel under `policy`.
    KernelEdit apply(const bgp::FibChange& change, const KernelPolicy& policy, const DeviceIndex& device);
    std::size_t accepted() const { return accepted_; }

private:
    std::uint32_t table_;
    std::size_t accepted_ = 0;
    std::unordered_map<Prefix, std::uint32_t> metrics_;  // of the routes that we asked the kernel to have
};

}  // namespace dunlin::agent
