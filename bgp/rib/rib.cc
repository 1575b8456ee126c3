#include "bgp/rib/rib.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

constexpr std::size_t kBatch = 32;  // prefixes whose memory is asked for ahead

// Takes the prefixes in batches: first the index of all, then the prefix itself, then its first path.
template <class Table, class Each>
void in_batches(const Table& table, std::span<const Nlri> nlri, Each each) {
    using Key = typename Table::Key;
    std::array<Key, kBatch> keys;
    std::array<std::uint32_t, kBatch> hashes;
    while (!nlri.empty()) {
        const std::size_t count = std::min(nlri.size(), kBatch);
        for (std::size_t i = 0; i < count; ++i) {
            keys[i] = Key::from(nlri[i].prefix);
            hashes[i] = table.hash(keys[i]);
            table.prefetch_slot(hashes[i]);
        }
        for (std::size_t i = 0; i < count; ++i) table.prefetch_net(hashes[i]);
        for (std::size_t i = 0; i < count; ++i) table.prefetch_path(hashes[i]);
        for (std::size_t i = 0; i < count; ++i) each(keys[i], hashes[i], nlri[i].path_id.value());
        nlri = nlri.subspan(count);
    }
}

}  // namespace

Rib::Rib(std::uint64_t seed, RibObserver& observer)
    : observer_(observer), store_(seed), next_hops_(*this), ipv4_(seed), ipv6_(seed) {
    sources_.resize(1 + kLocalProtocols);
    for (Source& each : sources_) each.used = true;
}

SourceId Rib::add_source(const SourceFacts& facts) {
    auto free = std::find_if(sources_.begin(), sources_.end(), [](const Source& s) { return !s.used; });
    if (free == sources_.end()) {
        assert(sources_.size() < 0xffff);
        free = sources_.emplace(sources_.end());
    }
    *free = Source();
    free->facts = facts;
    free->used = true;
    return static_cast<SourceId>(free - sources_.begin());
}

void Rib::remove_source(SourceId source) {
    assert(!is_local(source));
    Source& gone = sources_[source];
    for (Source::PerFamily& each : gone.families) {
        sweeps_ -= std::exchange(each.sweeping, false) ? 1 : 0;
        sweeps_ -= std::exchange(each.demoting, false) ? 1 : 0;
    }
    if (gone.all_paths() == 0) {
        gone = Source();
        return;
    }
    gone.dead = true;
    ++sweeps_;
    walk_again_ = walk_ != 0;
}

AttributesId Rib::intern(const PathAttributes& attributes, const std::string& interface) {
    // RFC 2545 3: both say the same neighbour. The link-local one needs to know its link, and only a session
    // that is bound to an interface does.
    const bool link_local = attributes.link_local_next_hop && !interface.empty();
    const IpAddress& address = link_local ? *attributes.link_local_next_hop : attributes.next_hop;
    const NextHopId next_hop = next_hops_.intern(address, interface);
    const AttributesId id = store_.intern(attributes, next_hop);
    if (store_.references(id) > 1) next_hops_.release(next_hop);  // the set that was there has one
    return id;
}

void Rib::release(AttributesId id) {
    NextHopId next_hop = 0;
    if (store_.release(id, next_hop)) next_hops_.release(next_hop);
}

std::size_t Rib::announce(std::span<const Nlri> nlri, const Incoming& route) {
    if (nlri.empty()) return 0;
    return with_table(nlri.front().prefix.family(), [&](auto& t) { return announce_to(t, nlri, route); });
}

void Rib::withdraw(std::span<const Nlri> nlri, SourceId source) {
    while (!nlri.empty()) {  // of both families: in runs
        const Family family = nlri.front().prefix.family();
        const auto end = std::find_if(nlri.begin(), nlri.end(),
                                      [&](const Nlri& each) { return each.prefix.family() != family; });
        const auto count = static_cast<std::size_t>(end - nlri.begin());
        with_table(family, [&](auto& t) { withdraw_from(t, nlri.first(count), source); });
        nlri = nlri.subspan(count);
    }
}

template <class Table>
std::size_t Rib::announce_to(Table& table, std::span<const Nlri> nlri, const Incoming& route) {
    std::size_t refused = 0;
    in_batches(table, nlri, [&](const auto& key, std::uint32_t hash, std::uint32_t path_id) {
        const Source& source = sources_[route.source];
        const bool full = source.limit != 0 && source.of(Table::kFamilyOf).paths >= source.limit;
        if ((full || path_id != 0) && refuses(table, table.find(key, hash), path_id, route.source, full)) {
            ++refused;
            return;
        }
        insert(table, table.find_or_add(key, hash), path_id, route);
    });
    return refused;
}

// A path that is new to a source which has its share: of the table, or of this prefix.
template <class Table>
bool Rib::refuses(const Table& table, NetId known, std::uint32_t path_id, SourceId source, bool full) const {
    if (known == 0) return full;
    if (table.find_path(known, source, path_id) != 0) return false;
    return full || table.paths_of(known, source) >= kMostPathsOfSource;
}

