#include "bgp/speaker/export_group.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

constexpr std::size_t kBatch = 8192;     // prefixes looked at together, so that buckets fill
constexpr std::size_t kManyBatch = 512;  // with add-path: each may have many paths
constexpr std::size_t kAhead = 16;       // prefixes whose memory is asked for before it is their turn
constexpr std::size_t kMostOctets = 4 * kChunkTarget;
constexpr std::size_t kMostWaiting = 64;  // batches that a member may be behind the others
constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};

bool same(const ExportTerms& a, const ExportTerms& b) {
    if (!a.carried || !b.carried) return a.carried == b.carried;
    const OutgoingContext &x = a.context, &y = b.context;
    return a.extended_next_hop == b.extended_next_hop && x.session == y.session && x.local_as == y.local_as &&
           x.own_address == y.own_address && x.own_link_local == y.own_link_local &&
           x.next_hop == y.next_hop && x.cluster_id == y.cluster_id &&
           x.send_communities == y.send_communities &&
           x.local_pref_from_priority == y.local_pref_from_priority && x.role == y.role &&
           x.draining == y.draining && a.pack == b.pack && a.filter == b.filter && a.policy == b.policy;
}

void add_cut(std::vector<ExportBatch::Cut>& cuts, const ExportBatch::Cut& cut) {
    if (!cuts.empty() && cuts.back().end == cut.begin && cuts.back().not_for == cut.not_for) {
        cuts.back().end = cut.end;
    } else {
        cuts.push_back(cut);
    }
}

}  // namespace

bool same(const GroupTerms& a, const GroupTerms& b) {
    return a.target.session == b.target.session && a.target.client == b.target.client &&
           a.target.role == b.target.role && a.target.long_lived == b.target.long_lived &&
           a.encode == b.encode && a.default_priority == b.default_priority &&
           a.enhanced_refresh == b.enhanced_refresh && same(a.families[0], b.families[0]) &&
           same(a.families[1], b.families[1]);
}

ExportGroup::ExportGroup(GroupTerms terms, Rib& rib, OctetStore& octets,
                         const std::vector<RouteSource>& sources, ExportScratch& scratch)
    : terms_(std::move(terms)), rib_(rib), octets_(octets), sources_(sources), scratch_(scratch) {
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried) of(family).adj.start_walk();
    }
}

ExportGroup::~ExportGroup() {
    for (const Family family : kFamilies) {
        rib_.with_table(family, [&](auto& table) {
            of(family).adj.clear(table, [&](OctetStore::Id sent) { release_sent(family, sent); });
        });
    }
}

std::unique_ptr<ExportGroup> ExportGroup::split() {
    auto out = std::make_unique<ExportGroup>(terms_, rib_, octets_, sources_, scratch_);
    for (const Family family : kFamilies) {
        rib_.with_table(family, [&](auto& table) {
            of(family).adj.copy_to(out->of(family).adj, table,
                                   [&](OctetStore::Id sent) { hold_sent(family, sent); });
        });
        out->of(family).from_peer = of(family).from_peer;
        out->of(family).from_originator = of(family).from_originator;
    }
    out->told_ = false;  // whoever moves there may be at rest, and then nobody pulls
    return out;
}

void ExportGroup::move(ExportMember& member, ExportGroup& to) {
    members_.erase(std::find(members_.begin(), members_.end(), &member));
    to.add(member);
}

// What came from the only member was of no use so far.
bool ExportGroup::add(ExportMember& member) {
    members_.push_back(&member);
    if (members_.size() != 2) return false;
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried) of(family).adj.start_walk();
    }
    return true;
}

bool ExportGroup::join(ExportMember& member) {
    const bool again = add(member);
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried && of(family).adj.announced() > 0) member.of(family).walk = 1;
    }
    return again;
}

void ExportGroup::leave(ExportMember& member) {
    members_.erase(std::find(members_.begin(), members_.end(), &member));
    member.queue.clear();
}

ExportMember* ExportGroup::slow_member() {
    if (members_.size() < 2 || !may_be_slow_) return nullptr;
    const auto slow = std::find_if(members_.begin(), members_.end(), [](const ExportMember* each) {
        return each->queue.size() > kMostWaiting;
    });
    may_be_slow_ = slow != members_.end();
    return may_be_slow_ ? *slow : nullptr;
}

void ExportGroup::change(GroupTerms terms) {
    terms_ = std::move(terms);
    for (const Family family : kFamilies) {
        if (terms_.of(family).carried) of(family).adj.start_walk();
    }
    told_ = false;
}

bool ExportGroup::mark(Family family, NetId id) {
    if (!terms_.of(family).carried) return false;
    rib_.with_table(family, [&](auto& table) { of(family).adj.mark(id, table); });
    return !std::exchange(told_, true);
}

