#include "netlink/route_table.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <map>

using namespace dunlin;
using namespace dunlin::netlink;

namespace {
constexpr std::uint8_t kOwn = 178, kForeign = 4;

KernelRoute route(const char* prefix, std::vector<const char*> gateways, std::uint8_t protocol = kOwn) {
    KernelRoute out;
    out.prefix = *Prefix::parse(prefix);
    out.protocol = protocol;
    out.priority = 32;
    out.kind = gateways.empty() ? RouteKind::blackhole : RouteKind::unicast;
    for (const char* gateway : gateways) out.next_hops.push_back({IpAddress::parse(gateway), 2, 1, false});
    return out;
}
const KernelRoute kBlock = route("10.244.0.0/26", {});
const KernelRoute kVia1 = route("10.1.0.0/16", {"192.0.2.1"});
const KernelRoute kVia2 = route("10.1.0.0/16", {"192.0.2.2"});
const KernelRoute kTheirs = route("10.1.0.0/16", {"192.0.2.9"}, kForeign);

// The table beside a kernel that does what it is told, unless told to refuse.
struct Fixture {
    RouteTable table{kMainTable, kOwn};

    void dump(const std::vector<KernelRoute>& routes) {
        table.on_dump_begin();
        for (const auto& one : routes) table.on_dump_route(one);
        table.on_dump_end();
    }
    // What is due, all of it accepted, and the events that the kernel sends of it.
    std::vector<Operation> obey() {
        auto operations = table.pending(1000);
        for (const auto& one : operations) table.on_result(one, 0, {});
        for (const auto& one : operations) tell(one);
        return operations;
    }
    void tell(const Operation& one) {
        if (one.action == RouteAction::remove)
            table.on_removed(one.route);
        else
            table.on_added(one.route, one.action == RouteAction::replace);
    }
    void refuse(int error, const char* text) {
        for (const auto& one : table.pending(1000)) table.on_result(one, error, text);
    }
};
}  // namespace

