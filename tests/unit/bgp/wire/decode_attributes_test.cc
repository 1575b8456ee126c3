#include <doctest/doctest.h>

#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

constexpr WireContext kInternal{.internal = true, .ipv6 = true};

PathAttributes attributes_of(const Octets& attributes, const WireContext& context = kInternal) {
    auto outcome = outcome_of(attributes, context);
    CHECK(outcome.verdict == Verdict::ok);
    CHECK(outcome.repairs.empty());
    return outcome.attributes;
}

TEST_CASE("attributes: every known one, from an iBGP neighbour") {
    const auto a = attributes_of(
        kMandatory +
        hex("80 04 04 00 00 00 0a 40 05 04 00 00 00 c8 40 06 00 e0 07 08 00 00 fd ea 0a 00 00 02") +
        hex("c0 08 08 ff ff ff 01 fd e9 00 07 80 09 04 0a 00 00 03 80 0a 08 0a 00 00 04 0a 00 00 05") +
        hex("c0 10 08 00 02 fd e9 00 00 00 07 c0 20 0c 00 00 00 01 00 00 00 02 00 00 00 03 c0 23 04 00 00 fd "
            "e9"));
    CHECK(a.next_hop == address("192.0.2.1"));
    CHECK(a.as_path.to_string() == "65001");
    CHECK(a.med == 10u);
    CHECK(a.local_pref == 200u);
    CHECK(a.atomic_aggregate);
    CHECK(a.aggregator == Aggregator{Asn(65002), RouterId(0x0a000002)});
    CHECK(a.communities == std::vector<std::uint32_t>{kNoExport, 0xfde90007});
    CHECK(a.originator_id == RouterId(0x0a000003));
    CHECK(a.cluster_list == std::vector<std::uint32_t>{0x0a000004, 0x0a000005});
    CHECK(a.extended_communities == std::vector<std::uint64_t>{0x0002fde900000007});
    CHECK(a.large_communities == std::vector<LargeCommunity>{{1, 2, 3}});
    CHECK(a.only_to_customer == Asn(65001));
    CHECK(a.partial == 1);
}

TEST_CASE("attributes: an empty AS_PATH is well-formed") {
    CHECK(attributes_of(kOrigin + hex("40 02 00") + kNextHop).as_path.empty());
}

TEST_CASE("attributes: the extended length bit is taken for any length") {
    CHECK(attributes_of(hex("50 01 00 01 02") + kAsPath + kNextHop).origin == Origin::incomplete);
}

TEST_CASE("attributes: repeated large communities count once, in their order (RFC 8092 3)") {
    const auto a =
        attributes_of(kMandatory + hex("c0 20 24 00 00 00 09 00 00 00 02 00 00 00 03") +
                      hex("00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 09 00 00 00 02 00 00 00 03"));
    CHECK(a.large_communities == std::vector<LargeCommunity>{{9, 2, 3}, {1, 2, 3}});
}

TEST_CASE("attributes: unknown optional transitive ones are kept, ordered; the others are dropped") {
    const auto a = attributes_of(kMandatory + hex("c0 64 01 01 e0 63 02 01 02 80 62 01 01"));
    REQUIRE(a.unknown.size() == 2);
    CHECK(a.unknown[0] == UnknownAttribute{0xe0, 0x63, {1, 2}});
    CHECK(a.unknown[1] == UnknownAttribute{0xc0, 0x64, {1}});
}

TEST_CASE("attributes: NEXT_HOP beside MP_REACH_NLRI alone means nothing, whatever it is (RFC 4760 3)") {
    const Octets reach =
        hex("80 0e 1a 00 02 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 20 20 01 0d b9");
    const auto outcome = outcome_of(reach + kOrigin + kAsPath + hex("40 03 01 00"), kInternal, {});
    CHECK(outcome.verdict == Verdict::ok);
    CHECK(outcome.attributes.next_hop == address("2001:db8::1"));
}

TEST_CASE("attributes: an IPv6 next hop that is no address of a host costs the route") {
    for (const char* next_hop : {"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
                                 "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01",
                                 "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01"}) {
        const Octets reach = hex("80 0e 1a 00 02 01 10") + hex(next_hop) + hex("00 20 20 01 0d b9");
        CHECK(outcome_of(reach + kOrigin + kAsPath, kInternal, {}).verdict == Verdict::treat_as_withdraw);
    }
}

TEST_CASE("attributes: AS4_PATH and AS4_AGGREGATOR of an old neighbour are merged (RFC 6793 4.2.3)") {
    const WireContext old{.as4 = false};
    const Octets start = kOrigin + hex("40 02 06 02 02 fd e9 5b a0") + kNextHop;
    const Octets as4_path = hex("c0 11 06 02 01 fa 56 ea 00");
    const Octets as4_aggregator = hex("c0 12 08 fa 56 ea 00 0a 00 00 01");
    auto a = attributes_of(start + hex("c0 07 06 5b a0 0a 00 00 01") + as4_path + as4_aggregator, old);
    CHECK(a.as_path.to_string() == "65001 4200000000");
    CHECK(a.aggregator == Aggregator{Asn(4200000000), RouterId(0x0a000001)});
    a = attributes_of(start + hex("c0 07 06 fd e9 0a 00 00 01") + as4_path + as4_aggregator, old);
    CHECK(a.as_path.to_string() == "65001 23456");
    CHECK(a.aggregator == Aggregator{Asn(65001), RouterId(0x0a000001)});
}

TEST_CASE("attributes: every field counts for equality and for the hash") {
    const PathAttributes base;
    std::vector<PathAttributes> all(16, base);
    all[0].origin = Origin::egp;
    all[1].as_path = AsPath::sequence({Asn(1)});
    all[2].next_hop = address("10.0.0.1");
    all[3].link_local_next_hop = address("fe80::1");
    all[4].med = 0;
    all[5].local_pref = 0;
    all[6].atomic_aggregate = true;
    all[7].aggregator = Aggregator{Asn(1), RouterId(1)};
    all[8].communities = {1};
    all[9].extended_communities = {1};
    all[10].large_communities = {{1, 2, 3}};
    all[11].originator_id = RouterId(1);
    all[12].cluster_list = {1};
    all[13].only_to_customer = Asn(1);
    all[14].unknown = {{0xc0, 99, {1}}};
    all[15].partial = 1;
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(all[i] == base);
        CHECK(hash_of(all[i]) != hash_of(base));
        for (std::size_t j = 0; j < i; ++j) CHECK(hash_of(all[i]) != hash_of(all[j]));
    }
    CHECK(hash_of(base) == hash_of(PathAttributes()));
}

}  // namespace
}  // namespace dunlin::bgp