bool ExportGroup::idle() const {
    return std::all_of(std::begin(kFamilies), std::end(kFamilies),
                       [this](Family family) { return !terms_.of(family).carried || of(family).adj.idle(); });
}

// Makes one batch for all members. False: there is nothing to send.
bool ExportGroup::pull() {
    std::shared_ptr<ExportBatch> batch;
    scratch_.known.clear();
    for (const Family family : kFamilies) {
        while (batch == nullptr && terms_.of(family).carried && !of(family).adj.idle()) {
            batch = rib_.with_table(family, [&](auto& table) { return fill(table); });
        }
    }
    forget_known();
    if (idle()) told_ = false;
    if (batch == nullptr) return false;
    for (ExportMember* each : members_) each->queue.push_back(batch);
    may_be_slow_ = true;
    return true;
}

template <class Table>
std::shared_ptr<ExportBatch> ExportGroup::fill(Table& table) {
    const bool all_paths = many(Table::kFamilyOf);
    scratch_.nets.clear();
    of(Table::kFamilyOf).adj.take(all_paths ? kManyBatch : kBatch, scratch_.nets, table);
    scratch_.items.clear();
    scratch_.withdrawn.clear();
    scratch_.withdrawn_from_some.clear();
    auto batch = std::make_shared<ExportBatch>();
    batch->family = Table::kFamilyOf;
    if (all_paths) {
        sort_out_paths(table, *batch);
    } else {
        sort_out(table, *batch);
    }
    auto out = std::make_shared<std::vector<std::uint8_t>>();
    write_items(table, *out, *batch);
    write_withdrawals(Table::kFamilyOf, *out, *batch);
    if (out->empty()) return nullptr;
    batch->all = std::move(out);
    return batch;
}

// What changed, as items; what is no longer sent, as prefixes to withdraw.
template <class Table>
void ExportGroup::sort_out(Table& table, ExportBatch& batch) {
    AdjRibOut& adj = of(Table::kFamilyOf).adj;
    const std::vector<NetId>& nets = scratch_.nets;
    for (std::size_t i = 0; i < nets.size(); ++i) {
        if (i + kAhead < nets.size()) table.prefetch_removal(nets[i + kAhead]);
        const NetId id = nets[i];
        const OctetStore::Id now = evaluate_best(table, id);
        const OctetStore::Id before = adj.sent(id);
        if (now == before) {
            adj.finish(id, now, table);
        } else if (now == 0) {
            withdraw(parse_not_for(octets_[before]), {table.net(id).prefix(), kOnlyPath});
            finish(table, id, 0);
        } else {
            octets_.add_references(now, 1);
            scratch_.items.push_back({now, id, kOnlyPath});
            if (before != 0) withdraw_from_excluded({table.net(id).prefix(), kOnlyPath}, before, now, batch);
        }
    }
}

// A member that has what was sent before and may not have what is sent now.
void ExportGroup::withdraw_from_excluded(const Nlri& nlri, OctetStore::Id before, OctetStore::Id now,
                                         ExportBatch& batch) {
    const NotFor not_for = parse_not_for(octets_[now]), was_not_for = parse_not_for(octets_[before]);
    if (not_for == was_not_for || !concerns_member(not_for)) return;
    for (const ExportMember* each : members_) {
        if (!each->excluded(not_for) || each->excluded(was_not_for)) continue;
        batch.withdrawals.push_back({each->peer, nlri});
    }
}

// Neighbours in the queue are mostly neighbours in a bucket too, so that the sort has little to do.
template <class Table>
void ExportGroup::write_items(Table& table, std::vector<std::uint8_t>& out, ExportBatch& batch) {
    using Item = ExportScratch::Item;
    std::vector<Item>& items = scratch_.items;
    const auto less = [](const Item& a, const Item& b) { return a.octets < b.octets; };
    if (!std::is_sorted(items.begin(), items.end(), less)) std::stable_sort(items.begin(), items.end(), less);
    const bool all_paths = many(Table::kFamilyOf);  // then the prefixes are finished, and all is written
    std::size_t at = 0;
    while (at < items.size() && (all_paths || out.size() < kMostOctets)) {
        std::size_t end = at + 1;
        while (end < items.size() && items[end].octets == items[at].octets) ++end;
        const NotFor not_for = parse_not_for(octets_[items[at].octets]);
        const std::size_t begin = out.size();
        const std::size_t written = write_bucket(table, at, end, out);
        if (concerns_member(not_for)) add_cut(batch.cuts, {begin, out.size(), not_for});
        if (all_paths) {
            for (std::size_t i = at; i < end; ++i) octets_.release(items[i].octets);
            at = end;
            continue;
        }
        for (std::size_t i = at; i < at + written; ++i) finish(table, items[i].net, items[i].octets);
        for (std::size_t i = at + written; i < end; ++i) {  // RFC 8654 4: too large for a message
            const OctetStore::Id before = of(Table::kFamilyOf).adj.sent(items[i].net);
            if (before != 0) {
                withdraw(parse_not_for(octets_[before]), {table.net(items[i].net).prefix(), kOnlyPath});
            }
            finish(table, items[i].net, 0);
            octets_.release(items[i].octets);
        }
        at = end;
    }
    for (; at < items.size(); ++at) {
        of(Table::kFamilyOf).adj.put_back(items[at].net);
        octets_.release(items[at].octets);
    }
}

