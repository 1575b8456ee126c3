#include <doctest/doctest.h>

#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

const Octets kReach =
    hex("80 0e 1a 00 02 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 20 20 01 0d b9");
const Octets kUnreach = hex("80 0f 08 00 02 01 20 20 01 0d ba");
constexpr WireContext kBoth{.ipv6 = true};

UpdateParts parts_of(const Octets& body, const WireContext& context = kBoth) {
    keep_update_as_seed(body, context);
    UpdateParts parts;
    const auto done = split_update(body, context, parts);
    REQUIRE(done.has_value());
    return parts;
}
Notification refused(const Octets& body, const WireContext& context = kBoth) {
    keep_update_as_seed(body, context);
    UpdateParts parts;
    const auto done = split_update(body, context, parts);
    REQUIRE_FALSE(done.has_value());
    return done.error();
}

TEST_CASE("UPDATE: withdrawn and announced prefixes of both families") {
    const auto parts =
        parts_of(update_body(hex("08 0b"), kMandatory + kReach + kUnreach, hex("00 20 0a 00 00 01")));
    CHECK(parts.withdrawn == std::vector<Nlri>{{prefix("11.0.0.0/8"), {}}, {prefix("2001:dba::/32"), {}}});
    CHECK(parts.announced == std::vector<Nlri>{{prefix("0.0.0.0/0"), {}}, {prefix("10.0.0.1/32"), {}}});
    CHECK(parts.mp_announced == std::vector<Nlri>{{prefix("2001:db9::/32"), {}}});
    CHECK(parts.mp_family == Family::ipv6);
    CHECK(parts.mp_next_hop == address("2001:db8::1"));
    CHECK(Octets(parts.attributes().begin(), parts.attributes().end()) == kMandatory);
    CHECK_FALSE(parts.end_of_rib.has_value());
}

TEST_CASE("UPDATE: host bits behind the prefix length are cut off") {
    CHECK(parts_of(update_body({}, kMandatory, hex("09 0a ff"))).announced[0].prefix ==
          prefix("10.128.0.0/9"));
}

TEST_CASE("UPDATE: path ids are read where add-path is in use (RFC 7911 3)") {
    const WireContext context{.add_path_v4 = true};
    const auto parts =
        parts_of(update_body(hex("00 00 00 02 08 0b"), kMandatory, hex("00 00 00 01 08 0a")), context);
    CHECK(parts.announced == std::vector<Nlri>{{prefix("10.0.0.0/8"), PathId(1)}});
    CHECK(parts.withdrawn == std::vector<Nlri>{{prefix("11.0.0.0/8"), PathId(2)}});
    CHECK(refused(update_body({}, kMandatory, hex("00 00 00")), context) ==
          update_error(UpdateError::invalid_network_field));
}

TEST_CASE("UPDATE: the parts are cleared before they are used again") {
    UpdateParts parts;
    REQUIRE(split_update(update_body(hex("08 0b"), kMandatory + kReach, kNlri), kBoth, parts));
    REQUIRE(split_update(update_body({}, {}, {}), kBoth, parts));
    CHECK(parts.withdrawn.empty());
    CHECK(parts.announced.empty());
    CHECK(parts.mp_announced.empty());
    CHECK_FALSE(parts.mp_family.has_value());
    CHECK_FALSE(parts.reachable());
    CHECK(parts.attributes().empty());
    CHECK(parts.end_of_rib == Family::ipv4);
}

TEST_CASE("UPDATE: End-of-RIB of both families (RFC 4724 2)") {
    CHECK(parts_of(hex("00 00 00 00")).end_of_rib == Family::ipv4);
    CHECK(parts_of(update_body({}, hex("80 0f 03 00 02 01"), {})).end_of_rib == Family::ipv6);
    CHECK(parts_of(update_body({}, hex("80 0f 03 00 01 01"), {})).end_of_rib == Family::ipv4);
    CHECK_FALSE(parts_of(update_body({}, kUnreach, {})).end_of_rib.has_value());
    CHECK_FALSE(
        parts_of(update_body({}, hex("80 0f 03 00 02 01") + kMandatory, kNlri)).end_of_rib.has_value());
    CHECK_FALSE(parts_of(update_body({}, hex("80 0f 03 00 19 41"), {})).end_of_rib.has_value());
}

TEST_CASE("UPDATE: lengths that do not add up are a Malformed Attribute List") {
    const Notification malformed = update_error(UpdateError::malformed_attribute_list);
    CHECK(refused(hex("00 00 00")) == malformed);
    CHECK(refused(hex("00 05 00 00")) == malformed);
    CHECK(refused(hex("00 00 00 01")) == malformed);
}

TEST_CASE("UPDATE: prefixes that cannot be read are an Invalid Network Field") {
    const Notification invalid = update_error(UpdateError::invalid_network_field);
    CHECK(refused(update_body({}, kMandatory, hex("21 0a 00 00 00 01"))) == invalid);
    CHECK(refused(update_body({}, kMandatory, hex("18 0a 00"))) == invalid);
    CHECK(refused(update_body(hex("18 0a 00"), {}, {})) == invalid);
}

