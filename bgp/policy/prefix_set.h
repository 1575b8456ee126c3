// A set of prefixes that is asked whether one of them holds another: a binary search for each length that is
// there, so that twenty thousand cost little more than twenty.
#pragma once

#include <bitset>
#include <initializer_list>
#include <vector>

#include "bgp/base/prefix.h"

namespace dunlin::bgp {

class PrefixSet {
public:
    PrefixSet() = default;
    PrefixSet(std::initializer_list<Prefix> prefixes) : PrefixSet(std::vector<Prefix>(prefixes)) {}
    explicit PrefixSet(std::vector<Prefix> prefixes);

    bool contains(const Prefix& prefix) const;
    bool covers(const Prefix& prefix) const;  // itself is in, or one that it is inside of
    bool empty() const { return sorted_.empty(); }
    const std::vector<Prefix>& prefixes() const { return sorted_; }
    friend bool operator==(const PrefixSet& a, const PrefixSet& b) { return a.sorted_ == b.sorted_; }

private:
    std::vector<Prefix> sorted_;
    std::bitset<129> lengths_;  // of any family
};

}  // namespace dunlin::bgp
