// Next hops, each kept once and counted: where packets to it go, and at what cost. Those of BGP are resolved
// through direct and kernel routes, again and again until there is an interface (RFC 4271 5.1.3, 9.1.2.1);
// those of local routes know it, or have a gateway to resolve. After a change of local routes all are
// resolved anew; who uses one that became different is looked for by the owner of the table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bgp/rib/attribute_store.h"
#include "bgp/rib/chunked_pool.h"
#include "bgp/rib/local_route.h"

namespace dunlin::bgp {

struct Resolution {
    bool reachable = false;
    bool blackhole = false;
    std::optional<IpAddress> gateway;  // nothing: on the link
    std::uint32_t interface_index = 0;
    std::uint32_t metric = 0;  // of the route that it was resolved through
    std::string interface;
    friend bool operator==(const Resolution&, const Resolution&) = default;
};

class NextHopTable {
public:
    // The local route with the longest prefix that holds the address; nullptr: none.
    class Routes {
    public:
        virtual const LocalRoute* find(const IpAddress& address) const = 0;

    protected:
        ~Routes() = default;
    };

    explicit NextHopTable(const Routes& routes) : routes_(routes) {}

    // Each with one more reference. `interface`: the link of a link-local address.
    NextHopId intern(const IpAddress& address, const std::string& interface);
    NextHopId intern(const LocalRoute& route);
    void add_reference(NextHopId id) { ++entries_[id].references; }
    void release(NextHopId id);

    const Resolution& resolution(NextHopId id) const { return entries_[id].resolution; }
    bool reachable(NextHopId id) const { return entries_[id].resolution.reachable; }
    const LocalRoute* local(NextHopId id) const;  // nullptr: a next hop of BGP

    // After local routes were changed. True: some are different now, which changed() says of each.
    bool resolve_all();
    bool changed(NextHopId id) const { return entries_[id].changed; }
    void clear_changed();

    std::uint32_t size() const { return entries_.used(); }

private:
    struct Entry {
        std::uint32_t references = 0;
        bool changed = false;
        bool is_local = false;
        IpAddress address;
        std::string interface;
        LocalRoute local;
        Resolution resolution;
    };
    static std::size_t hash_of(const Entry& entry);
    NextHopId intern(Entry&& entry);
    Resolution resolve(const Entry& entry) const;
    Resolution resolve(const IpAddress& address, unsigned depth) const;
    Resolution through(const LocalRoute& route, const IpAddress& address, unsigned depth) const;

    const Routes& routes_;
    ChunkedPool<Entry, 6> entries_;
    std::unordered_multimap<std::size_t, NextHopId> by_hash_;
};

}  // namespace dunlin::bgp
