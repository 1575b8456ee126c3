#include "bgp/speaker/export_group.h"

#include <algorithm>

#include "bgp/wire/messages.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kBatch = 8192;  // prefixes looked at together, so that buckets fill
constexpr std::size_t kMostOctets = 4 * kChunkTarget;
constexpr std::size_t kKnown = 1024;  // power of two
constexpr PathId kOnlyPath{1};        // with add-path: we send one path a prefix
constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};

void append(const IpAddress& address, std::vector<std::uint8_t>& out) {
    const Bytes octets = address.bytes();
    out.insert(out.end(), octets.begin(), octets.end());
}

// What is kept of a prefix that was sent: the next hop (4, 16 or 32 octets, after their number), then the
// attributes as they are on the wire.
struct Sent {
    NextHop next_hop;
    Bytes attributes;
};
Sent parse(Bytes octets) {
    const std::size_t size = octets.front();
    Sent out;
    out.next_hop.address = *IpAddress::from_bytes(octets.subspan(1, size == 4 ? 4 : 16));
    if (size == 32) out.next_hop.link_local = IpAddress::from_bytes(octets.subspan(17, 16));
    out.attributes = octets.subspan(1 + size);
    return out;
}

}  // namespace

ExportGroup::ExportGroup(GroupTerms terms, Rib& rib, OctetStore& octets,
                         const std::vector<RouteSource>& sources, ExportScratch& scratch)
    : terms_(std::move(terms)), rib_(rib), octets_(octets), sources_(sources), scratch_(scratch) {
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried) of(family).adj.start_walk(false);
    }
}

ExportGroup::~ExportGroup() {
    for (const Family family : kFamilies) {
        rib_.with_table(family, [&](auto& table) {
            of(family).adj.clear(table, [this](OctetStore::Id id) { octets_.release(id); });
        });
    }
}

void ExportGroup::change(GroupTerms terms) {
    terms_ = std::move(terms);
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried) of(family).adj.start_walk(false);
    }
}

void ExportGroup::mark(Family family, NetId id) {
    if (!terms_.of(family).carried) return;
    rib_.with_table(family, [&](auto& table) { of(family).adj.mark(id, table); });
}

// RFC 7313 4: no BoRR before our End-of-RIB; what was not sent by then is sent anyway.
void ExportGroup::send_again(Family family) {
    if (!terms_.of(family).carried) return;
    State& state = of(family);
    state.adj.start_walk(true);
    if (terms_.enhanced_refresh && state.end_of_rib_sent) state.begin_refresh = state.end_refresh = true;
}

bool ExportGroup::has_output() const {
    return std::any_of(std::begin(kFamilies), std::end(kFamilies), [this](Family family) {
        const State& state = of(family);
        return terms_.of(family).carried &&
               (!state.adj.idle() || !state.end_of_rib_sent || state.begin_refresh || state.end_refresh);
    });
}

Chunk ExportGroup::pull() {
    scratch_.known.assign(kKnown, {});
    auto out = std::make_shared<std::vector<std::uint8_t>>();
    for (const Family family : kFamilies) {
        if (!terms_.of(family).carried) continue;
        State& state = of(family);
        if (std::exchange(state.begin_refresh, false)) {
            const auto bytes = encode_route_refresh({unicast(family), 1});
            out->insert(out->end(), bytes.begin(), bytes.end());
        }
        while (!state.adj.idle() && out->size() < kChunkTarget) {
            rib_.with_table(family, [&](auto& table) { fill(table, *out); });
        }
        if (state.adj.idle()) write_marks(family, *out);
    }
    forget_known();
    if (out->empty()) return nullptr;
    return out;
}