TEST_CASE("UPDATE: a malformed MP attribute resets, and is the data (RFC 7606 5.3)") {
    for (const char* text : {"80 0e 04 00 02 01 00", "80 0f 02 00 02", "c0 0f 03 00 02 01",
                             "40 0f 03 00 02 01", "80 0f 05 00 02 01 81 20", "80 0f 05 00 02 01 10 20",
                             "80 0e 09 00 02 01 04 c0 00 02 01 00", "80 0e 06 00 02 01 7f 00 00"}) {
        CAPTURE(text);
        CHECK(refused(update_body({}, hex(text), {})) ==
              update_error(UpdateError::optional_attribute_error, hex(text)));
    }
}

TEST_CASE("UPDATE: MP_REACH_NLRI or MP_UNREACH_NLRI twice resets with 3/1 (RFC 7606 3 g)") {
    CHECK(refused(update_body({}, kMandatory + kReach + kReach, {})).subcode == 1);
    CHECK(refused(update_body({}, kUnreach + kUnreach, {})).subcode == 1);
}

TEST_CASE("UPDATE: a family that was not negotiated is left out, but told") {
    const auto unknown = parts_of(update_body({}, hex("80 0e 06 00 19 46 00 00 01") + kMandatory, kNlri));
    CHECK(unknown.ignored_family == AfiSafi{25, 70});
    CHECK(unknown.announced.size() == 1);
    const auto v6 = parts_of(update_body({}, kMandatory + kReach, {}), WireContext{});
    CHECK(v6.ignored_family == unicast(Family::ipv6));
    CHECK(v6.mp_announced.empty());
    CHECK(v6.reachable());
    const auto v4 = parts_of(update_body({}, kMandatory, kNlri), WireContext{.ipv4 = false, .ipv6 = true});
    CHECK(v4.ignored_family == unicast(Family::ipv4));
    CHECK(v4.announced.empty());
}

TEST_CASE("UPDATE: next hops of 32 octets (RFC 2545 3)") {
    const auto reach = [](const char* second) {
        return hex("80 0e 25 00 02 01 20") + hex("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01") +
               hex(second) + hex("00 00");
    };
    const auto both =
        parts_of(update_body({}, kMandatory + reach("fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02"), {}));
    CHECK(both.mp_next_hop == address("2001:db8::1"));
    CHECK(both.mp_link_local == address("fe80::2"));
    const auto odd =
        parts_of(update_body({}, kMandatory + reach("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02"), {}));
    CHECK_FALSE(odd.mp_link_local.has_value());
}

TEST_CASE("UPDATE: IPv4 with an IPv6 next hop needs RFC 8950") {
    const Octets reach = hex("80 0e 17 00 01 01 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 08 0a");
    const auto parts =
        parts_of(update_body({}, reach + kOrigin + kAsPath, {}), WireContext{.extended_next_hop = true});
    CHECK(parts.mp_family == Family::ipv4);
    CHECK(parts.mp_next_hop == address("2001:db8::1"));
    CHECK(parts.mp_announced[0].prefix == prefix("10.0.0.0/8"));
    CHECK(refused(update_body({}, reach, {}), WireContext{}).subcode == 9);
}

TEST_CASE("UPDATE: the key is the same for equal attributes, and differs with what changes their meaning") {
    const auto key = [](const Octets& body, const WireContext& context, NlriKind kind) {
        const auto parts = parts_of(body, context);
        return Octets(parts.key(kind).begin(), parts.key(kind).end());
    };
    const Octets body = update_body({}, kMandatory, kNlri);
    const Octets first = key(body, kBoth, NlriKind::classic);
    CHECK(first == key(update_body(hex("08 0b"), kMandatory, hex("08 0c")), kBoth, NlriKind::classic));
    CHECK(first != key(body, WireContext{.internal = true, .ipv6 = true}, NlriKind::classic));
    CHECK(first != key(body, WireContext{.as4 = false, .ipv6 = true}, NlriKind::classic));
    CHECK(first != key(update_body({}, kMandatory, {}), kBoth, NlriKind::classic));
    const Octets mp = update_body({}, kReach + kMandatory, {});
    Octets other_next_hop = mp;
    other_next_hop[4 + 3 + 4 + 15] = 9;
    CHECK(key(mp, kBoth, NlriKind::multiprotocol) != key(other_next_hop, kBoth, NlriKind::multiprotocol));
    CHECK(key(mp, kBoth, NlriKind::multiprotocol) ==
          key(update_body({}, kMandatory + kReach, {}), kBoth, NlriKind::multiprotocol));
}

TEST_CASE("UPDATE: every beginning of a valid message, and every octet of it changed, is read without harm") {
    const Octets whole = update_body(hex("08 0b"), kReach + kMandatory + kUnreach, hex("18 0a 01 02 08 0c"));
    UpdateParts parts;
    const auto read = [&parts](const Octets& body) {
        if (!split_update(body, kBoth, parts)) return;
        (void)decode_attributes(parts, kBoth, NlriKind::classic);
        (void)decode_attributes(parts, kBoth, NlriKind::multiprotocol);
    };
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        read(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (unsigned value = 0; value < 256; ++value) {
            Octets changed = whole;
            changed[at] = static_cast<std::uint8_t>(value);
            read(changed);
        }
    }
}

}  // namespace
}  // namespace dunlin::bgp
