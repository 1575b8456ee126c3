// Open addressing from a hash to a dense number that starts with 1: four octets an entry, six bits of which
// are of the hash, so that a wrong entry is seldom looked at. The keys are with the owner of the numbers.
// Linear probing; what is erased in the middle of a run leaves a mark, so that erasing reads no other key.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

namespace dunlin::bgp {

class IdIndex {
public:
    static constexpr std::uint32_t kMaxId = (1U << 26) - 1;

    std::uint32_t size() const { return size_; }
    std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }
    // Inlined by force: GCC 12 takes a function that only prefetches for one without effect.
    [[gnu::always_inline]] void prefetch(std::uint32_t hash) const {
        if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash)]);
    }
    // The first number of that hash that is probably meant: its home slot has the same six bits. 0: none.
    std::uint32_t guess(std::uint32_t hash) const {
        if (slots_.empty()) return 0;
        const std::uint32_t slot = slots_[home(hash)];
        return slot >> 26 == tag(hash) ? slot & kMaxId : 0;
    }

    // 0: none. `equal(id)` compares the keys.
    template <class Equal>
    std::uint32_t find(std::uint32_t hash, Equal equal) const {
        if (slots_.empty()) return 0;
        for (std::size_t at = home(hash);; at = next(at)) {
            const std::uint32_t slot = slots_[at];
            if (slot == 0) return 0;
            if (slot >> 26 == tag(hash) && slot != kMark && equal(slot & kMaxId)) return slot & kMaxId;
        }
    }

    // The key must not be in it. `hash_of(id)` gives the hash of a number that is in it: growing needs it.
    template <class HashOf>
    void insert(std::uint32_t hash, std::uint32_t id, HashOf hash_of) {
        assert(id != 0 && id <= kMaxId);
        if ((size_ + marks_ + 1) * std::size_t{4} > slots_.size() * 3) rebuild(hash_of);
        place(hash, id);
        ++size_;
    }

    void erase(std::uint32_t hash, std::uint32_t id) {
        std::size_t at = home(hash);
        while ((slots_[at] & kMaxId) != id) {
            assert(slots_[at] != 0);
            at = next(at);
        }
        if (--size_ == 0) {
            std::vector<std::uint32_t>().swap(slots_);
            marks_ = 0;
            return;
        }
        slots_[at] = kMark;
        ++marks_;
        if (slots_[next(at)] != 0) return;
        for (; slots_[at] == kMark; at = (at - 1) & mask()) {  // nothing behind it: the run ends here
            slots_[at] = 0;
            --marks_;
        }
    }

private:
    static constexpr std::size_t kSmallest = 16;
    static constexpr std::uint32_t kMark = 63U << 26;  // erased: number 0

    std::size_t mask() const { return slots_.size() - 1; }
    std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
    // The low six bits are the tag, so the place comes from the high ones.
    std::size_t home(std::uint32_t hash) const { return hash >> shift_; }
    static std::uint32_t tag(std::uint32_t hash) { return hash & 63; }

    void place(std::uint32_t hash, std::uint32_t id) {
        std::size_t at = home(hash);
        while ((slots_[at] & kMaxId) != 0) at = next(at);
        if (slots_[at] == kMark) --marks_;
        slots_[at] = tag(hash) << 26 | id;
    }

    // Larger, or only without marks.
    template <class HashOf>
    void rebuild(HashOf hash_of) {
        const std::vector<std::uint32_t> old = std::move(slots_);
        const bool full = size_ * std::size_t{2} >= old.size();
        const std::size_t size = old.empty() ? kSmallest : full ? old.size() * 2 : old.size();
        slots_.assign(size, 0);
        marks_ = 0;
        shift_ = 32 - static_cast<unsigned>(__builtin_ctzll(size));
        for (const std::uint32_t slot : old) {
            if ((slot & kMaxId) != 0) place(hash_of(slot & kMaxId), slot & kMaxId);
        }
    }

    std::vector<std::uint32_t> slots_;
    unsigned shift_ = 32;
    std::uint32_t size_ = 0;
    std::uint32_t marks_ = 0;
};

}  // namespace dunlin::bgp
