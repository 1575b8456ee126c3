#include "netlink/forwarding.h"

#include <cassert>

namespace dunlin::netlink {
namespace {

bool satisfies(const NextHop& actual, const NextHop& wanted) {
    return actual.gateway == wanted.gateway && actual.weight == wanted.weight &&
           actual.onlink == wanted.onlink &&
           (wanted.interface_index == 0 || actual.interface_index == wanted.interface_index);
}

}  // namespace

bool satisfies(const Forwarding& actual, const Forwarding& wanted) {
    return actual.kind == wanted.kind &&
           std::equal(actual.next_hops.begin(), actual.next_hops.end(), wanted.next_hops.begin(),
                      wanted.next_hops.end(),
                      [](const NextHop& a, const NextHop& w) { return satisfies(a, w); });
}

std::size_t ForwardingStore::Hash::operator()(const Forwarding& forwarding) const {
    std::size_t hash = static_cast<std::size_t>(forwarding.kind);
    const auto mix = [&hash](std::size_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL; };
    for (const NextHop& hop : forwarding.next_hops) {
        mix(hop.gateway ? std::hash<IpAddress>()(*hop.gateway) : 1);
        mix(hop.interface_index);
        mix(hop.weight * 2 + (hop.onlink ? 1 : 0));
    }
    return hash;
}

ForwardingStore::Id ForwardingStore::intern(Forwarding forwarding) {
    const auto [at, fresh] = ids_.try_emplace(std::move(forwarding), kNone);
    if (fresh) {
        if (free_.empty()) {
            at->second = static_cast<Id>(sets_.size());
            sets_.emplace_back();
        } else {
            at->second = free_.back();
            free_.pop_back();
        }
        sets_[at->second].value = &at->first;
    }
    ++sets_[at->second].references;
    return at->second;
}

void ForwardingStore::release(Id id) {
    if (id == kNone) return;
    Set& set = sets_[id];
    assert(set.references > 0);
    if (--set.references > 0) return;
    ids_.erase(ids_.find(*set.value));
    set.value = nullptr;
    free_.push_back(id);
}

}  // namespace dunlin::netlink
