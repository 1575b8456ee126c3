#include "bgp/rib/rib.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "bgp/rib/adj_rib_out.h"

using namespace dunlin;
using namespace dunlin::bgp;

namespace {

Prefix prefix(std::string_view text) { return *Prefix::parse(text); }
Nlri nlri(std::string_view text) { return {prefix(text), PathId(0)}; }

struct Seen final : RibObserver {
    std::vector<NetId> best;
    void changed(Family, NetId id, bool is_best) override {
        if (is_best) best.push_back(id);
    }
};

struct Tables {
    Seen seen;
    Rib rib{5, seen};

    Tables() { link("192.0.2.0/24", 2); }
    void link(std::string_view text, std::uint32_t index) {
        LocalRoute route;
        route.preference = kPreferenceDirect;
        route.interface = "eth" + std::to_string(index);
        route.interface_index = index;
        rib.announce(LocalProtocol::direct1, prefix(text), route, 0);
        while (rib.run_slice(16)) {
        }
    }
    SourceId source(std::uint32_t n) {
        SourceFacts facts;
        facts.ebgp = true;
        facts.router_id = n;
        facts.address = IpAddress::v4(0xc0000200 + n);
        return rib.add_source(facts);
    }
    std::size_t announce(SourceId from, std::string_view text, std::uint32_t local_pref = 100,
                         std::string_view next_hop = "192.0.2.1") {
        PathAttributes attributes;
        attributes.local_pref = local_pref;
        attributes.next_hop = *IpAddress::parse(next_hop);
        const AttributesId id = rib.intern(attributes, "");
        const Nlri one = nlri(text);
        const std::size_t refused = rib.announce(std::span(&one, 1), {from, id, kPreferenceBgp, 0});
        rib.release(id);
        return refused;
    }
    void withdraw(SourceId from, std::string_view text) {
        const Nlri one = nlri(text);
        rib.withdraw(std::span(&one, 1), from);
    }
    std::optional<SourceId> best(std::string_view text) {
        const auto& table = rib.ipv4();
        const NetId id = table.find(PackedPrefix<Family::ipv4>::from(prefix(text)));
        if (id == 0 || table.best(id) == 0) return std::nullopt;
        return table.path(table.best(id)).source;
    }
};

}  // namespace

TEST_CASE("the better path is first, and the other one takes its place when it leaves") {
    Tables t;
    const SourceId a = t.source(1), b = t.source(2);
    t.announce(a, "10.0.0.0/8");
    t.announce(b, "10.0.0.0/8", 200);
    CHECK(t.best("10.0.0.0/8") == b);
    t.announce(a, "10.0.0.0/8", 300);
    CHECK(t.best("10.0.0.0/8") == a);
    t.withdraw(a, "10.0.0.0/8");
    CHECK(t.best("10.0.0.0/8") == b);
    t.withdraw(b, "10.0.0.0/8");
    CHECK_FALSE(t.best("10.0.0.0/8"));
    CHECK(t.rib.ipv4().prefixes() == 1);
    CHECK(t.rib.store().size() == 1);
}

TEST_CASE("the same route again is no change, and neither is a worse one") {
    Tables t;
    const SourceId a = t.source(1), b = t.source(2);
    t.announce(a, "10.0.0.0/8");
    t.seen.best.clear();
    t.announce(a, "10.0.0.0/8");
    CHECK(t.seen.best.empty());
    t.announce(b, "10.0.0.0/8", 50);
    CHECK(t.seen.best.empty());
    t.announce(a, "10.0.0.0/8", 101);
    CHECK(t.seen.best.size() == 1);
}

TEST_CASE("a source may have only so many prefixes, but change those that it has") {
    Tables t;
    const SourceId a = t.source(1);
    t.rib.set_limit(a, 2);
    CHECK(t.announce(a, "10.1.0.0/16") == 0);
    CHECK(t.announce(a, "10.2.0.0/16") == 0);
    CHECK(t.announce(a, "10.3.0.0/16") == 1);
    CHECK(t.announce(a, "10.2.0.0/16", 200) == 0);
    CHECK(t.rib.paths_of(a, Family::ipv4) == 2);
    CHECK_FALSE(t.best("10.3.0.0/16"));
}

TEST_CASE("a next hop is resolved through gateways, as far as there are routes") {
    Tables t;
    const SourceId a = t.source(1);
    LocalRoute via;
    via.gateway = IpAddress::parse("192.0.2.9");
    t.rib.announce(LocalProtocol::static1, prefix("198.51.100.0/24"), via, 0);
    LocalRoute further;
    further.gateway = IpAddress::parse("198.51.100.7");
    further.metric = 30;
    t.rib.announce(LocalProtocol::kernel1, prefix("203.0.113.0/24"), further, 0);
    t.announce(a, "10.0.0.0/8", 100, "203.0.113.1");
    const auto& table = t.rib.ipv4();
    const NetId id = table.find(PackedPrefix<Family::ipv4>::from(prefix("10.0.0.0/8")));
    REQUIRE(table.best(id) != 0);
    const Resolution& way = t.rib.resolution(table.path(table.best(id)));
    CHECK(way.gateway == IpAddress::parse("192.0.2.9"));
    CHECK(way.interface == "eth2");
    CHECK(way.metric == 30);

    t.rib.withdraw(LocalProtocol::static1, prefix("198.51.100.0/24"));
    while (t.rib.run_slice(1)) {
    }
    CHECK_FALSE(t.best("10.0.0.0/8"));
}

