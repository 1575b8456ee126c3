// Prefixes that something has to be done about: a queue without doubles, by the number of the prefix.
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/rib/table.h"

namespace dunlin::bgp {

class Pending {
public:
    bool contains(NetId id) const { return id / 64 < bits_.size() && (bits_[id / 64] >> (id % 64) & 1) != 0; }
    bool empty() const { return head_ == queue_.size(); }
    std::size_t size() const { return queue_.size() - head_; }

    bool add(NetId id) {  // false: it was there
        if (id / 64 >= bits_.size()) bits_.resize(id / 64 + 1 + bits_.size() / 2);
        std::uint64_t& word = bits_[id / 64];
        const std::uint64_t bit = std::uint64_t{1} << (id % 64);
        if ((word & bit) != 0) return false;
        word |= bit;
        queue_.push_back(id);
        return true;
    }
    // Appends at most `most` to `out`, the oldest first.
    void take(std::size_t most, std::vector<NetId>& out) {
        const std::size_t count = most < size() ? most : size();
        for (std::size_t i = 0; i < count; ++i) {
            const NetId id = queue_[head_ + i];
            bits_[id / 64] &= ~(std::uint64_t{1} << (id % 64));
            out.push_back(id);
        }
        head_ += count;
        if (empty()) {
            if (queue_.capacity() > kKept) std::vector<NetId>().swap(queue_);
            queue_.clear();
            head_ = 0;
        } else if (head_ > kKept && head_ * 2 > queue_.size()) {
            queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

private:
    static constexpr std::size_t kKept = 4096;

    std::vector<std::uint64_t> bits_;
    std::vector<NetId> queue_;
    std::size_t head_ = 0;
};

}  // namespace dunlin::bgp
