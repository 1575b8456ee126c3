// Runs of octets, each kept once and counted: attributes as they were sent. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "bgp/base/bytes.h"
#include "bgp/rib/chunked_pool.h"
#include "bgp/rib/fingerprint.h"
#include "bgp/rib/id_index.h"

namespace dunlin::bgp {

class OctetStore {
public:
    using Id = std::uint32_t;  // 0: none

    explicit OctetStore(std::uint64_t seed) : seed_(seed) {}

    Id intern(Bytes octets) {  // with one more reference
        const auto hash = static_cast<std::uint32_t>(SipHash(seed_, 1)(octets).low);
        const Id found = index_.find(hash, [&](Id id) {
            const Bytes known = (*this)[id];
            return std::equal(known.begin(), known.end(), octets.begin(), octets.end());
        });
        if (found != 0) {
            ++runs_[found].references;
            return found;
        }
        const Id id = runs_.allocate();
        Run& run = runs_[id];
        run.references = 1;
        run.hash = hash;
        run.size = static_cast<std::uint32_t>(octets.size());
        run.octets = std::make_unique<std::uint8_t[]>(octets.size());
        std::memcpy(run.octets.get(), octets.data(), octets.size());
        total_ += octets.size();
        index_.insert(hash, id, [this](Id other) { return runs_[other].hash; });
        return id;
    }
    void add_references(Id id, std::uint32_t count) { runs_[id].references += count; }
    void release(Id id) {
        Run& run = runs_[id];
        assert(run.references > 0);
        if (--run.references > 0) return;
        total_ -= run.size;
        index_.erase(run.hash, id);
        runs_.free(id);
    }

    Bytes operator[](Id id) const { return {runs_[id].octets.get(), runs_[id].size}; }
    std::uint32_t size() const { return runs_.used(); }
    std::size_t bytes() const { return total_ + runs_.bytes() + index_.bytes(); }

private:
    struct Run {
        std::uint32_t references = 0;
        std::uint32_t hash = 0;
        std::uint32_t size = 0;
        std::unique_ptr<std::uint8_t[]> octets;
    };
    std::uint64_t seed_;
    ChunkedPool<Run, 8> runs_;
    IdIndex index_;
    std::size_t total_ = 0;
};

}  // namespace dunlin::bgp
