#include "bgp/wire/encode.h"

#include <doctest/doctest.h>

#include "bgp/wire/framer.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

constexpr WireContext kBoth{.internal = true, .ipv6 = true, .extended_next_hop = true};

PathAttributes rich_attributes() {
    PathAttributes a;
    a.origin = Origin::incomplete;
    a.as_path = AsPath::sequence({Asn(65001), Asn(4200000000)});
    a.next_hop = address("192.0.2.1");
    a.med = 7;
    a.local_pref = 2147482623;
    a.atomic_aggregate = true;
    a.aggregator = Aggregator{Asn(4200000000), RouterId(1)};
    a.communities = {kNoExport, 0xfde90001};
    a.extended_communities = {0x0002fde900000007};
    a.large_communities = {{1, 2, 3}, {4, 5, 6}};
    a.originator_id = RouterId(0x0a000001);
    a.cluster_list = {1, 2};
    a.only_to_customer = Asn(9);
    a.unknown = {{0xe0, 24, {1, 2, 3}}, {0xc0, 99, std::vector<std::uint8_t>(300, 5)}};
    a.partial = 0b1011;
    return a;
}

std::vector<Nlri> many(Family family, std::size_t count) {
    std::vector<Nlri> out;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (family == Family::ipv4) {
            out.push_back({*Prefix::from(IpAddress::v4(0x0a000000 + i * 64), 26), PathId(i)});
        } else {
            std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
            octets[6] = static_cast<std::uint8_t>(i >> 8);
            octets[7] = static_cast<std::uint8_t>(i);
            out.push_back({*Prefix::from(IpAddress::v6(octets), 64), PathId(i)});
        }
    }
    return out;
}

Octets block_of(const PathAttributes& attributes, const EncodeContext& context = {}) {
    Octets out;
    encode_attributes(attributes, context, out);
    return out;
}

// Reads a stream of UPDATEs back; the attributes of all must be equal.
struct Read {
    std::vector<Nlri> announced, withdrawn;
    std::optional<PathAttributes> attributes;
    std::size_t messages = 0, longest = 0;
    std::optional<Family> end_of_rib;
};
Read read_back(const Octets& stream, const WireContext& context, std::size_t max_message = kMaxMessage) {
    Read out;
    UpdateParts parts;
    for (Bytes rest = stream; !rest.empty();) {
        const auto frame = peek(rest, max_message);
        REQUIRE(frame.has_value());
        REQUIRE(frame->has_value());
        ++out.messages;
        out.longest = std::max(out.longest, (*frame)->whole.size());
        REQUIRE(split_update((*frame)->body, context, parts).has_value());
        const NlriKind kind = parts.mp_family ? NlriKind::multiprotocol : NlriKind::classic;
        out.announced.insert(out.announced.end(), parts.nlri(kind).begin(), parts.nlri(kind).end());
        out.withdrawn.insert(out.withdrawn.end(), parts.withdrawn.begin(), parts.withdrawn.end());
        out.end_of_rib = parts.end_of_rib;
        if (!parts.nlri(kind).empty()) {
            const auto outcome = decode_attributes(parts, context, kind);
            CHECK(outcome.verdict == Verdict::ok);
            CHECK(outcome.repairs.empty());
            if (out.attributes) CHECK(*out.attributes == outcome.attributes);
            out.attributes = outcome.attributes;
        }
        rest = rest.subspan((*frame)->whole.size());
    }
    return out;
}

TEST_CASE("encoding: all attributes survive a round trip") {
    const PathAttributes a = rich_attributes();
    Octets stream;
    REQUIRE(encode_announcements(many(Family::ipv4, 1), block_of(a), {a.next_hop, {}}, {}, stream));
    CHECK(read_back(stream, kBoth).attributes == a);
}

TEST_CASE(
    "encoding: to an old neighbour the numbers travel in AS4_PATH and AS4_AGGREGATOR (RFC 6793 4.2.2)") {
    PathAttributes a = rich_attributes();
    WireContext old = kBoth;
    old.as4 = false;
    Octets stream;
    REQUIRE(encode_announcements(many(Family::ipv4, 1), block_of(a, {.as4 = false}), {a.next_hop, {}}, {},
                                 stream));
    CHECK(read_back(stream, old).attributes == a);
    a.as_path = AsPath::sequence({Asn(65001)});
    a.aggregator.reset();
    a.unknown.clear();
    const Octets block = block_of(a, {.as4 = false});
    for (ByteReader in{Bytes(block)}; !in.empty();) {
        const std::uint8_t flags = in.u8();
        CHECK(in.u8() != 17);
        in.take((flags & 0x10) != 0 ? in.u16() : in.u8());
    }
}

TEST_CASE("encoding: LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST stay inside the AS") {
    PathAttributes a = rich_attributes();
    Octets stream;
    REQUIRE(encode_announcements(many(Family::ipv4, 1), block_of(a, {.internal = false}), {a.next_hop, {}},
                                 {}, stream));
    a.local_pref.reset();
    a.originator_id.reset();
    a.cluster_list.clear();
    CHECK(read_back(stream, WireContext{}).attributes == a);
}

