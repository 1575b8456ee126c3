#include "bgp/policy/prefix_set.h"

#include <algorithm>

namespace dunlin::bgp {

PrefixSet::PrefixSet(std::vector<Prefix> prefixes) : sorted_(std::move(prefixes)) {
    std::sort(sorted_.begin(), sorted_.end());
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
    for (const Prefix& prefix : sorted_) lengths_.set(prefix.length());
}

bool PrefixSet::contains(const Prefix& prefix) const {
    return lengths_.test(prefix.length()) && std::binary_search(sorted_.begin(), sorted_.end(), prefix);
}

bool PrefixSet::covers(const Prefix& prefix) const {
    if (sorted_.empty()) return false;
    for (unsigned length = 0; length <= prefix.length(); ++length) {
        if (lengths_.test(length) && contains(*Prefix::from(prefix.address(), length))) return true;
    }
    return false;
}

}  // namespace dunlin::bgp