void ExportGroup::withdraw(const NotFor& was_not_for, const Nlri& nlri) {
    if (concerns_member(was_not_for)) {
        scratch_.withdrawn_from_some.push_back({was_not_for, nlri});
    } else {
        scratch_.withdrawn.push_back(nlri);
    }
}

// What a member never had is not withdrawn from it.
void ExportGroup::write_withdrawals(Family family, std::vector<std::uint8_t>& out, ExportBatch& batch) {
    const PackContext& pack = terms_.of(family).pack;
    encode_withdrawals(scratch_.withdrawn, pack, out);
    auto& some = scratch_.withdrawn_from_some;
    const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
    if (!std::is_sorted(some.begin(), some.end(), less)) std::stable_sort(some.begin(), some.end(), less);
    for (std::size_t at = 0; at < some.size();) {
        const NotFor not_for = some[at].first;
        scratch_.nlri.clear();
        for (; at < some.size() && some[at].first == not_for; ++at) scratch_.nlri.push_back(some[at].second);
        const std::size_t begin = out.size();
        encode_withdrawals(scratch_.nlri, pack, out);
        add_cut(batch.cuts, {begin, out.size(), not_for});
    }
}

template <class Table>
std::size_t ExportGroup::write_bucket(const Table& table, std::size_t from, std::size_t to,
                                      std::vector<std::uint8_t>& out) {
    std::vector<Nlri>& nlri = scratch_.nlri;
    nlri.clear();
    for (std::size_t i = from; i < to; ++i) {
        nlri.push_back({table.net(scratch_.items[i].net).prefix(), scratch_.items[i].path});
    }
    const SentOctets sent = parse_sent(octets_[scratch_.items[from].octets]);
    const PackContext& pack = terms_.of(Table::kFamilyOf).pack;
    std::span<const Nlri> rest(nlri);
    while (!rest.empty()) {
        const std::size_t count = encode_announcement(rest, sent.attributes, sent.next_hop, pack, out);
        if (count == 0) break;
        rest = rest.subspan(count);
    }
    return nlri.size() - rest.size();
}
template std::size_t ExportGroup::write_bucket(const Table<Family::ipv4>&, std::size_t, std::size_t,
                                               std::vector<std::uint8_t>&);
template std::size_t ExportGroup::write_bucket(const Table<Family::ipv6>&, std::size_t, std::size_t,
                                               std::vector<std::uint8_t>&);

template <class Table>
void ExportGroup::finish(Table& table, NetId id, OctetStore::Id now) {
    count(Table::kFamilyOf, now, true);
    const OctetStore::Id before = of(Table::kFamilyOf).adj.finish(id, now, table);
    count(Table::kFamilyOf, before, false);
    if (before != 0) release_sent(Table::kFamilyOf, before);
}

void ExportGroup::count(Family family, OctetStore::Id octets, bool add) {
    if (octets == 0) return;
    const NotFor not_for = not_for_of(family, octets);
    if (not_for.peer == 0) return;
    State& state = of(family);
    if (not_for.peer >= state.from_peer.size()) state.from_peer.resize(not_for.peer + std::size_t{1});
    const std::uint32_t one = add ? 1 : ~std::uint32_t{0};
    state.from_peer[not_for.peer] += one;
    if (not_for.router_id == 0) return;
    std::uint32_t& from_originator = state.from_originator[not_for.router_id];
    from_originator += one;
    if (from_originator == 0) state.from_originator.erase(not_for.router_id);
}

bool ExportGroup::concerns_member(const NotFor& not_for) const {
    return not_for.peer != 0 && std::any_of(members_.begin(), members_.end(), [&](const ExportMember* each) {
               return each->excluded(not_for);
           });
}

std::uint32_t ExportGroup::exported(const ExportMember& member, Family family) const {
    const State& state = of(family);
    std::uint32_t out = state.adj.announced();
    if (member.peer < state.from_peer.size()) out -= state.from_peer[member.peer];
    const auto originator = state.from_originator.find(member.router_id);
    if (originator != state.from_originator.end()) out -= originator->second;
    return out;
}

bool ExportGroup::sent(const ExportMember& member, Family family, NetId id) const {
    bool out = false;
    for_each_sent(family, of(family).adj.sent(id), [&](const SentPath& path) {
        out = out || !member.excluded(parse_not_for(octets_[path.octets]));
    });
    return out;
}

}  // namespace dunlin::bgp
