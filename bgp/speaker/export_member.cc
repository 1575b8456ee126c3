#include "bgp/speaker/export_member.h"

#include <algorithm>

#include "bgp/speaker/export_group.h"
#include "bgp/wire/messages.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kBatch = 8192;
constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};

void append(Bytes octets, std::vector<std::uint8_t>& out) {
    out.insert(out.end(), octets.begin(), octets.end());
}

}  // namespace

// RFC 7313 4: no BoRR before our End-of-RIB; what was not sent by then is sent anyway.
void ExportGroup::send_again(ExportMember& member, Family family) {
    if (!terms_.of(family).carried) return;
    ExportMember::PerFamily& its = member.of(family);
    its.walk = 1;
    if (terms_.enhanced_refresh && its.end_of_rib_sent) its.begin_refresh = its.end_refresh = true;
}

bool ExportGroup::has_output(const ExportMember& member) const {
    if (!member.queue.empty() || !idle()) return true;
    return std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](Family family) {
        const ExportMember::PerFamily& its = member.of(family);
        return terms_.of(family).carried &&
               (its.walk != 0 || !its.end_of_rib_sent || its.begin_refresh || its.end_refresh);
    });
}

Chunk ExportGroup::next(ExportMember& member) {
    for (;;) {
        if (!member.queue.empty()) {
            const std::shared_ptr<const ExportBatch> batch = std::move(member.queue.front());
            member.queue.pop_front();
            if (Chunk chunk = render(*batch, member)) return chunk;
            continue;
        }
        for (const Family family : kFamilies) {
            if (Chunk chunk = catch_up(member, family)) return chunk;
        }
        if (!pull()) return end_marks(member);
    }
}

// What is not for the member is cut out; mostly nothing is, and all share the octets.
Chunk ExportGroup::render(const ExportBatch& batch, const ExportMember& member) const {
    const auto is_cut = [&](const ExportBatch::Cut& cut) { return member.excluded(cut.not_for); };
    const auto is_its = [&](const ExportBatch::Withdrawal& each) { return each.peer == member.peer; };
    if (std::none_of(batch.cuts.begin(), batch.cuts.end(), is_cut) &&
        std::none_of(batch.withdrawals.begin(), batch.withdrawals.end(), is_its)) {
        return batch.all;
    }
    std::vector<std::uint8_t> out;
    const Bytes all(*batch.all);
    std::size_t at = 0;
    for (const ExportBatch::Cut& cut : batch.cuts) {
        if (!is_cut(cut)) continue;
        append(all.subspan(at, cut.begin - at), out);
        at = cut.end;
    }
    append(all.subspan(at), out);
    std::vector<Nlri> withdrawn;
    for (const ExportBatch::Withdrawal& each : batch.withdrawals) {
        if (is_its(each)) withdrawn.push_back(each.nlri);
    }
    encode_withdrawals(withdrawn, terms_.of(batch.family).pack, out);
    if (out.empty()) return nullptr;
    return std::make_shared<const std::vector<std::uint8_t>>(std::move(out));
}

// A part of what the group has sent, for a member that came later or asks for it again.
Chunk ExportGroup::catch_up(ExportMember& member, Family family) {
    ExportMember::PerFamily& its = member.of(family);
    std::vector<std::uint8_t> out;
    if (std::exchange(its.begin_refresh, false)) append(encode_route_refresh({unicast(family), 1}), out);
    while (its.walk != 0 && out.size() < kChunkTarget) {
        rib_.with_table(family, [&](auto& table) { catch_up(table, member, out); });
    }
    if (out.empty()) return nullptr;
    return std::make_shared<const std::vector<std::uint8_t>>(std::move(out));
}

template <class Table>
void ExportGroup::catch_up(const Table& table, ExportMember& member, std::vector<std::uint8_t>& out) {
    using Item = ExportScratch::Item;
    std::vector<Item>& items = scratch_.items;
    items.clear();
    NetId& walk = member.of(Table::kFamilyOf).walk;
    const AdjRibOut& adj = of(Table::kFamilyOf).adj;
    for (; walk < table.end() && items.size() < kBatch; ++walk) {
        for_each_sent(Table::kFamilyOf, adj.sent(walk), [&](const SentPath& path) {
            if (member.excluded(parse_not_for(octets_[path.octets]))) return;
            items.push_back({path.octets, walk, path.id});
        });
    }
    if (walk >= table.end()) walk = 0;
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.octets < b.octets; });
    for (std::size_t at = 0; at < items.size();) {
        std::size_t end = at + 1;
        while (end < items.size() && items[end].octets == items[at].octets) ++end;
        write_bucket(table, at, end, out);
        at = end;
    }
}

// RFC 4724 2: when all of the first table was sent. RFC 7313 4.
Chunk ExportGroup::end_marks(ExportMember& member) const {
    std::vector<std::uint8_t> out;
    for (const Family family : kFamilies) {
        if (!terms_.of(family).carried) continue;
        ExportMember::PerFamily& its = member.of(family);
        if (!std::exchange(its.end_of_rib_sent, true)) encode_end_of_rib(family, out);
        if (std::exchange(its.end_refresh, false)) append(encode_route_refresh({unicast(family), 2}), out);
    }
    if (out.empty()) return nullptr;
    return std::make_shared<const std::vector<std::uint8_t>>(std::move(out));
}

}  // namespace dunlin::bgp