template <class Table>
bool Rib::insert(Table& table, NetId id, std::uint32_t path_id, const Incoming& route) {
    const auto before = best_of(table, id);
    Source::PerFamily& source = sources_[route.source].of(Table::kFamilyOf);
    const PathIndex known = table.find_path(id, route.source, path_id);
    if (known != 0) {
        Path& path = table.path(known);
        path.generation = source.generation;
        if (path.attributes == route.attributes && path.preference == route.preference) return false;
        store_.add_reference(route.attributes);
        release(std::exchange(path.attributes, route.attributes));
        path.preference = route.preference;
        path.since = route.now_s;
    } else {
        Path path;
        path.attributes = route.attributes;
        path.since = route.now_s;
        path.path_id = path_id;
        path.source = route.source;
        path.preference = route.preference;
        path.generation = source.generation;
        store_.add_reference(route.attributes);
        table.add_path(id, path);
        ++source.paths;
    }
    decide_again(table, id, before);
    return true;
}

template <class Table>
void Rib::withdraw_from(Table& table, std::span<const Nlri> nlri, SourceId source) {
    in_batches(table, nlri, [&](const auto& key, std::uint32_t hash, std::uint32_t path_id) {
        const NetId id = table.find(key, hash);
        if (id == 0) return;
        if (const PathIndex index = table.find_path(id, source, path_id)) remove(table, id, index);
    });
}

template <class Table>
void Rib::remove(Table& table, NetId id, PathIndex index) {
    const auto before = best_of(table, id);
    const Path gone = table.path(index);
    table.remove_path(id, index);
    --sources_[gone.source].of(Table::kFamilyOf).paths;
    decide_again(table, id, before, true);
    // Last, so that a number that is compared with `before` was not used again.
    release(gone.attributes);
    table.remove_if_unused(id);
}

template <class Table>
std::pair<PathIndex, AttributesId> Rib::best_of(const Table& table, NetId id) const {
    const PathIndex best = table.best(id);
    return {best, best == 0 ? 0 : table.path(best).attributes};
}

template <class Table>
void Rib::decide_again(Table& table, NetId id, std::pair<PathIndex, AttributesId> best_before, bool removed) {
    const PathIndex first = table.net(id).first;
    bool several = false;
    if (first == 0) {
        table.set_usable(id, false);
    } else if (table.path(first).next == 0) {
        table.set_usable(id, resolution(table.path(first)).reachable);
    } else {
        several = true;
        scratch_.clear();
        collect(table, id, scratch_);
        decide(scratch_);
        table.make_first(id, scratch_.front().path);
        table.set_usable(id, scratch_.front().resolvable);
    }
    const bool best_changed = best_of(table, id) != best_before;
    // One that went from behind the best counts, too: as a next hop of equal cost, or where all are told.
    if (best_changed || several || removed) observer_.changed(Table::kFamilyOf, id, best_changed);
}

Candidate Rib::candidate(const Path& path, PathIndex index) const {
    const AttributeSummary& summary = store_.summary(path.attributes);
    const Resolution& resolved = next_hops_.resolution(summary.next_hop);
    const SourceFacts& from = sources_[path.source].facts;
    Candidate out;
    out.path = index;
    out.resolvable = resolved.reachable;
    out.llgr_stale = summary.llgr_stale;
    out.ebgp = from.ebgp;
    out.origin = summary.origin;
    out.preference = path.preference;
    out.as_path_length = summary.as_path_length;
    out.cluster_list_length = summary.cluster_list_length;
    out.local_pref = summary.local_pref;
    out.neighbour_as = summary.neighbour_as;
    out.med = summary.med;
    out.igp_metric = resolved.metric;
    out.router_id = summary.originator_id != 0 ? summary.originator_id : from.router_id;
    out.path_id = path.path_id;
    out.peer_address = from.address;
    return out;
}

template <class Table>
void Rib::collect(const Table& table, NetId id, std::vector<Candidate>& out) const {
    for (PathIndex at = table.net(id).first; at != 0; at = table.path(at).next) {
        out.push_back(candidate(table.path(at), at));
    }
}

// Used in other files too.
template void Rib::collect(const Table<Family::ipv4>&, NetId, std::vector<Candidate>&) const;
template void Rib::collect(const Table<Family::ipv6>&, NetId, std::vector<Candidate>&) const;
template std::pair<PathIndex, AttributesId> Rib::best_of(const Table<Family::ipv4>&, NetId) const;
template std::pair<PathIndex, AttributesId> Rib::best_of(const Table<Family::ipv6>&, NetId) const;
template void Rib::remove(Table<Family::ipv4>&, NetId, PathIndex);
template void Rib::remove(Table<Family::ipv6>&, NetId, PathIndex);
template void Rib::decide_again(Table<Family::ipv4>&, NetId, std::pair<PathIndex, AttributesId>, bool);
template void Rib::decide_again(Table<Family::ipv6>&, NetId, std::pair<PathIndex, AttributesId>, bool);

}  // namespace dunlin::bgp