TEST_CASE_FIXTURE(Fixture, "RouteTable: nothing is due before the first dump") {
    table.set_desired(kBlock);
    CHECK(table.pending(10).empty());
    CHECK(table.state(kBlock.key()) == RouteState::pending);
    dump({});
    CHECK(obey().size() == 1);
    CHECK(table.in_kernel(kBlock.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a route is in the kernel only once it is read back") {
    dump({});
    table.set_desired(kVia1);
    const auto operations = table.pending(10);
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::add);
    table.on_result(operations.front(), 0, {});
    CHECK_FALSE(table.in_kernel(kVia1.key()));
    CHECK(table.awaiting_count() == 1);
    tell(operations.front());
    CHECK(table.in_kernel(kVia1.key()));
    CHECK(table.awaiting_count() == 0);
    CHECK_FALSE(table.has_pending());
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: what an earlier run left is adopted with no operation") {
    SUBCASE("desired before the dump") {
        table.set_desired(kBlock);
        table.set_desired(kVia1);
        dump({kVia1, kBlock});
    }
    SUBCASE("desired after the dump") {
        dump({kVia1, kBlock});
        table.set_desired(kBlock);
        table.set_desired(kVia1);
    }
    table.allow_removal();
    CHECK(table.pending(10).empty());
    CHECK(table.stats().adopted == 2);
    CHECK(table.installed_count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: leftovers stay until removal is allowed") {
    dump({kVia1, kBlock, kTheirs});
    table.set_desired(kBlock);
    CHECK(table.pending(10).empty());
    table.allow_removal();
    const auto operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::remove);
    CHECK(operations.front().route.prefix == kVia1.prefix);
    CHECK(table.own_count() == 1);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: what was wanted in this run and is no longer goes before that, too") {
    dump({kVia1, kBlock});
    table.set_desired(kVia1);
    CHECK(table.pending(10).empty());
    table.remove_desired(kVia1.key());
    const auto operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::remove);
    CHECK(operations.front().route.prefix == kVia1.prefix);
    CHECK(table.own_count() == 1);  // the block that an earlier run left
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: what is no longer wanted goes, a change replaces in place") {
    dump({});
    table.allow_removal();
    table.set_desired(kVia1);
    obey();
    table.set_desired(kVia2);
    CHECK_FALSE(table.in_kernel(kVia2.key()));
    auto operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::replace);
    CHECK(table.in_kernel(kVia2.key()));
    table.remove_desired(kVia2.key());
    operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::remove);
    CHECK(table.own_count() == 0);
    CHECK(table.stats().drift == 0);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a removal under way makes the route not counted on") {
    dump({});
    table.allow_removal();
    table.set_desired(kVia1);
    obey();
    table.remove_desired(kVia1.key());
    const auto removal = table.pending(10);
    REQUIRE(removal.size() == 1);
    table.set_desired(kVia1);
    CHECK_FALSE(table.in_kernel(kVia1.key()));
    CHECK(table.pending(10).empty());
    table.on_result(removal.front(), 0, {});
    tell(removal.front());
    CHECK(obey().size() == 1);
    CHECK(table.in_kernel(kVia1.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: own routes that others change or delete are put right") {
    dump({});
    table.set_desired(kVia1);
    obey();
    SUBCASE("deleted") {
        table.on_removed(kVia1);
        CHECK(obey().front().action == RouteAction::add);
    }
    SUBCASE("changed") {
        table.on_added(kVia2, true);
        CHECK(obey().front().action == RouteAction::replace);
    }
    SUBCASE("missing from a dump, its event lost") {
        dump({});
        CHECK(obey().front().action == RouteAction::add);
    }
    CHECK(table.stats().drift == 1);
    CHECK(table.in_kernel(kVia1.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a foreign route with the key is a conflict and never overwritten") {
    dump({kTheirs});
    table.allow_removal();
    table.set_desired(kVia1);
    CHECK(table.state(kVia1.key()) == RouteState::conflict);
    CHECK(table.conflict_count() == 1);
    CHECK(table.pending(10).empty());
    int seen = 0;
    table.for_each_conflict([&](const RouteKey& key, const KernelRoute& theirs) {
        ++seen;
        CHECK(key == kVia1.key());
        CHECK(theirs == kTheirs);
    });
    CHECK(seen == 1);
    table.on_removed(kTheirs);
    const auto operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::add);
    CHECK(table.in_kernel(kVia1.key()));
    CHECK(table.conflict_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a foreign route that replaced ours is left alone") {
    dump({});
    table.set_desired(kVia1);
    obey();
    table.on_added(kTheirs, true);
    CHECK(table.state(kVia1.key()) == RouteState::conflict);
    CHECK(table.pending(10).empty());
    CHECK(table.own_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: beside a foreign route, ours is removed rather than replaced") {
    dump({kVia1, kTheirs});
    table.set_desired(kVia2);
    auto operations = obey();
    REQUIRE(operations.size() == 1);
    CHECK(operations.front().action == RouteAction::remove);
    CHECK(table.state(kVia2.key()) == RouteState::conflict);
    CHECK(table.pending(10).empty());
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: EEXIST of one never heard of asks for a dump and waits for it") {
    dump({});
    table.set_desired(kVia1);
    refuse(EEXIST, "");
    CHECK(table.take_doubt());
    CHECK_FALSE(table.take_doubt());
    CHECK(table.state(kVia1.key()) == RouteState::failed);
    CHECK(table.pending(10).empty());
    SUBCASE("the dump shows a foreign one") {
        dump({kTheirs});
        CHECK(table.state(kVia1.key()) == RouteState::conflict);
        CHECK(table.failed_count() == 0);
    }
    SUBCASE("an event does") {
        table.on_added(kTheirs, false);
        CHECK(table.state(kVia1.key()) == RouteState::conflict);
    }
    SUBCASE("it has gone again") {
        dump({});
        CHECK(obey().size() == 1);
        CHECK(table.in_kernel(kVia1.key()));
    }
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a refusal is kept with its text and retried when asked") {
    dump({});
    table.set_desired(kVia1);
    table.set_desired(kBlock);
    for (const auto& one : table.pending(10)) {
        const bool bad = one.route.prefix == kVia1.prefix;
        table.on_result(one, bad ? ENETUNREACH : 0, bad ? "Nexthop has invalid gateway" : "");
        if (!bad) tell(one);
    }
    CHECK(table.in_kernel(kBlock.key()));
    CHECK(table.state(kVia1.key()) == RouteState::failed);
    table.for_each_failed([&](const RouteKey& key, int error, const std::string& text) {
        CHECK(key == kVia1.key());
        CHECK(error == ENETUNREACH);
        CHECK(text == "Nexthop has invalid gateway");
    });
    CHECK(table.failed_count() == 1);
    CHECK(table.pending(10).empty());
    table.retry_failed();
    CHECK(obey().size() == 1);
    CHECK(table.failed_count() == 0);
    CHECK(table.installed_count() == 2);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: an operation of unknown outcome is settled by the next dump") {
    dump({});
    table.set_desired(kVia1);
    REQUIRE(table.pending(10).size() == 1);  // and no result
    SUBCASE("it was done") {
        dump({kVia1});
        CHECK(table.in_kernel(kVia1.key()));
        CHECK(table.pending(10).empty());
    }
    SUBCASE("it was not") {
        dump({});
        CHECK(obey().size() == 1);
    }
    CHECK(table.in_kernel(kVia1.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a route that the kernel keeps otherwise is not sent for ever") {
    dump({});
    table.set_desired(kVia1);
    for (int i = 0; i < 2; ++i) {
        const auto operations = table.pending(10);
        REQUIRE(operations.size() == 1);
        table.on_result(operations.front(), 0, {});
        table.on_added(kVia2, i == 1);
        dump({kVia2});
    }
    CHECK(table.state(kVia1.key()) == RouteState::failed);
    CHECK(table.pending(10).empty());
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a replacement or removal of what has gone is done over") {
    dump({kVia1});
    table.allow_removal();
    SUBCASE("replace") {
        table.set_desired(kVia2);
        refuse(ENOENT, "");
        CHECK(obey().front().action == RouteAction::add);
        CHECK(table.in_kernel(kVia2.key()));
    }
    SUBCASE("remove") {
        refuse(ESRCH, "");
        CHECK(table.own_count() == 0);
        CHECK(table.pending(10).empty());
    }
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: single next hops leave an IPv6 route and are put back") {
    const auto both = route("2001:db8:1::/64", {"fe80::1", "fe80::2"});
    dump({});
    table.set_desired(both);
    obey();
    REQUIRE(table.in_kernel(both.key()));
    table.on_removed(route("2001:db8:1::/64", {"fe80::1"}));
    CHECK_FALSE(table.in_kernel(both.key()));
    CHECK_FALSE(table.take_doubt());
    CHECK(obey().front().action == RouteAction::replace);
    CHECK(table.in_kernel(both.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: IPv6 priority 0 is the kernel's 1024, whoever says it") {
    auto wanted = route("2001:db8:2::/64", {});
    wanted.priority = 0;
    auto kernels = wanted;
    kernels.priority = 1024;
    kernels.next_hops = {{std::nullopt, 1, 1, false}};  // dev lo
    dump({kernels});
    table.set_desired(wanted);
    CHECK(table.in_kernel(wanted.key()));
    CHECK(table.in_kernel(kernels.key()));
    CHECK(table.pending(10).empty());
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: a dump of one family says nothing of the other") {
    const auto six = route("2001:db8:2::/64", {});
    dump({kBlock, six});
    table.set_desired(kBlock);
    table.set_desired(six);
    table.on_dump_begin(Family::ipv6);
    table.on_dump_end();
    CHECK(table.in_kernel(kBlock.key()));
    CHECK_FALSE(table.in_kernel(six.key()));
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: aliens are those that others made, not the kernel's own") {
    dump({kTheirs, route("192.0.2.0/24", {}, 2), kBlock});
    std::vector<KernelRoute> seen;
    const auto collect = [&](const KernelRoute& one) { seen.push_back(one); };
    table.for_each_alien(collect);
    CHECK(seen == std::vector<KernelRoute>{kTheirs});
    const auto version = table.alien_version();
    table.on_added(route("192.0.3.0/24", {}, 2), false);
    table.on_added(kTheirs, false);
    CHECK(table.alien_version() == version);
    table.on_removed(kTheirs);
    CHECK(table.alien_version() != version);
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: of two foreign routes with one key, a removal asks for a dump") {
    dump({});
    table.on_added(kTheirs, false);
    table.on_added(route("10.1.0.0/16", {"192.0.2.8"}, kForeign), false);
    table.on_removed(kTheirs);
    CHECK(table.take_doubt());
}

TEST_CASE_FIXTURE(Fixture, "RouteTable: other tables' routes are nothing to it") {
    auto other = kVia1;
    other.table = 100;
    dump({other});
    table.on_added(other, false);
    CHECK(table.own_count() == 0);
    CHECK(table.state(other.key()) == RouteState::unwanted);
}

// A kernel of one route a key, some of whose events get lost, beside a table under test.
struct World : Fixture {
    explicit World(std::uint32_t seed) : state(seed) {}

    std::uint32_t state;
    std::map<Prefix, KernelRoute> kernel, wishes;

    std::uint32_t roll(std::uint32_t sides) {
        state = state * 1664525u + 1013904223u;
        return (state >> 8) % sides;
    }
    void dump_truth() {
        std::vector<KernelRoute> routes;
        for (const auto& one : kernel) routes.push_back(one.second);
        dump(routes);
    }
    bool foreign_at(const Prefix& prefix) {
        return kernel.contains(prefix) && kernel[prefix].protocol != kOwn;
    }
    void apply(const Operation& one, bool event) {
        const auto prefix = one.route.prefix;
        const bool present = kernel.contains(prefix);
        const bool foreign = foreign_at(prefix);
        if (one.action == RouteAction::add && present) return table.on_result(one, EEXIST, {});
        if (one.action == RouteAction::replace && !present) return table.on_result(one, ENOENT, {});
        if (one.action == RouteAction::remove && (!present || foreign)) {
            return table.on_result(one, ESRCH, {});
        }
        if (foreign) return;  // the race that cannot be excluded: an owner whom no event has named yet
        table.on_result(one, 0, {});
        if (one.action == RouteAction::remove) {
            const auto before = kernel.extract(prefix).mapped();
            if (event) table.on_removed(before);
        } else {
            kernel[prefix] = one.route;
            if (event) table.on_added(one.route, one.action == RouteAction::replace);
        }
    }
    void wish(const char* prefix) {
        const auto wanted = route(prefix, {roll(2) == 0 ? "192.0.2.1" : "192.0.2.2"});
        wishes[wanted.prefix] = wanted;
        table.set_desired(wanted);
    }
    // Somebody else adds, or deletes whoever's route it is.
    void meddle(const char* prefix, bool add, bool event) {
        const auto key = Prefix::parse(prefix).value();
        if (add == kernel.contains(key)) return;
        if (add) {
            kernel[key] = route(prefix, {"192.0.2.9"}, kForeign);
            if (event) table.on_added(kernel[key], false);
        } else {
            const auto before = kernel.extract(key).mapped();
            if (event) table.on_removed(before);
        }
    }
    void step() {
        static constexpr std::array<const char*, 3> kPrefixes = {"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"};
        const char* const prefix = kPrefixes[roll(3)];
        const bool event = roll(4) != 0;
        const auto choice = roll(6);
        if (choice < 2) {
            wish(prefix);
        } else if (choice == 2) {
            wishes.erase(*Prefix::parse(prefix));
            table.remove_desired(route(prefix, {}).key());
        } else if (choice == 3) {
            for (const auto& one : table.pending(2)) apply(one, event);
        } else {
            meddle(prefix, choice == 4, event);
        }
    }
    void settle() {
        table.allow_removal();
        for (int i = 0; i < 3; ++i) {
            dump_truth();
            table.retry_failed();
            for (const auto& one : table.pending(100)) apply(one, true);
        }
    }
};

TEST_CASE("RouteTable: whatever happened before, the last wishes are what the kernel ends with") {
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
        CAPTURE(seed);
        World world(seed * 7919);
        if (world.roll(2) == 0) world.table.allow_removal();
        world.dump({});
        for (int step = 0; step < 40; ++step) world.step();
        world.settle();
        CHECK(world.table.pending(100).empty());
        CHECK(world.table.awaiting_count() == 0);
        CHECK(world.table.desired_count() == world.wishes.size());
        std::size_t own = 0, installed = 0;
        for (const auto& [prefix, one] : world.kernel) {
            if (one.protocol != kOwn) continue;
            ++own;
            REQUIRE(world.wishes.contains(prefix));
            CHECK(world.wishes[prefix].next_hops == one.next_hops);
        }
        for (const auto& [prefix, wish] : world.wishes) {
            const bool foreign = world.foreign_at(prefix);
            installed += foreign ? 0 : 1;
            CHECK(world.table.state(wish.key()) == (foreign ? RouteState::conflict : RouteState::installed));
        }
        CHECK(world.table.own_count() == own);
        CHECK(world.table.installed_count() == installed);
    }
}
