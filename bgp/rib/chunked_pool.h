// Elements with a dense number that starts with 1. They never move, so growing copies nothing; numbers that
// were freed are used again, the last first.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <vector>

namespace dunlin::bgp {

template <class T, unsigned kLog = 12>
class ChunkedPool {
public:
    T& operator[](std::uint32_t id) { return chunks_[id >> kLog][id & kMask]; }
    const T& operator[](std::uint32_t id) const { return chunks_[id >> kLog][id & kMask]; }

    std::uint32_t allocate() {
        ++used_;
        if (!free_.empty()) {
            const std::uint32_t id = free_.back();
            free_.pop_back();
            return id;
        }
        const std::uint32_t id = end_++;
        if (id >> kLog == chunks_.size()) chunks_.push_back(std::make_unique<T[]>(std::size_t{1} << kLog));
        return id;
    }
    // The element is made anew. When the last one is gone so is the memory.
    void free(std::uint32_t id) {
        assert(id != 0 && id < end_);
        (*this)[id] = T();
        if (--used_ == 0) {
            chunks_.clear();
            std::vector<std::uint32_t>().swap(free_);
            end_ = 1;
            chunks_.push_back(std::make_unique<T[]>(std::size_t{1} << kLog));
            return;
        }
        free_.push_back(id);
    }

    std::uint32_t used() const { return used_; }
    std::uint32_t end() const { return end_; }  // every number in use is below
    std::size_t bytes() const {
        return (chunks_.size() << kLog) * sizeof(T) + free_.capacity() * sizeof(std::uint32_t);
    }

private:
    static constexpr std::uint32_t kMask = (1U << kLog) - 1;

    std::vector<std::unique_ptr<T[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::uint32_t end_ = 1;
    std::uint32_t used_ = 0;
};

}  // namespace dunlin::bgp
