#include "bgp/rib/next_hop.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

constexpr unsigned kMostSteps = 8;  // a gateway that is reached through a gateway, and so on

std::size_t combine(std::size_t seed, std::size_t value) {
    return (seed ^ value) * 0x9e3779b97f4a7c15 + (seed >> 7);
}

}  // namespace

std::size_t NextHopTable::hash_of(const Entry& entry) {
    const std::hash<std::string> text;
    std::size_t out = combine(std::hash<IpAddress>()(entry.address), text(entry.interface));
    if (!entry.is_local) return out;
    const LocalRoute& route = entry.local;
    out = combine(out, text(route.interface) ^ route.interface_index);
    out = combine(out, std::size_t{route.metric} << 10 | std::size_t{route.preference} << 2 |
                           static_cast<std::size_t>(route.blackhole) << 1 |
                           static_cast<std::size_t>(route.link_down));
    return combine(out, route.gateway ? std::hash<IpAddress>()(*route.gateway) : 1);
}

NextHopId NextHopTable::intern(const IpAddress& address, const std::string& interface) {
    Entry entry;
    entry.address = address;
    if (address.is_link_local() && !address.is_v4()) entry.interface = interface;
    return intern(std::move(entry));
}

NextHopId NextHopTable::intern(const LocalRoute& route) {
    Entry entry;
    entry.is_local = true;
    entry.local = route;
    return intern(std::move(entry));
}

NextHopId NextHopTable::intern(Entry&& entry) {
    const std::size_t hash = hash_of(entry);
    const auto [begin, end] = by_hash_.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
        Entry& known = entries_[at->second];
        if (known.is_local != entry.is_local || known.address != entry.address ||
            known.interface != entry.interface || known.local != entry.local) {
            continue;
        }
        ++known.references;
        return at->second;
    }
    const NextHopId id = entries_.allocate();
    entry.references = 1;
    entry.resolution = resolve(entry);
    entries_[id] = std::move(entry);
    by_hash_.emplace(hash, id);
    return id;
}

void NextHopTable::release(NextHopId id) {
    Entry& entry = entries_[id];
    assert(entry.references > 0);
    if (--entry.references > 0) return;
    const auto [begin, end] = by_hash_.equal_range(hash_of(entry));
    by_hash_.erase(std::find_if(begin, end, [&](const auto& each) { return each.second == id; }));
    entries_.free(id);
}

const LocalRoute* NextHopTable::local(NextHopId id) const {
    return entries_[id].is_local ? &entries_[id].local : nullptr;
}

bool NextHopTable::resolve_all() {
    bool any = false;
    for (NextHopId id = 1; id < entries_.end(); ++id) {
        Entry& entry = entries_[id];
        if (entry.references == 0) continue;
        Resolution now = resolve(entry);
        if (now == entry.resolution) continue;
        entry.resolution = std::move(now);
        entry.changed = any = true;
    }
    return any;
}

void NextHopTable::clear_changed() {
    for (NextHopId id = 1; id < entries_.end(); ++id) entries_[id].changed = false;
}

Resolution NextHopTable::resolve(const Entry& entry) const {
    if (entry.is_local) return through(entry.local, IpAddress(), 0);
    if (!entry.interface.empty()) {
        Resolution out;
        out.reachable = true;
        out.gateway = entry.address;
        out.interface = entry.interface;
        return out;
    }
    return resolve(entry.address, 0);
}

Resolution NextHopTable::resolve(const IpAddress& address, unsigned depth) const {
    if (depth == kMostSteps) return {};
    const LocalRoute* route = routes_.find(address);
    if (route == nullptr || route->blackhole || route->link_down) return {};
    Resolution out = through(*route, address, depth);
    if (!route->gateway) out.gateway = address;  // it is on the link
    return out;
}

// Where a packet goes that takes this route; `address` is what is looked for.
Resolution NextHopTable::through(const LocalRoute& route, const IpAddress& address, unsigned depth) const {
    Resolution out;
    if (route.blackhole) {
        out.reachable = out.blackhole = true;
        return out;
    }
    const bool has_interface = route.interface_index != 0 || !route.interface.empty();
    if (has_interface) {
        out.reachable = true;
        out.gateway = route.gateway;
        out.interface = route.interface;
        out.interface_index = route.interface_index;
    } else if (route.gateway && *route.gateway != address) {
        out = resolve(*route.gateway, depth + 1);
    }
    out.metric = route.metric;
    return out;
}

}  // namespace dunlin::bgp
