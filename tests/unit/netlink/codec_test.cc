#include "netlink/codec.h"

#include <doctest/doctest.h>

#include "netlink/forwarding.h"

using namespace dunlin;
using namespace dunlin::netlink;

namespace {
NextHop hop(const char* gateway, unsigned interface, unsigned weight = 1) {
    return {IpAddress::parse(gateway), interface, weight, false};
}

KernelRoute route(const char* prefix, std::vector<NextHop> hops, RouteKind kind = RouteKind::unicast) {
    KernelRoute out;
    out.prefix = *Prefix::parse(prefix);
    out.priority = 20;
    out.protocol = 178;
    out.kind = kind;
    out.next_hops = std::move(hops);
    return out;
}

std::vector<KernelRoute> routes_in(Bytes bytes) {
    std::vector<KernelRoute> out;
    decode(bytes, RouteFilter{kMainTable}, [&](std::uint32_t, Event&& event) {
        if (const auto* added = std::get_if<RouteAdded>(&event)) out.push_back(normalised(added->route));
    });
    return out;
}

const std::vector<KernelRoute> kRoutes = {
    route("10.244.1.0/26", {}, RouteKind::blackhole),
    route("10.0.0.0/8", {hop("192.0.2.1", 3)}),
    route("10.1.0.0/16", {hop("2001:db8::1", 3)}),  // RFC 8950: IPv4 by way of an IPv6 gateway
    route("2001:db8:1::/64", {hop("fe80::1", 4)}),
    route("0.0.0.0/0", {hop("192.0.2.1", 3), hop("192.0.2.2", 3, 5), hop("2001:db8::2", 4)}),
};
}  // namespace

TEST_CASE("codec: a route that is encoded decodes to itself") {
    for (const auto& wanted : kRoutes) {
        Batch batch(7);
        REQUIRE(batch.add(RouteAction::add, wanted));
        const auto got = routes_in(batch.finish());
        CAPTURE(wanted.prefix.to_string());
        REQUIRE(got.size() == 1);
        CHECK(got.front() == normalised(wanted));
    }
}

TEST_CASE("codec: a batch is full at 200 messages and numbers each") {
    Batch batch(100);
    std::size_t count = 0;
    while (batch.add(RouteAction::remove, kRoutes.front())) ++count;
    CHECK(count == Batch::kMaxMessages);
    CHECK(batch.last_sequence() == 299);
    std::uint32_t next = 100;
    decode(batch.finish(), RouteFilter{}, [&](std::uint32_t sequence, Event&& event) {
        CHECK(sequence == next++);
        CHECK(std::holds_alternative<RouteRemoved>(event));
    });
    CHECK(next == 300);
}

TEST_CASE("codec: a message cut anywhere, or with any octet changed, is never read past its end") {
    Batch batch(1);
    for (const auto& wanted : kRoutes) REQUIRE(batch.add(RouteAction::add, wanted));
    const Bytes whole = batch.finish();
    const auto ignore = [](std::uint32_t, Event&&) {};
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        decode(cut, RouteFilter{}, ignore);
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const std::uint8_t value : std::initializer_list<std::uint8_t>{0x00, 0x01, 0x7f, 0xff}) {
            std::vector<std::uint8_t> changed(whole.begin(), whole.end());
            changed[at] = value;
            decode(changed, RouteFilter{}, ignore);
        }
    }
    CHECK(routes_in(whole).size() == kRoutes.size());
}

TEST_CASE("codec: another table's routes are left out") {
    KernelRoute other = kRoutes.front();
    other.table = 100000;
    Batch batch(1);
    REQUIRE(batch.add(RouteAction::add, other));
    CHECK(routes_in(batch.finish()).empty());
}

TEST_CASE("ForwardingStore: equal sets of next hops are stored once and go with the last reference") {
    ForwardingStore store;
    const auto a = store.intern({RouteKind::unicast, {hop("192.0.2.1", 3)}});
    const auto b = store.intern({RouteKind::unicast, {hop("192.0.2.1", 3)}});
    CHECK(a == b);
    CHECK(store.size() == 1);
    store.release(a);
    CHECK(store.size() == 1);
    store.release(b);
    CHECK(store.size() == 0);
}