TEST_CASE("of two next hops of IPv6 the link-local one counts where the link is known, else the global one") {
    Tables t;
    t.link("2001:db8::/64", 3);
    PathAttributes both;
    both.next_hop = *IpAddress::parse("2001:db8::1");
    both.link_local_next_hop = IpAddress::parse("fe80::1");
    const AttributesId of_no_link = t.rib.intern(both, "");
    const AttributesId of_a_link = t.rib.intern(both, "eth3");
    CHECK(of_no_link != of_a_link);
    const Nlri one = nlri("2001:db8:ffff::/48");
    const SourceId a = t.source(1);
    t.rib.announce(std::span(&one, 1), {a, of_no_link, kPreferenceBgp, 0});
    const auto& table = t.rib.ipv6();
    const NetId id = table.find(PackedPrefix<Family::ipv6>::from(one.prefix));
    REQUIRE(table.best(id) != 0);
    CHECK(t.rib.resolution(table.path(table.best(id))).gateway == both.next_hop);
    t.rib.release(of_no_link);
    t.rib.release(of_a_link);
}

TEST_CASE("gateways in a circle resolve to nothing") {
    Tables t;
    LocalRoute one, two;
    one.gateway = IpAddress::parse("203.0.113.1");
    two.gateway = IpAddress::parse("198.51.100.1");
    t.rib.announce(LocalProtocol::static1, prefix("198.51.100.0/24"), one, 0);
    t.rib.announce(LocalProtocol::static1, prefix("203.0.113.0/24"), two, 0);
    t.announce(t.source(1), "10.0.0.0/8", 100, "203.0.113.1");
    while (t.rib.run_slice(100)) {
    }
    CHECK_FALSE(t.best("10.0.0.0/8"));
}

TEST_CASE("a blackhole of ours does not make a next hop reachable") {
    Tables t;
    LocalRoute hole;
    hole.blackhole = true;
    t.rib.announce(LocalProtocol::static1, prefix("203.0.113.0/24"), hole, 0);
    t.announce(t.source(1), "10.0.0.0/8", 100, "203.0.113.1");
    CHECK_FALSE(t.best("10.0.0.0/8"));
    CHECK(t.best("203.0.113.0/24") == source_of(LocalProtocol::static1));
}

TEST_CASE("a subnet whose link has no carrier stays in the table and makes no next hop reachable") {
    Tables t;
    LocalRoute lan;
    lan.preference = kPreferenceDirect;
    lan.interface = "eth1";
    lan.link_down = true;
    t.rib.announce(LocalProtocol::direct1, prefix("203.0.113.0/24"), lan, 0);
    t.announce(t.source(1), "10.0.0.0/8", 100, "203.0.113.1");
    CHECK(t.best("203.0.113.0/24") == source_of(LocalProtocol::direct1));
    CHECK_FALSE(t.best("10.0.0.0/8"));
    lan.link_down = false;
    t.rib.announce(LocalProtocol::direct1, prefix("203.0.113.0/24"), lan, 0);
    while (t.rib.run_slice(100)) {
    }
    CHECK(t.best("10.0.0.0/8"));
}

TEST_CASE("routes of a source that is gone leave in slices, whatever else happens meanwhile") {
    Tables t;
    const SourceId a = t.source(1), b = t.source(2), c = t.source(3);
    for (unsigned i = 0; i < 100; ++i) {
        const std::string text = "10." + std::to_string(i) + ".0.0/16";
        t.announce(a, text, 300);
        t.announce(b, text, 200);
        if (i % 2 == 0) t.announce(c, text, 100);
    }
    t.rib.remove_source(a);
    CHECK(t.rib.run_slice(20));
    t.rib.remove_source(b);
    t.announce(c, "10.200.0.0/16");
    while (t.rib.run_slice(7)) {
    }
    CHECK(t.rib.ipv4().prefixes() == 52);
    CHECK(t.best("10.4.0.0/16") == c);
    CHECK(t.rib.paths_of(c, Family::ipv4) == 51);
    CHECK(t.source(4) == a);  // the number is free again
}

