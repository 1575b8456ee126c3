// Several paths of a prefix for neighbours that take them (RFC 7911). What was sent of a prefix is a bundle:
// the octets of each path under its identifier, in one run of the store, so that the Adj-RIB-Out keeps one
// number a prefix as it does without add-path. A path's identifier is its place in the table, which it keeps
// for as long as it is there.
#include <algorithm>
#include <optional>

#include "bgp/speaker/export_group.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kMostPaths = 64;  // of a prefix

std::vector<std::uint8_t> bundle_of(const std::vector<SentPath>& paths) {
    std::vector<std::uint8_t> out;
    ByteWriter writer(out);
    for (const SentPath& path : paths) {
        writer.u32(path.id.value());
        writer.u32(path.octets);
    }
    return out;
}

const SentPath* find(const std::vector<SentPath>& paths, PathId id) {
    const auto found = std::ranges::find(paths, id, &SentPath::id);
    return found == paths.end() ? nullptr : &*found;
}

}  // namespace

std::vector<SentPath> ExportGroup::sent_paths(Family family, OctetStore::Id sent) const {
    std::vector<SentPath> out;
    for_each_sent(family, sent, [&](const SentPath& path) { out.push_back(path); });
    return out;
}

// One more reference to what was sent of a prefix, and what is in it; and one less.
void ExportGroup::hold_sent(Family family, OctetStore::Id sent) {
    if (many(family)) {
        for_each_sent(family, sent, [&](const SentPath& path) { octets_.add_references(path.octets, 1); });
    }
    octets_.add_references(sent, 1);
}
void ExportGroup::release_sent(Family family, OctetStore::Id sent) {
    if (many(family)) {
        for_each_sent(family, sent, [&](const SentPath& path) { octets_.release(path.octets); });
    }
    octets_.release(sent);
}

// The best paths that may leave, in the order of their identifiers; each with one more reference.
template <class Table>
std::vector<SentPath> ExportGroup::evaluate_paths(const Table& table, NetId id) {
    std::vector<SentPath> out;
    if (table.best(id) == 0) return out;
    for (const Candidate& candidate : rib_.decided(table, id)) {
        if (out.size() == kMostPaths) break;
        const Path& path = table.path(candidate.path);
        if (!rib_.resolution(path).reachable && rib_.local(path) == nullptr) continue;
        const OctetStore::Id octets = evaluate(table, id, path);
        if (octets == 0) continue;
        octets_.add_references(octets, 1);
        out.push_back({PathId(candidate.path), octets});
    }
    std::ranges::sort(out, {}, [](const SentPath& path) { return path.id.value(); });
    return out;
}

// The twin of sort_out: all that changed is written in this batch, so that the prefix is done with here. A
// path that is too large for a message counts as sent: withdrawing it later costs a prefix in a message.
template <class Table>
void ExportGroup::sort_out_paths(Table& table, ExportBatch& batch) {
    constexpr Family kFamily = Table::kFamilyOf;
    AdjRibOut& adj = of(kFamily).adj;
    for (const NetId id : scratch_.nets) {
        const Prefix prefix = table.net(id).prefix();
        const std::vector<SentPath> now = evaluate_paths(table, id);
        const std::vector<SentPath> before = sent_paths(kFamily, adj.sent(id));
        for (const SentPath& path : before) {
            if (find(now, path.id) == nullptr)
                withdraw(parse_not_for(octets_[path.octets]), {prefix, path.id});
        }
        for (const SentPath& path : now) {
            const SentPath* was = find(before, path.id);
            if (was != nullptr && was->octets == path.octets) continue;
            octets_.add_references(path.octets, 1);
            scratch_.items.push_back({path.octets, id, path.id});
            if (was != nullptr) withdraw_from_excluded({prefix, path.id}, was->octets, path.octets, batch);
        }
        finish(table, id, now.empty() ? 0 : octets_.intern(bundle_of(now)));
    }
}
template void ExportGroup::sort_out_paths(Table<Family::ipv4>&, ExportBatch&);
template void ExportGroup::sort_out_paths(Table<Family::ipv6>&, ExportBatch&);

// Whom nothing of the prefix was for: only known where all its paths are from one neighbour.
NotFor ExportGroup::not_for_of(Family family, OctetStore::Id sent) const {
    std::optional<NotFor> out;
    for_each_sent(family, sent, [&](const SentPath& path) {
        const NotFor its = parse_not_for(octets_[path.octets]);
        out = out && *out != its ? NotFor() : its;
    });
    return out.value_or(NotFor());
}

}  // namespace dunlin::bgp
