// Which blocks of which pools this node should claim, and which it should give back. Pure: making the
// BlockAffinity (whose name is made from its cidr, so that the second of two claims fails) is the caller's
// business.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/cluster.h"

namespace dunlin::agent {

// "10-244-1-0-26" of 10.244.1.0/26; "fd00-10--0-122" of fd00:10::/122: the name of the BlockAffinity.
std::string block_name(const Prefix& block);

struct Claim {
    std::string pool;
    std::vector<Prefix>
        candidates;  // to be tried in this order; free as far as is known; at most kMaxCandidates
    friend bool operator==(const Claim&, const Claim&) = default;
};
inline constexpr std::size_t kMaxCandidates = 64;

struct Claims {
    std::vector<Claim> wanted;          // one a missing block
    std::vector<std::string> releases;  // names of this node's claims whose pool is gone
    std::vector<Problem> problems;      // pool without a free block; block outside its pool
    friend bool operator==(const Claims&, const Claims&) = default;
};

// `attempt` is a number that the caller raises when all candidates were taken by others.
Claims wanted_claims(const Cluster& cluster, const std::string& node, std::uint32_t attempt = 0);

}  // namespace dunlin::agent
