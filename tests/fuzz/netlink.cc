// Fuzz target: datagrams as the kernel might send them, decoded, and what they say told to a routing table.
// A route that was understood has to survive being encoded and decoded again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "netlink/codec.h"
#include "netlink/route_table.h"

namespace {
using namespace dunlin;
using namespace dunlin::netlink;

void require(bool holds) {
    if (!holds) std::abort();
}

// Only what the codec is made to send: kinds that we install, next hops that a route of the kind can have.
bool sendable(const KernelRoute& route) {
    if (discards(route.kind)) return true;
    return route.kind == RouteKind::unicast;
}

void check_round_trip(const KernelRoute& route) {
    Batch batch(1);
    require(batch.add(RouteAction::add, route));
    int found = 0;
    const auto decoded = decode(batch.finish(), {}, [&](std::uint32_t, Event&& event) {
        const auto* const back = std::get_if<RouteAdded>(&event);
        require(back != nullptr && back->route == route);
        ++found;
    });
    require(found == 1 && !decoded.malformed);
}

void tell(RouteTable& table, const Event& event, unsigned step) {
    if (const auto* const added = std::get_if<RouteAdded>(&event)) {
        if (sendable(added->route)) check_round_trip(added->route);
        if (step % 3 == 0) table.set_desired(added->route);
        table.on_added(added->route, added->replaced);
    } else if (const auto* const removed = std::get_if<RouteRemoved>(&event)) {
        if (step % 3 == 0) table.remove_desired(removed->route.key());
        table.on_removed(removed->route);
    }
    if (step % 5 == 0) {
        for (const auto& one : table.pending(step % 4)) table.on_result(one, step % 2 == 0 ? 0 : 17, {});
    }
}

void check_table(RouteTable& table) {
    std::size_t desired = 0, installed = 0, conflicts = 0;
    table.for_each_desired([&](const KernelRoute& route, RouteState state) {
        ++desired;
        require(table.state(route.key()) == state);
        installed += state == RouteState::installed ? 1 : 0;
        conflicts += state == RouteState::conflict ? 1 : 0;
    });
    require(desired == table.desired_count() && installed == table.installed_count());
    require(conflicts == table.conflict_count());
    require(installed <= table.own_count());
    // An empty dump and nothing wanted leave nothing.
    std::vector<RouteKey> keys;
    table.for_each_desired([&](const KernelRoute& route, RouteState) { keys.push_back(route.key()); });
    for (const auto& key : keys) table.remove_desired(key);
    table.on_dump_begin();
    table.on_dump_end();
    require(table.pending(1000).empty() && table.own_count() == 0 && table.awaiting_count() == 0);
    table.for_each_alien([](const KernelRoute&) { std::abort(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    RouteTable table(kMainTable, 178);
    table.on_dump_begin();
    table.on_dump_end();
    table.allow_removal();
    unsigned step = 0;
    const auto sink = [&](std::uint32_t, Event&& event) { tell(table, event, step++); };
    decode(Bytes(data, size), RouteFilter{kMainTable}, sink);
    check_table(table);
    decode(Bytes(data, size), RouteFilter{}, [](std::uint32_t, Event&& event) {
        const auto* const added = std::get_if<RouteAdded>(&event);
        if (added != nullptr && sendable(added->route)) check_round_trip(added->route);
    });
    return 0;
}