TEST_CASE("encoding: NEXT_HOP stands where its type belongs, and MP_REACH_NLRI first") {
    PathAttributes a;
    a.med = 1;
    Octets stream;
    REQUIRE(encode_announcements(many(Family::ipv4, 1), block_of(a), {address("192.0.2.1"), {}}, {}, stream));
    CHECK(Octets(stream.begin() + 23, stream.end()) ==
          hex("40 01 01 00 40 02 00 40 03 04 c0 00 02 01 80 04 04 00 00 00 01 1a 0a 00 00 00"));
    stream.clear();
    REQUIRE(encode_announcements(many(Family::ipv6, 1), block_of(a), {address("2001:db8::1"), {}},
                                 {.family = Family::ipv6}, stream));
    CHECK(stream[23] == 0x90);
    CHECK(stream[24] == 14);
}

TEST_CASE("encoding: prefixes fill messages up to the limit, in order, and none is lost") {
    const PathAttributes a = rich_attributes();
    const Octets block = block_of(a);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        for (const std::size_t limit : {kMaxMessage, kMaxExtendedMessage}) {
            for (const bool add_path : {false, true}) {
                for (const bool multiprotocol : {false, true}) {
                    const PackContext pack{family, limit, add_path, multiprotocol};
                    const NextHop next_hop{family == Family::ipv4 ? a.next_hop : address("2001:db8::1"), {}};
                    std::vector<Nlri> nlri = many(family, 20000);
                    if (!add_path) {
                        for (Nlri& each : nlri) each.path_id = {};
                    }
                    WireContext context = kBoth;
                    context.add_path_v4 = context.add_path_v6 = add_path;
                    Octets stream;
                    REQUIRE(encode_announcements(nlri, block, next_hop, pack, stream));
                    Read read = read_back(stream, context, limit);
                    CHECK(read.announced == nlri);
                    CHECK(read.longest <= limit);
                    CHECK(read.longest > limit - 21);
                    stream.clear();
                    encode_withdrawals(nlri, pack, stream);
                    read = read_back(stream, context, limit);
                    CHECK(read.withdrawn == nlri);
                    CHECK(read.longest <= limit);
                    CHECK(read.longest > limit - 21);
                }
            }
        }
    }
}

TEST_CASE("encoding: every room near the limit is used to the last octet") {
    PathAttributes a;
    for (std::size_t size = 3990; size < 4080; ++size) {
        a.unknown = {{0xc0, 99, std::vector<std::uint8_t>(size, 1)}};
        const Octets block = block_of(a);
        Octets stream{1, 2, 3};
        const std::size_t count =
            encode_announcement(many(Family::ipv4, 9), block, {address("192.0.2.1"), {}}, {}, stream);
        const std::size_t room = kMaxMessage - std::min(kMaxMessage, std::size_t{23 + 7} + block.size());
        CHECK(count == std::min<std::size_t>(room / 5, 9));
        if (count == 0) {
            CHECK(stream == Octets{1, 2, 3});  // nothing is left behind
        } else {
            CHECK(stream.size() == 3 + 23 + 7 + block.size() + 5 * count);
        }
    }
}

TEST_CASE("encoding: attributes that leave no room are told, in both forms") {
    PathAttributes a;
    a.as_path = AsPath::sequence(std::vector<Asn>(1100, Asn(65001)));
    const Octets block = block_of(a);
    Octets stream;
    CHECK_FALSE(encode_announcements(many(Family::ipv4, 1), block, {address("192.0.2.1"), {}}, {}, stream));
    CHECK_FALSE(encode_announcements(many(Family::ipv6, 1), block, {address("2001:db8::1"), {}},
                                     {.family = Family::ipv6}, stream));
    CHECK(stream.empty());
    CHECK(encode_announcements(many(Family::ipv4, 1), block, {address("192.0.2.1"), {}},
                               {.max_message = kMaxExtendedMessage}, stream));
}

TEST_CASE("encoding: a path of 766 ASes fits a message of 4,096 octets") {
    PathAttributes a;
    a.as_path = AsPath::sequence(std::vector<Asn>(766, Asn(65001)));
    Octets stream;
    REQUIRE(encode_announcements(many(Family::ipv4, 1), block_of(a), {address("192.0.2.1"), {}}, {}, stream));
    CHECK(read_back(stream, kBoth).attributes->as_path == a.as_path);
}

TEST_CASE("encoding: next hops of 32 octets, and of IPv6 for IPv4 (RFC 2545 3, RFC 8950)") {
    const NextHop both{address("2001:db8::1"), address("fe80::1")};
    Octets stream;
    REQUIRE(
        encode_announcements(many(Family::ipv6, 3), block_of({}), both, {.family = Family::ipv6}, stream));
    auto read = read_back(stream, kBoth);
    CHECK(read.attributes->next_hop == both.address);
    CHECK(read.attributes->link_local_next_hop == both.link_local);
    stream.clear();
    REQUIRE(encode_announcements(many(Family::ipv4, 3), block_of({}), {both.address, {}}, {}, stream));
    read = read_back(stream, kBoth);
    CHECK(read.announced.size() == 3);
    CHECK(read.attributes->next_hop == both.address);
}

TEST_CASE("encoding: End-of-RIB") {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        Octets stream;
        encode_end_of_rib(family, stream);
        CHECK(read_back(stream, kBoth).end_of_rib == family);
    }
}

}  // namespace
}  // namespace dunlin::bgp
