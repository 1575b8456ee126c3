#include "bgp/rib/attribute_store.h"

#include <doctest/doctest.h>

#include "bgp/rib/attribute_codec.h"

using namespace dunlin;
using namespace dunlin::bgp;

namespace {

PathAttributes everything() {
    PathAttributes a;
    a.origin = Origin::incomplete;
    a.as_path =
        AsPath({{SegmentType::sequence, {Asn(65001), Asn(4200000000)}}, {SegmentType::set, {Asn(1)}}});
    a.next_hop = *IpAddress::parse("2001:db8::1");
    a.link_local_next_hop = IpAddress::parse("fe80::1");
    a.med = 5;
    a.local_pref = 0;
    a.atomic_aggregate = true;
    a.aggregator = Aggregator{Asn(65001), RouterId(9)};
    a.communities.assign(300, 0xfde80001);  // longer than one octet counts
    a.extended_communities = {0x0002fde800000001};
    a.large_communities = {{1, 2, 3}, {4, 5, 6}};
    a.originator_id = RouterId(7);
    a.cluster_list = {1, 2, 3};
    a.only_to_customer = Asn(65002);
    a.unknown = {{0xe0, 99, {1, 2, 3}}, {0xc0, 100, {}}};
    a.partial = 0b1010;
    return a;
}

Bytes octets(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("attributes come back from the store as they were") {
    AttributeStore store(1);
    const AttributesId all = store.intern(everything(), 3);
    CHECK(store.attributes(all) == everything());
    CHECK(store.next_hop(all) == everything().next_hop);
    const AttributesId none = store.intern(PathAttributes(), 3);
    CHECK(store.attributes(none) == PathAttributes());
    CHECK(store.next_hop(none) == PathAttributes().next_hop);
    PathAttributes zero;  // zero is not the same as absent
    zero.med = 0;
    const AttributesId with_zero = store.intern(zero, 3);
    CHECK(with_zero != none);
    CHECK(store.attributes(with_zero) == zero);
    CHECK(store.summary(all).as_path_length == 3);
    CHECK(store.summary(all).neighbour_as == 65001);
    CHECK(store.summary(all).cluster_list_length == 3);
    CHECK(store.summary(all).local_pref == 0);
    CHECK(store.summary(none).local_pref == 100);
}

TEST_CASE("equal attributes with the same next hop are one set, counted, and gone with the last reference") {
    AttributeStore store(1);
    const AttributesId first = store.intern(everything(), 3);
    CHECK(store.intern(everything(), 3) == first);
    CHECK(store.intern(everything(), 4) != first);
    CHECK(store.size() == 2);
    NextHopId next_hop = 0;
    CHECK_FALSE(store.release(first, next_hop));
    CHECK(store.release(first, next_hop));
    CHECK(next_hop == 3);
    CHECK(store.size() == 1);
}

TEST_CASE("octets that were seen before lead to the set until it is gone") {
    AttributeStore store(1);
    const Fingerprint known_as = store.fingerprint(octets("raw"), 7);
    CHECK(store.find(known_as) == 0);
    const AttributesId id = store.intern(everything(), 3);
    store.remember(known_as, id);
    CHECK(store.find(known_as) == id);
    CHECK(store.find(store.fingerprint(octets("raw"), 8)) == 0);
    CHECK(store.find(store.fingerprint(octets("row"), 7)) == 0);
    const Fingerprint other = store.fingerprint(octets("other"), 7);  // one of each set is kept
    store.remember(other, id);
    CHECK(store.find(other) == id);
    CHECK(store.find(known_as) == 0);
    NextHopId next_hop = 0;
    store.release(id, next_hop);
    CHECK(store.find(other) == 0);
}

TEST_CASE("thousands of sets come and go and leave nothing behind") {
    AttributeStore store(99);
    std::vector<AttributesId> ids;
    PathAttributes a;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        a.med = i;
        ids.push_back(store.intern(a, 1));
        store.remember({i + 1, i}, ids.back());
    }
    CHECK(store.size() == 5000);
    for (std::uint32_t i = 0; i < 5000; ++i) {
        REQUIRE(store.find({i + 1, i}) == ids[i]);
        REQUIRE(store.attributes(ids[i]).med == i);
    }
    NextHopId next_hop = 0;
    for (std::uint32_t i = 0; i < 5000; i += 2) store.release(ids[i], next_hop);
    for (std::uint32_t i = 0; i < 5000; ++i) REQUIRE(store.find({i + 1, i}) == (i % 2 == 0 ? 0 : ids[i]));
    for (std::uint32_t i = 1; i < 5000; i += 2) store.release(ids[i], next_hop);
    CHECK(store.size() == 0);
    CHECK(store.bytes() < 64 * 1024);
}