void ExportGroup::write_marks(Family family, std::vector<std::uint8_t>& out) {
    State& state = of(family);
    if (!std::exchange(state.end_of_rib_sent, true)) encode_end_of_rib(family, out);
    if (std::exchange(state.end_refresh, false)) {
        const auto bytes = encode_route_refresh({unicast(family), 2});
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
}

template <class Table>
void ExportGroup::fill(Table& table, std::vector<std::uint8_t>& out) {
    scratch_.batch.clear();
    of(Table::kFamilyOf).adj.take(kBatch, scratch_.batch, table);
    scratch_.items.clear();
    scratch_.withdrawn.clear();
    sort_out(table, scratch_.batch);
    write_items(table, out);
    encode_withdrawals(scratch_.withdrawn, terms_.of(Table::kFamilyOf).pack, out);
}

// What changed, as items; what is no longer sent, as prefixes to withdraw.
template <class Table>
void ExportGroup::sort_out(Table& table, const std::vector<NetId>& ids) {
    AdjRibOut& adj = of(Table::kFamilyOf).adj;
    const bool forced = adj.forced();
    for (const NetId id : ids) {
        const OctetStore::Id now = evaluate(table, id);
        const OctetStore::Id before = adj.sent(id);
        if (now != 0 && (now != before || forced)) {
            octets_.add_references(now, 1);
            scratch_.items.push_back({now, id});
        } else if (now == before) {
            adj.finish(id, now, table);
        } else {
            scratch_.withdrawn.push_back({table.net(id).prefix(), kOnlyPath});
            finish(table, id, 0);
        }
    }
}

// Neighbours in the queue are mostly neighbours in a bucket too, so that the sort has little to do.
template <class Table>
void ExportGroup::write_items(Table& table, std::vector<std::uint8_t>& out) {
    using Item = ExportScratch::Item;
    const auto less = [](const Item& a, const Item& b) { return a.octets < b.octets; };
    if (!std::is_sorted(scratch_.items.begin(), scratch_.items.end(), less)) {
        std::stable_sort(scratch_.items.begin(), scratch_.items.end(), less);
    }
    std::size_t at = 0;
    while (at < scratch_.items.size() && out.size() < kMostOctets) {
        std::size_t end = at + 1;
        while (end < scratch_.items.size() && scratch_.items[end].octets == scratch_.items[at].octets) ++end;
        const std::size_t written = write_bucket(table, at, end, out);
        for (std::size_t i = at; i < at + written; ++i)
            finish(table, scratch_.items[i].net, scratch_.items[i].octets);
        for (std::size_t i = at + written; i < end; ++i) {  // RFC 8654 4: too large for a message
            if (of(Table::kFamilyOf).adj.sent(scratch_.items[i].net) != 0) {
                scratch_.withdrawn.push_back({table.net(scratch_.items[i].net).prefix(), kOnlyPath});
            }
            finish(table, scratch_.items[i].net, 0);
            octets_.release(scratch_.items[i].octets);
        }
        at = end;
    }
    for (; at < scratch_.items.size(); ++at) {
        of(Table::kFamilyOf).adj.put_back(scratch_.items[at].net);
        octets_.release(scratch_.items[at].octets);
    }
}

template <class Table>
std::size_t ExportGroup::write_bucket(Table& table, std::size_t from, std::size_t to,
                                      std::vector<std::uint8_t>& out) {
    scratch_.nlri.clear();
    for (std::size_t i = from; i < to; ++i)
        scratch_.nlri.push_back({table.net(scratch_.items[i].net).prefix(), kOnlyPath});
    const Sent sent = parse(octets_[scratch_.items[from].octets]);
    const PackContext& pack = terms_.of(Table::kFamilyOf).pack;
    std::span<const Nlri> rest(scratch_.nlri);
    while (!rest.empty()) {
        const std::size_t count = encode_announcement(rest, sent.attributes, sent.next_hop, pack, out);
        if (count == 0) break;
        rest = rest.subspan(count);
    }
    return scratch_.nlri.size() - rest.size();
}

template <class Table>
void ExportGroup::finish(Table& table, NetId id, OctetStore::Id now) {
    const OctetStore::Id before = of(Table::kFamilyOf).adj.finish(id, now, table);
    if (before != 0) octets_.release(before);
}

template <class Table>
OctetStore::Id ExportGroup::evaluate(const Table& table, NetId id) {
    const PathIndex best = table.best(id);
    if (best == 0) return 0;
    const Path& path = table.path(best);
    if (sources_[path.source].peer == terms_.target.peer && !is_local(path.source)) return 0;
    const ExportTerms& terms = terms_.of(Table::kFamilyOf);
    if (terms.policy.accept_all && terms.policy.communities.empty()) {
        return known_octets(Table::kFamilyOf, path, {});
    }
    const Resolution& way = rib_.resolution(path);
    const Prefix prefix = table.net(id).prefix();
    const ExportVerdict verdict = dunlin::bgp::evaluate(
        terms.policy,
        {prefix, terms_.target.session == SessionType::internal, way.interface, priority_of(path)});
    if (!verdict.accept) return 0;
    return known_octets(Table::kFamilyOf, path, verdict.added);
}

std::uint32_t ExportGroup::priority_of(const Path& path) const {
    if (const LocalRoute* local = rib_.local(path)) {
        return local->priority.value_or(terms_.default_priority);
    }
    return priority_of_local_pref(rib_.store().summary(path.attributes).local_pref);
}

OctetStore::Id ExportGroup::known_octets(Family family, const Path& path,
                                         const std::vector<const PrefixCommunities*>& added) {
    // Both families share a set of attributes only where next hop and own address do not tell them apart.
    ExportScratch::Known& known =
        scratch_.known[(path.attributes * 2 + static_cast<std::size_t>(family)) % kKnown];
    const bool cacheable = added.empty();
    if (cacheable && known.attributes == path.attributes && known.source == path.source) return known.octets;
    if (known.octets != 0) octets_.release(known.octets);
    known = ExportScratch::Known();
    known.octets = make_octets(family, path, added);
    if (cacheable) {
        known.attributes = path.attributes;
        known.source = path.source;
    }
    return known.octets;
}

// 0: not to be advertised. Else with one more reference.
OctetStore::Id ExportGroup::make_octets(Family family, const Path& path,
                                        const std::vector<const PrefixCommunities*>& added) {
    PathAttributes attributes = rib_.store().attributes(path.attributes);
    if (const LocalRoute* local = rib_.local(path); local != nullptr && local->gateway) {
        attributes.next_hop = *local->gateway;
    }
    const RouteSource& source = sources_[path.source];
    if (may_advertise(attributes, source, terms_.target) != ExportRefusal::none) return 0;
    PathAttributes out = outgoing(attributes, source, priority_of(path), terms_.of(family).context);
    if (terms_.of(family).context.send_communities) add_communities(added, out);
    std::vector<std::uint8_t>& octets = scratch_.octets;
    octets.clear();
    const bool link_local = out.link_local_next_hop && !out.next_hop.is_v4();
    octets.push_back(out.next_hop.is_v4() ? 4 : link_local ? 32 : 16);
    append(out.next_hop, octets);
    if (link_local) append(*out.link_local_next_hop, octets);
    encode_attributes(out, terms_.encode, octets);
    return octets_.intern(octets);
}

void ExportGroup::forget_known() {
    for (const ExportScratch::Known& known : scratch_.known) {
        if (known.octets != 0) octets_.release(known.octets);
    }
    scratch_.known.clear();
}

}  // namespace dunlin::bgp
