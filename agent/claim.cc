#include "agent/claim.h"

#include <algorithm>
#include <set>

namespace dunlin::agent {
namespace {

// Blocks are numbered from the start of the pool; of a pool with more than 2^32 only so many are used.
std::uint64_t block_count(const IpPool& pool) {
    const unsigned width = pool.block_size - pool.cidr.length();
    return std::uint64_t{1} << std::min(width, 32u);
}

Prefix block_at(const IpPool& pool, std::uint64_t number) {
    const Bytes base = pool.cidr.address().bytes();
    std::vector<std::uint8_t> octets(base.begin(), base.end());
    // `number` is at most 32 bits wide and ends at bit block_size.
    for (unsigned i = 0; i < 33 && i < pool.block_size; ++i) {
        const unsigned bit = pool.block_size - 1 - i;
        if (number >> i & 1) octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | 0x80u >> bit % 8);
    }
    return *Prefix::from(*IpAddress::from_bytes(octets), pool.block_size);
}

// Where a node begins to look, so that nodes that start together do not all ask for the same block.
std::uint64_t start_of(const std::string& node, const std::string& pool, std::uint32_t attempt) {
    std::uint64_t hash = 14695981039346656037ull + attempt;  // FNV-1a
    for (const char c : node + "/" + pool) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    return hash ^ hash >> 29;
}

bool selects(const IpPool& pool, const Labels& labels) {
    if (pool.disabled || !pool.for_workloads || !pool.automatic) return false;
    return !pool.node_selector || pool.node_selector->matches(labels);
}

bool overlaps(const Prefix& a, const Prefix& b) { return a.contains(b) || b.contains(a); }

class Claimer {
public:
    Claimer(const Cluster& cluster, const std::string& node, std::uint32_t attempt)
        : cluster_(cluster), node_(node), attempt_(attempt) {
        for (const auto& [name, block] : cluster.affinities) {
            if (!block.deleted) taken_.insert(block.cidr);
        }
    }

    void add(const IpPool& pool, Claims& out) {
        odd_.clear();
        for (const auto& other : taken_) {
            if (other.length() != pool.block_size && overlaps(other, pool.cidr)) odd_.push_back(other);
        }
        std::uint32_t held = 0;
        for (const auto& [name, block] : cluster_.affinities) {
            if (block.node == node_ && !block.deleted && pool.cidr.contains(block.cidr)) ++held;
        }
        if (held >= pool.blocks_per_node) return;
        const std::vector<Prefix> free = candidates(pool);
        if (free.empty()) {
            out.problems.push_back({"IPPool", pool.meta.name, "spec.cidr", Reason::exhausted,
                                    pool.cidr.to_string() + " has no free block for node " + node_});
            return;
        }
        for (; held < pool.blocks_per_node; ++held) out.wanted.push_back({pool.meta.name, free});
    }

private:
    bool is_free(const Prefix& block) const {
        // The common case first: blocks of one pool have one size, so equality is all there is to look for.
        return !taken_.contains(block) && std::none_of(odd_.begin(), odd_.end(), [&](const Prefix& other) {
            return overlaps(other, block);
        });
    }

    std::vector<Prefix> candidates(const IpPool& pool) const {
        std::vector<Prefix> out;
        const std::uint64_t count = block_count(pool);
        const std::uint64_t start = start_of(node_, pool.meta.name, attempt_) % count;
        // Every taken block costs one probe at most.
        const std::uint64_t probes = std::min<std::uint64_t>(count, taken_.size() + kMaxCandidates);
        for (std::uint64_t i = 0; i < probes && out.size() < kMaxCandidates; ++i) {
            const Prefix block = block_at(pool, (start + i) % count);
            if (is_free(block)) out.push_back(block);
        }
        return out;
    }

    const Cluster& cluster_;
    const std::string& node_;
    std::uint32_t attempt_;
    std::set<Prefix> taken_;
    std::vector<Prefix> odd_;  // of these, those of another size than the pool's blocks: few or none
};

}  // namespace

std::string block_name(const Prefix& block) {
    std::string out = block.address().to_string() + "-" + std::to_string(block.length());
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c == '.' || c == ':'; }, '-');
    // An object's name begins with a letter or a digit ("::" does not).
    return out.front() == '-' ? "0" + out : out;
}

Claims wanted_claims(const Cluster& cluster, const std::string& node, std::uint32_t attempt) {
    Claims out;
    const auto self = cluster.nodes.find(node);
    const Labels labels = self == cluster.nodes.end() ? Labels() : self->second.labels;
    Claimer claimer(cluster, node, attempt);
    for (const auto& [name, pool] : cluster.pools) {
        if (selects(pool, labels)) claimer.add(pool, out);
    }
    // A pool that is refused at the moment may be mended: its blocks, with addresses in use, are not given
    // back.
    const bool pools_are_known =
        std::none_of(cluster.refused.begin(), cluster.refused.end(),
                     [](const auto& refused) { return refused.first.kind == "IPPool"; });
    if (!pools_are_known) return out;
    for (const auto& [name, block] : cluster.affinities) {
        if (block.node != node || !block.claimed) continue;
        const bool in_a_pool =
            std::any_of(cluster.pools.begin(), cluster.pools.end(),
                        [&cidr = block.cidr](const auto& pool) { return pool.second.cidr.contains(cidr); });
        if (!in_a_pool) out.releases.push_back(name);
    }
    return out;
}

}  // namespace dunlin::agent
