// What routes do, stored once: a million routes have few different sets of next hops. A set is known by a
// number, is counted, and goes with its last route. 0 is "no route".
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "netlink/route.h"

namespace dunlin::netlink {

struct Forwarding {
    RouteKind kind = RouteKind::unspecified;
    std::vector<NextHop> next_hops;  // normalised

    friend bool operator==(const Forwarding&, const Forwarding&) = default;
};

// Does what the kernel has do what was asked for? A wanted next hop that names no interface is content with
// any.
bool satisfies(const Forwarding& actual, const Forwarding& wanted);

class ForwardingStore {
public:
    using Id = std::uint32_t;
    static constexpr Id kNone = 0;

    // One reference more for what is returned.
    Id intern(Forwarding forwarding);
    Id retain(Id id) { return ++sets_[id].references, id; }
    void release(Id id);  // kNone is allowed
    const Forwarding& operator[](Id id) const { return *sets_[id].value; }
    std::size_t size() const { return ids_.size(); }

private:
    struct Hash {
        std::size_t operator()(const Forwarding& forwarding) const;
    };
    struct Set {
        const Forwarding* value = nullptr;  // the key in ids_, which does not move
        std::uint32_t references = 0;
    };

    std::unordered_map<Forwarding, Id, Hash> ids_;
    std::vector<Set> sets_{1};
    std::vector<Id> free_;
};

}  // namespace dunlin::netlink
