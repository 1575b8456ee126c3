// Local routes, and the long work of the tables in slices.
#include <algorithm>

#include "bgp/rib/rib.h"

namespace dunlin::bgp {

void Rib::announce(LocalProtocol protocol, const Prefix& prefix, const LocalRoute& route,
                   std::uint32_t now_s) {
    const NextHopId next_hop = next_hops_.intern(route);
    const AttributesId attributes = store_.intern_local(next_hop);
    if (store_.references(attributes) > 1) next_hops_.release(next_hop);
    const Nlri nlri{prefix, PathId(0)};
    announce(std::span(&nlri, 1), Incoming{source_of(protocol), attributes, route.preference, now_s});
    release(attributes);
    resolve_ = true;
}

void Rib::withdraw(LocalProtocol protocol, const Prefix& prefix) {
    const Nlri nlri{prefix, PathId(0)};
    withdraw(std::span(&nlri, 1), source_of(protocol));
    resolve_ = true;
}

// Of several local routes of one prefix the one of the highest preference counts.
const LocalRoute* Rib::find(const IpAddress& address) const {
    return with_table(address.family(), [&](const auto& table) -> const LocalRoute* {
        const LocalRoute* found = nullptr;
        table.longest_match(address, [&](NetId id) {
            std::uint8_t preference = 0;
            for (PathIndex at = table.net(id).first; at != 0; at = table.path(at).next) {
                const Path& path = table.path(at);
                if (!is_local(path.source) || (found != nullptr && path.preference <= preference)) continue;
                found = local(path);
                preference = path.preference;
            }
            return found != nullptr;
        });
        return found;
    });
}

void Rib::begin_refresh(SourceId source, Family family) {
    Source::PerFamily& its = sources_[source].of(family);
    ++its.generation;
}

void Rib::end_refresh(SourceId source, Family family) {
    Source::PerFamily& its = sources_[source].of(family);
    its.kept = its.generation;
    if (!std::exchange(its.sweeping, true)) ++sweeps_;
    walk_again_ = walk_ != 0;
}

void Rib::begin_long_lived(SourceId source, Family family) {
    if (!std::exchange(sources_[source].of(family).demoting, true)) ++sweeps_;
    walk_again_ = walk_ != 0;
}

bool Rib::demotes(const Path& path, Family family) const {
    return sources_[path.source].of(family).demoting && stale(path, family) &&
           !store_.summary(path.attributes).llgr_stale;
}

template <class Table>
void Rib::demote(Table& table, NetId id, PathIndex index) {
    const auto before = best_of(table, id);
    Path& path = table.path(index);
    PathAttributes attributes = store_.attributes(path.attributes);
    const NextHopId next_hop = store_.summary(path.attributes).next_hop;
    attributes.communities.push_back(kLlgrStale);
    next_hops_.add_reference(next_hop);
    const AttributesId fresh = store_.intern(attributes, next_hop);
    if (store_.references(fresh) > 1) next_hops_.release(next_hop);
    const AttributesId old = std::exchange(path.attributes, fresh);
    decide_again(table, id, before);
    release(old);
}

bool Rib::leaves(const Path& path, Family family) const {
    const Source& source = sources_[path.source];
    const Source::PerFamily& its = source.of(family);
    if (source.dead) return true;
    if (its.sweeping && path.generation != its.kept && path.generation != its.generation) return true;
    return its.demoting && stale(path, family) && store_.summary(path.attributes).no_llgr;
}

// A path of a source that is gone leaves; a next hop that changed makes the prefix be decided again.
template <class Table>
void Rib::visit(Table& table, NetId id) {
    bool decide = false;
    for (PathIndex at = table.net(id).first; at != 0;) {
        const Path& path = table.path(at);
        const PathIndex next = path.next;
        if (leaves(path, Table::kFamilyOf)) {
            const bool last = next == 0 && table.net(id).first == at;
            remove(table, id, at);
            if (last) return;          // the prefix may be gone
            at = table.net(id).first;  // the order may be another
            continue;
        }
        if (demotes(path, Table::kFamilyOf)) {
            demote(table, id, at);
            at = table.net(id).first;  // the order may be another
            continue;
        }
        if (reevaluating_ && next_hops_.changed(store_.summary(path.attributes).next_hop)) decide = true;
        at = next;
    }
    if (!decide) return;
    // Where packets go may have changed although the path is the same: nothing counts as known.
    decide_again(table, id, {0, 0});
    if (table.best(id) == 0) observer_.changed(Table::kFamilyOf, id, true);
}

template <class Table>
std::size_t Rib::visit_some(Table& table, std::size_t prefixes) {
    std::size_t visited = 0;
    for (; walk_ < table.end() && visited < prefixes; ++walk_, ++visited) {
        if (table.net(walk_).first != 0) visit(table, walk_);
    }
    return visited;
}

bool Rib::run_slice(std::size_t prefixes) {
    if (resolve_) {
        resolve_ = false;
        if (next_hops_.resolve_all()) {
            reevaluating_ = true;
            walk_again_ = walk_ != 0;
        }
    }
    if (!reevaluating_ && sweeps_ == 0) return false;
    if (walk_ == 0) {
        walk_ = 1;
        walk_family_ = Family::ipv4;
    }
    prefixes -= with_table(walk_family_, [&](auto& table) { return visit_some(table, prefixes); });
    if (prefixes == 0) return true;
    if (walk_family_ == Family::ipv4) {
        walk_family_ = Family::ipv6;
        walk_ = 1;
        return true;
    }
    finish_walk();
    return has_work();
}

void Rib::finish_walk() {
    walk_ = 0;
    if (std::exchange(walk_again_, false)) return;  // from the front: not all was known when it began
    if (std::exchange(reevaluating_, false)) next_hops_.clear_changed();
    for (Source& each : sources_) {
        for (Source::PerFamily& its : each.families) {
            sweeps_ -= std::exchange(its.sweeping, false) ? 1 : 0;
            sweeps_ -= std::exchange(its.demoting, false) ? 1 : 0;
        }
        if (!each.dead) continue;
        assert(each.all_paths() == 0);
        each = Source();
        --sweeps_;
    }
}

}  // namespace dunlin::bgp
