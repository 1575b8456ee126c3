// RFC 7911, sending: all paths of a prefix for a neighbour that takes them.
#include <doctest/doctest.h>

#include "tests/unit/bgp/speaker/network.h"

namespace dunlin::bgp::test {
namespace {

// 1, 2 and 3 (each an AS of its own) announce the same prefix to the hub 9, which tells 8 all paths.
struct Star {
    Network net;
    Star() {
        net.add_router(9);
        net.add_router(8);
        for (const unsigned n : {1u, 2u, 3u}) {
            net.add_router(n, 65000 + n);
            net.join(n, 9);
            net.announce(n, "10.1.0.0/24");
        }
        net.join(8, 9);
        net.settings(9, 8).session.offer.add_path_send = true;
        net.settings(8, 9).session.offer.add_path_receive = true;
        net.apply();
        net.advance(Seconds(10));
    }
    std::vector<PathView> paths_at(unsigned router) {
        const auto route = net.speaker(router).lookup(prefix("10.1.0.0/24"));
        return route ? route->paths : std::vector<PathView>();
    }
    // AS -> identifier
    std::map<std::uint32_t, std::uint32_t> ids_at(unsigned router) {
        std::map<std::uint32_t, std::uint32_t> out;
        for (const PathView& path : paths_at(router)) {
            out[path.attributes.as_path.first().value().value()] = path.path_id.value();
        }
        return out;
    }
};

}  // namespace

TEST_CASE("add-path: a neighbour that takes them has all paths, each under an identifier of its own") {
    Star star;
    const auto ids = star.ids_at(8);
    REQUIRE(ids.size() == 3);
    std::set<std::uint32_t> different;
    for (const auto& [as, id] : ids) different.insert(id);
    CHECK(different.size() == 3);
    CHECK(star.net.view(9, 8).ipv4.exported == 2);  // prefixes: the link's is the other
}

TEST_CASE("add-path: a path that goes is withdrawn alone, the others keep their identifiers") {
    Star star;
    auto before = star.ids_at(8);
    star.net.withdraw(2, "10.1.0.0/24");
    star.net.settle();
    before.erase(65002);
    CHECK(star.ids_at(8) == before);
    // Of two the one behind the best goes: the best is the same as before.
    star.net.withdraw(3, "10.1.0.0/24");
    star.net.settle();
    CHECK(star.ids_at(8).size() == 1);
    for (const unsigned n : {2u, 3u}) star.net.announce(n, "10.1.0.0/24");
    star.net.settle();
    CHECK(star.ids_at(8).size() == 3);
    star.net.leave(1, 9);
    star.net.apply();
    CHECK(star.ids_at(8).size() == 2);
    for (const unsigned n : {2u, 3u}) star.net.withdraw(n, "10.1.0.0/24");
    star.net.settle();
    CHECK(star.paths_at(8).empty());
    CHECK(star.net.view(9, 8).ipv4.exported == 1);
}

TEST_CASE("equal paths: one that goes from behind the best is no next hop any more") {
    Star star;
    const Prefix shared = prefix("10.1.0.0/24");
    CHECK(star.net.fib(9)[shared].hops.size() == 3);
    for (const unsigned n : {3u, 2u}) {
        star.net.withdraw(n, "10.1.0.0/24");
        star.net.settle();
        CHECK(star.net.fib(9)[shared].hops.size() == n - 1);
    }
}

TEST_CASE("add-path: a change of the best path touches nothing of the others") {
    Star star;
    const auto before = star.ids_at(8);
    star.net.settings(9, 2).policy.import_filter_ipv4 = FilterChain{[] {
        FilterRule rule;
        rule.accept = true;
        rule.operations = {SetLocalPref{500}};
        return rule;
    }()};
    star.net.apply();
    CHECK(star.ids_at(8) == before);
    CHECK(star.paths_at(8).front().attributes.as_path.first() == Asn(65002));
    CHECK(star.paths_at(8).front().attributes.local_pref == 500u);
}

TEST_CASE("add-path: who joins later, or asks again, gets all paths; who takes one gets the best") {
    Star star;
    star.net.add_router(7);
    star.net.join(7, 9);
    star.net.settings(9, 7).session.offer.add_path_send = true;
    star.net.settings(7, 9).session.offer.add_path_receive = true;
    star.net.add_router(6);
    star.net.join(6, 9);
    star.net.apply();
    star.net.advance(Seconds(10));
    CHECK(star.ids_at(7) == star.ids_at(8));
    CHECK(star.paths_at(6).size() == 1);
    star.net.speaker(8).request_refresh(Network::name(9), star.net.now());
    star.net.settle();
    CHECK(star.ids_at(8).size() == 3);
}

TEST_CASE("add-path: nothing goes back to where it came from") {
    Star star;
    // 1 takes several paths as well: of its own it is told nothing.
    star.net.settings(9, 1).session.offer.add_path_send = true;
    star.net.settings(1, 9).session.offer.add_path_receive = true;
    star.net.apply();
    star.net.advance(Seconds(30));
    std::size_t from_hub = 0;
    for (const PathView& path : star.paths_at(1)) {
        if (path.from == address(9)) ++from_hub;
    }
    CHECK(from_hub == 2);
}

}  // namespace dunlin::bgp::test
