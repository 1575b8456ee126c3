// A flat map from (prefix, priority) to numbered slots: open addressing over 32-bit slot numbers, the values
// in a deque that never moves them. A slot's number stays valid until it is erased, so that it can stand in
// queues.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <vector>

#include "bgp/base/prefix.h"

namespace dunlin::netlink {

// Value has members `prefix` and `priority`.
template <class Value>
class SlotIndex {
public:
    using Slot = std::uint32_t;
    static constexpr Slot kNone = 0xffffffff;

    Slot find(const Prefix& prefix, std::uint32_t priority) const {
        return places_.empty() ? kNone : places_[find_place(prefix, priority)];
    }

    Slot find_or_insert(const Prefix& prefix, std::uint32_t priority) {
        if ((size_ + 1) * 3 > places_.size() * 2) grow();
        Slot& place = places_[find_place(prefix, priority)];
        if (place != kNone) return place;
        const Slot slot = new_slot();
        values_[slot].prefix = prefix;
        values_[slot].priority = priority;
        place = slot;
        ++size_;
        return slot;
    }

    void erase(Slot slot) {
        std::size_t hole = place_of(values_[slot].prefix, values_[slot].priority);
        while (places_[hole] != slot) hole = (hole + 1) & mask();
        close(hole);
        values_[slot] = Value();
        free_.push_back(slot);
        --size_;
    }

    // Whether that is what find() would give; the default key may be found in an erased slot.
    bool holds(Slot slot, const Prefix& prefix, std::uint32_t priority) const {
        return slot < values_.size() && same(slot, prefix, priority);
    }

    Value& operator[](Slot slot) { return values_[slot]; }
    const Value& operator[](Slot slot) const { return values_[slot]; }
    std::size_t size() const { return size_; }
    // Slots are 0 .. slots() - 1; an erased one holds a default Value.
    Slot slots() const { return static_cast<Slot>(values_.size()); }

private:
    static constexpr std::size_t kAhead = 16;  // values whose memory is asked for before they are needed

    std::size_t mask() const { return places_.size() - 1; }
    bool same(Slot slot, const Prefix& prefix, std::uint32_t priority) const {
        return values_[slot].priority == priority && values_[slot].prefix == prefix;
    }
    std::size_t place_of(const Prefix& prefix, std::uint32_t priority) const {
        std::uint64_t hash = std::hash<Prefix>()(prefix) + priority * 0x9e3779b97f4a7c15ULL;
        hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93ULL;
        return static_cast<std::size_t>(hash ^ hash >> 32) & mask();
    }
    // Where it is, or where it would have to be.
    std::size_t find_place(const Prefix& prefix, std::uint32_t priority) const {
        std::size_t at = place_of(prefix, priority);
        while (places_[at] != kNone && !same(places_[at], prefix, priority)) at = (at + 1) & mask();
        return at;
    }
    // Moves those behind the hole up to it that would not be found any more.
    void close(std::size_t hole) {
        for (std::size_t at = (hole + 1) & mask(); places_[at] != kNone; at = (at + 1) & mask()) {
            const Value& value = values_[places_[at]];
            const std::size_t home = place_of(value.prefix, value.priority);
            if (((at - home) & mask()) < ((at - hole) & mask())) continue;
            places_[hole] = places_[at];
            hole = at;
        }
        places_[hole] = kNone;
    }
    void grow() {
        const std::vector<Slot> old = std::move(places_);
        places_.assign(old.empty() ? 64 : old.size() * 2, kNone);
        for (std::size_t i = 0; i < old.size(); ++i) {
            const Slot ahead = i + kAhead < old.size() ? old[i + kAhead] : kNone;
            if (ahead != kNone) __builtin_prefetch(&values_[ahead]);
            if (old[i] == kNone) continue;
            std::size_t at = place_of(values_[old[i]].prefix, values_[old[i]].priority);
            while (places_[at] != kNone) at = (at + 1) & mask();
            places_[at] = old[i];
        }
    }
    Slot new_slot() {
        if (free_.empty()) {
            assert(values_.size() < kNone);
            values_.emplace_back();
            return static_cast<Slot>(values_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        return slot;
    }

    std::vector<Slot> places_;
    std::deque<Value> values_;
    std::vector<Slot> free_;
    std::size_t size_ = 0;
};

}  // namespace dunlin::netlink
