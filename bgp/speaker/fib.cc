// BGP routes for the kernel: the best path and those of equal cost. What may enter it and how is the agent's.
#include <algorithm>

#include "bgp/speaker/core.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kMostHops = 16;

bool before(const FibHop& a, const FibHop& b) {
    return std::tie(a.gateway, a.interface_index, a.interface) <
           std::tie(b.gateway, b.interface_index, b.interface);
}

}  // namespace

void Speaker::Core::start_fib() {
    for (AdjRibOut& each : fib_) each.start_walk();
}

void Speaker::Core::take_fib_changes(std::size_t max, const FibTaker& taker) {
    if (restarting_) return;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        max -= rib_.with_table(family, [&](auto& table) { return take_fib(table, max, taker); });
    }
}

// Returns how many changes there were.
template <class Table>
std::size_t Speaker::Core::take_fib(Table& table, std::size_t max, const FibTaker& taker) {
    AdjRibOut& fib = fib_[static_cast<std::size_t>(Table::kFamilyOf)];
    std::vector<NetId> ids;
    std::size_t changes = 0;
    while (changes < max && !fib.idle()) {
        ids.clear();
        fib.take(max - changes, ids, table);
        for (const NetId id : ids) {
            FibChange change{table.net(id).prefix(), settings_.fib ? fib_route(table, id) : std::nullopt, {}};
            if (const std::uint32_t sent = fib.sent(id)) change.had = sent - 1;
            if (!change.route && !change.had) {
                fib.finish(id, 0, table);
                continue;
            }
            ++changes;
            const bool taken = taker(change) && change.route;
            fib.finish(id, taken ? change.route->metric + 1 : 0, table);
        }
    }
    return changes;
}

template <class Table>
std::optional<FibRoute> Speaker::Core::fib_route(const Table& table, NetId id) const {
    const PathIndex best = table.best(id);
    if (best == 0 || is_local(table.path(best).source)) return std::nullopt;
    const Path& path = table.path(best);
    FibRoute out;
    out.metric = priority_of_local_pref(rib_.store().summary(path.attributes).local_pref);
    out.next_hop = rib_.store().next_hop(path.attributes);
    out.source = source_names_[path.source];
    const auto add = [&](const Path& each) {
        const Resolution& way = rib_.resolution(each);
        out.hops.push_back({way.gateway, way.interface, way.interface_index, false});
    };
    if (path.next == 0) {
        add(path);
        return out;
    }
    const std::vector<Candidate> decided = rib_.decided(table, id);
    const std::size_t equal = equal_cost(decided, kMostHops);
    for (std::size_t i = 0; i < equal; ++i) {
        if (!is_local(table.path(decided[i].path).source)) add(table.path(decided[i].path));
    }
    std::sort(out.hops.begin(), out.hops.end(), before);
    out.hops.erase(std::unique(out.hops.begin(), out.hops.end()), out.hops.end());
    return out;
}

}  // namespace dunlin::bgp
