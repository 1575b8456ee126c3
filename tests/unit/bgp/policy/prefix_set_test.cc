#include "bgp/policy/prefix_set.h"

#include <doctest/doctest.h>

#include <random>

namespace dunlin::bgp {
namespace {

Prefix prefix(std::string_view text) { return *Prefix::parse(text); }

}  // namespace

TEST_CASE("PrefixSet: covers what is inside, contains what is in it") {
    const PrefixSet set{prefix("10.96.0.0/12"), prefix("192.0.2.7/32"), prefix("fd00::/48")};
    CHECK(set.covers(prefix("10.96.0.0/12")));
    CHECK(set.covers(prefix("10.100.1.1/32")));
    CHECK_FALSE(set.covers(prefix("10.0.0.0/8")));
    CHECK(set.covers(prefix("192.0.2.7/32")));
    CHECK_FALSE(set.covers(prefix("192.0.2.8/32")));
    CHECK(set.covers(prefix("fd00:0:0:1::/64")));
    CHECK_FALSE(set.covers(prefix("fd01::/64")));
    CHECK(set.contains(prefix("fd00::/48")));
    CHECK_FALSE(set.contains(prefix("fd00::/64")));
    CHECK_FALSE(PrefixSet().covers(prefix("0.0.0.0/0")));
    CHECK(PrefixSet{prefix("0.0.0.0/0")}.covers(prefix("203.0.113.0/24")));
}

TEST_CASE("PrefixSet: agrees with a walk of the list") {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<Prefix> list;
        for (int i = 0; i < 20; ++i) {
            const auto v4 = IpAddress::v4(static_cast<std::uint32_t>(random()) & 0x0f0f0000u);
            const unsigned length = static_cast<unsigned>(random() % 25);
            const auto masked = Prefix::from(v4, length);
            if (masked) list.push_back(*masked);
        }
        const PrefixSet set(list);
        for (int i = 0; i < 50; ++i) {
            const auto asked =
                Prefix::from(IpAddress::v4(static_cast<std::uint32_t>(random()) & 0x0f0f0000u), 32);
            bool covered = false;
            for (const Prefix& each : list) covered = covered || each.contains(*asked);
            CHECK(set.covers(*asked) == covered);
        }
    }
}

}  // namespace dunlin::bgp
