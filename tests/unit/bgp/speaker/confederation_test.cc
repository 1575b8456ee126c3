// RFC 5065: a confederation of two member ASes, seen from inside and from outside.
#include <doctest/doctest.h>

#include "tests/unit/bgp/speaker/network.h"

namespace dunlin::bgp::test {
namespace {

constexpr Asn kIdentifier(64600);

// 1 and 2 are of member AS 65001, 3 of 65002; 9 is an AS outside that knows 3, 8 one that knows 1.
struct Confederated {
    Network net;
    Confederated() {
        net.add_router(1, 65001);
        net.add_router(2, 65001);
        net.add_router(3, 65002);
        net.add_router(8, 64998);
        net.add_router(9, 64999);
        net.join(1, 2);
        net.join(2, 3);
        net.join(3, 9);
        net.join(8, 1);
        for (const auto& [a, b] : {std::pair{1U, 2U}, {2U, 1U}, {2U, 3U}, {3U, 2U}, {3U, 9U}, {1U, 8U}}) {
            Offer& offer = net.settings(a, b).session.offer;
            const bool outside = b == 9 || b == 8;
            offer.confederation = Confederation{kIdentifier, offer.local_as, !outside};
            if (outside) offer.local_as = kIdentifier;
        }
        net.settings(9, 3).session.offer.peer_as = kIdentifier;
        net.settings(8, 1).session.offer.peer_as = kIdentifier;
        net.apply();
        net.advance(Seconds(10));
    }
    std::string path(unsigned router, std::string_view prefix) {
        const auto best = net.best(router, prefix);
        return best ? best->attributes.as_path.to_string() : "none";
    }
};

}  // namespace

TEST_CASE("confederation: the path has the member ASes inside, and the identifier alone outside") {
    Confederated c;
    c.net.announce(1, "10.1.0.0/24");
    c.net.settle();
    CHECK(c.path(2, "10.1.0.0/24") == "");
    CHECK(c.path(3, "10.1.0.0/24") == "(65001)");
    CHECK(c.path(9, "10.1.0.0/24") == "64600");
    // LOCAL_PREF and the next hop go through (5.1, 5.2).
    const auto at3 = c.net.best(3, "10.1.0.0/24");
    REQUIRE(at3);
    CHECK(at3->attributes.local_pref == c.net.best(2, "10.1.0.0/24")->attributes.local_pref);
    CHECK(at3->attributes.next_hop == address(1));
}

TEST_CASE("confederation: a route from outside crosses it, and its path is counted without the members") {
    Confederated c;
    c.net.announce(9, "10.9.0.0/24");
    c.net.settle();
    CHECK(c.path(3, "10.9.0.0/24") == "64999");
    CHECK(c.path(2, "10.9.0.0/24") == "(65002) 64999");
    CHECK(c.path(1, "10.9.0.0/24") == "(65002) 64999");
    CHECK(c.path(8, "10.9.0.0/24") == "64600 64999");
    CHECK(c.net.best(2, "10.9.0.0/24")->attributes.as_path.length() == 1);
    CHECK(c.net.best(2, "10.9.0.0/24")->attributes.as_path.first() == Asn(64999));
}

TEST_CASE("confederation: NO_EXPORT goes to members, NO_EXPORT_SUBCONFED does not") {
    Confederated c;
    auto& policy = c.net.settings(1, 2).policy.export_ipv4.edit();
    policy.communities = {{prefix("10.1.0.0/24"), {kNoExport}, {}},
                          {prefix("10.2.0.0/24"), {kNoExportSubconfed}, {}}};
    c.net.apply();
    c.net.announce(1, "10.1.0.0/24");
    c.net.announce(1, "10.2.0.0/24");
    c.net.settle();
    CHECK(c.net.best(3, "10.1.0.0/24"));
    CHECK_FALSE(c.net.best(9, "10.1.0.0/24"));
    CHECK(c.net.best(2, "10.2.0.0/24"));
    CHECK_FALSE(c.net.best(3, "10.2.0.0/24"));
}

}  // namespace dunlin::bgp::test
