// Whether a route may leave to a neighbour, by prefix, interface and priority: the steps of ExportPolicy, top
// to bottom. What BGP itself forbids (split horizon, NO_EXPORT) is in propagate.h. RFC 8212: nothing matched
// is a reject.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bgp/policy/peer_policy.h"

namespace dunlin::bgp {

// The step that decided, for "why is this not announced".
enum class ExportStep : std::uint8_t {
    accept_all,            // accept
    reject_pool,           // in a pool that is not exported
    internal_interface,    // reject, iBGP only
    interface,             // reject
    block,                 // accept: one of our blocks, exactly
    block_escape,          // accept: inside a block, but of a priority before the normal one
    inside_block,          // reject: the block stands for it
    service,               // accept
    service_as_reflector,  // accept
    pool,                  // accept
    nothing_matched,       // reject
};
std::string_view name(ExportStep step);

struct ExportFacts {
    const Prefix& prefix;
    bool internal_session = false;
    std::string_view interface;     // through which it leaves; empty for a blackhole
    std::uint32_t priority = 1024;  // the kernel's metric, or 2147483647 - LOCAL_PREF; less is better
};

struct ExportVerdict {
    bool accept = false;
    ExportStep step = ExportStep::nothing_matched;
    std::vector<const PrefixCommunities*> added;  // entries of the policy; only with accept
};

ExportVerdict evaluate(const ExportPolicy& policy, const ExportFacts& facts);

// Appends the communities of the entries; what is there already is not added again.
void add_communities(const std::vector<const PrefixCommunities*>& added, PathAttributes& attributes);

// Shell wildcards: * is any run of characters, ? any one.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace dunlin::bgp