TEST_CASE("what a source leaves out when it says all again goes, and what it says stays") {
    Tables t;
    const SourceId a = t.source(1);
    for (const char* text : {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"}) t.announce(a, text);
    t.rib.begin_refresh(a, Family::ipv4);
    t.announce(a, "10.1.0.0/16");
    t.announce(a, "10.2.0.0/16", 200);
    t.announce(a, "10.4.0.0/16");
    CHECK(t.rib.paths_of(a, Family::ipv4) == 4);
    t.rib.end_refresh(a, Family::ipv4);
    CHECK(t.rib.run_slice(1));
    t.rib.begin_refresh(a, Family::ipv4);  // and once more, before the first is swept
    while (t.rib.run_slice(1)) {
    }
    CHECK_FALSE(t.best("10.3.0.0/16"));
    CHECK(t.rib.paths_of(a, Family::ipv4) == 3);
    t.announce(a, "10.4.0.0/16");
    t.rib.end_refresh(a, Family::ipv4);
    t.rib.remove_source(t.source(2));
    while (t.rib.run_slice(1)) {
    }
    CHECK(t.best("10.4.0.0/16") == a);
    CHECK(t.rib.paths_of(a, Family::ipv4) == 1);
    t.rib.end_refresh(a, Family::ipv4);
    t.rib.remove_source(a);
    while (t.rib.run_slice(100)) {
    }
    CHECK(t.rib.ipv4().paths() == 1);
}

TEST_CASE("the table is what a plain map says, after any order of changes") {
    Tables t;
    std::mt19937 random(7);
    std::vector<SourceId> sources;
    for (unsigned i = 1; i <= 4; ++i) sources.push_back(t.source(i));
    std::map<std::pair<std::string, SourceId>, std::uint32_t> model;
    for (int step = 0; step < 20000; ++step) {
        const std::string text = "10." + std::to_string(random() % 200) + ".0.0/16";
        const SourceId from = sources[random() % 4];
        if (random() % 3 == 0) {
            t.withdraw(from, text);
            model.erase({text, from});
        } else {
            const auto local_pref = static_cast<std::uint32_t>(random() % 50);
            t.announce(from, text, local_pref);
            model[{text, from}] = local_pref;
        }
    }
    CHECK(t.rib.ipv4().paths() == model.size() + 1);
    for (unsigned i = 0; i < 200; ++i) {
        const std::string text = "10." + std::to_string(i) + ".0.0/16";
        std::optional<SourceId> best;
        for (const SourceId from : sources) {  // the lowest router id breaks ties
            const auto found = model.find({text, from});
            if (found != model.end() && (!best || found->second > model[{text, *best}])) best = from;
        }
        REQUIRE(t.best(text) == best);
    }
    for (const SourceId from : sources) t.rib.remove_source(from);
    while (t.rib.run_slice(1000)) {
    }
    CHECK(t.rib.store().size() == 1);
    CHECK(t.rib.next_hops().size() == 1);
}

TEST_CASE("longest match finds the most specific prefix of IPv6, too") {
    Tables t;
    LocalRoute route;
    route.interface_index = 3;
    route.interface = "eth3";
    for (const char* text : {"::/0", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::7/128"}) {
        t.rib.announce(LocalProtocol::kernel1, prefix(text), route, 0);
    }
    const auto match = [&](std::string_view text) {
        const auto& table = t.rib.ipv6();
        const NetId id = table.longest_match(*IpAddress::parse(text), [](NetId) { return true; });
        return table.net(id).prefix().to_string();
    };
    CHECK(match("2001:db8:1::7") == "2001:db8:1::7/128");
    CHECK(match("2001:db8:1::8") == "2001:db8:1::/48");
    CHECK(match("2001:db8:2::8") == "2001:db8::/32");
    CHECK(match("fe00::1") == "::/0");
}

TEST_CASE("a prefix keeps its number until everyone who was sent it has withdrawn it") {
    Tables t;
    Table<Family::ipv4>* table = nullptr;
    t.rib.with_table(Family::ipv4, [&](auto& its) {
        if constexpr (std::is_same_v<std::decay_t<decltype(its)>, Table<Family::ipv4>>) table = &its;
    });
    const SourceId a = t.source(1);
    t.announce(a, "10.0.0.0/8");
    const NetId id = table->find(PackedPrefix<Family::ipv4>::from(prefix("10.0.0.0/8")));
    AdjRibOut out;
    std::vector<NetId> batch;
    out.mark(id, *table);
    out.mark(id, *table);
    CHECK(out.pending() == 1);
    out.take(10, batch, *table);
    REQUIRE(batch == std::vector<NetId>{id});
    CHECK(out.finish(id, 7, *table) == 0);
    CHECK(out.announced() == 1);

    t.withdraw(a, "10.0.0.0/8");
    CHECK(table->exists(id));
    t.announce(a, "10.9.0.0/16");
    CHECK(table->find(PackedPrefix<Family::ipv4>::from(prefix("10.9.0.0/16"))) != id);
    out.mark(id, *table);
    batch.clear();
    out.take(10, batch, *table);
    CHECK(out.finish(id, 0, *table) == 7);
    CHECK(out.announced() == 0);
    CHECK_FALSE(table->exists(id));
    CHECK(table->find(PackedPrefix<Family::ipv4>::from(prefix("10.0.0.0/8"))) == 0);
}
