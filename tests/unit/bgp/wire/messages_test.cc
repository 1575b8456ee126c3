#include "bgp/wire/messages.h"

#include <doctest/doctest.h>

#include "bgp/wire/capability.h"
#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

Bytes body_of(const Octets& message) { return Bytes(message).subspan(kHeaderLength); }

// An OPEN body: AS 65001, hold time 90, identifier 10.0.0.1, then what is given.
Octets open_body(const Octets& rest) {
    Octets out = hex("04 fd e9 00 5a 0a 00 00 01") + rest;
    keep_as_seed("open", out);
    return out;
}
Octets with_capabilities(const Octets& capabilities) {
    const auto size = static_cast<std::uint8_t>(capabilities.size());
    return open_body(Octets{static_cast<std::uint8_t>(size + 2), 2, size} + capabilities);
}
Notification refused(const Octets& body) {
    const auto open = decode_open(body);
    REQUIRE_FALSE(open.has_value());
    return open.error();
}

Open full_open() {
    Open open;
    open.asn = Asn(4200000000);
    open.my_as = kAsTrans;
    open.hold_time = Seconds(90);
    open.identifier = RouterId(0x0a000001);
    Capabilities& c = open.capabilities;
    c.families = {unicast(Family::ipv4), unicast(Family::ipv6)};
    c.route_refresh = c.enhanced_route_refresh = c.extended_messages = true;
    c.four_octet_as = open.asn;
    c.long_lived = {{unicast(Family::ipv6), true, 86400}, {unicast(Family::ipv4), false, 0xffffff}};
    c.graceful_restart =
        GracefulRestart{true, true, 120, {{unicast(Family::ipv4), true}, {unicast(Family::ipv6)}}};
    c.add_paths = {{unicast(Family::ipv4), 3}, {unicast(Family::ipv6), 1}};
    c.extended_next_hops = {{unicast(Family::ipv4), 2}};
    c.role = Role::customer;
    c.roles_seen = {3};
    return open;
}

TEST_CASE("OPEN: every capability survives a round trip") {
    const Open open = full_open();
    const auto again = decode_open(body_of(encode_open(open)));
    REQUIRE(again.has_value());
    CHECK(*again == open);
}

TEST_CASE("OPEN: all capabilities stand in one parameter (RFC 5492 4)") {
    const Octets message = encode_open(full_open());
    CHECK(message[28] + 29u == message.size());
    CHECK(message[29] == 2);
    CHECK(message[30] + 31u == message.size());
}

TEST_CASE("OPEN: parameters over 254 octets take the form of RFC 9072, and it is read") {
    Open open = full_open();
    for (std::uint8_t safi = 10; safi < 60; ++safi) open.capabilities.families.push_back({1, safi});
    const Octets message = encode_open(open);
    CHECK(message[28] == 255);
    CHECK(message[29] == 255);
    const auto again = decode_open(body_of(message));
    REQUIRE(again.has_value());
    CHECK(*again == open);
}

TEST_CASE("OPEN: the extended form may be short, and the octet before it means nothing (RFC 9072 2)") {
    const auto open = decode_open(open_body(hex("07 ff 00 05 02 00 02 02 00")));
    REQUIRE(open.has_value());
    CHECK(open->capabilities.route_refresh);
}

TEST_CASE("OPEN: a number that needs four octets leaves AS_TRANS in the old field") {
    const Octets message = encode_open(full_open());
    CHECK(message[20] == 0x5b);
    CHECK(message[21] == 0xa0);
}

TEST_CASE("OPEN: the checks of RFC 4271 6.2") {
    CHECK(refused(hex("03 fd e9 00 5a 0a 00 00 01 00")) ==
          open_error(OpenError::unsupported_version_number, {0, 4}));
    CHECK(refused(hex("04 00 00 00 5a 0a 00 00 01 00")) == open_error(OpenError::bad_peer_as));
    CHECK(refused(hex("04 fd e9 00 5a 00 00 00 00 00")) == open_error(OpenError::bad_bgp_identifier));
    CHECK(refused(hex("04 fd e9 00 01 0a 00 00 01 00")) == open_error(OpenError::unacceptable_hold_time));
    CHECK(refused(hex("04 fd e9 00 02 0a 00 00 01 00")) == open_error(OpenError::unacceptable_hold_time));
    CHECK(decode_open(hex("04 fd e9 00 00 0a 00 00 01 00")).has_value());
    CHECK(decode_open(hex("04 fd e9 00 03 0a 00 00 01 00")).has_value());
}

TEST_CASE("OPEN: parameters that do not fit their length are Unspecific, unknown ones are named") {
    CHECK(refused(open_body(hex("04 02 06 01 04"))) == open_error(OpenError::unspecific));
    CHECK(refused(open_body(hex("00 02 00"))) == open_error(OpenError::unspecific));
    CHECK(refused(open_body(hex("02 02 02"))) == open_error(OpenError::unspecific));
    CHECK(refused(open_body(hex("02 01 00"))) == open_error(OpenError::unsupported_optional_parameter));
}

TEST_CASE("OPEN: AS 0 in the capability is Bad Peer AS (RFC 7607)") {
    CHECK(refused(with_capabilities(hex("41 04 00 00 00 00"))) == open_error(OpenError::bad_peer_as));
}

TEST_CASE("OPEN: unknown capabilities are kept as codes and do no harm") {
    const auto open = decode_open(with_capabilities(hex("80 00 83 02 01 02 02 00")));
    REQUIRE(open.has_value());
    CHECK(open->capabilities.unknown == Octets{0x80, 0x83});
    CHECK(open->capabilities.route_refresh);
}

TEST_CASE("OPEN: a known capability of a wrong length is refused") {
    for (const char* capability :
         {"01 03 00 01 00", "02 01 00", "41 02 fd e9", "40 01 00", "40 03 00 00 00", "45 03 00 01 01",
          "05 05 00 01 00 01 00", "09 00", "06 01 00", "46 02 00 00"}) {
        CAPTURE(capability);
        CHECK(refused(with_capabilities(hex(capability))) == open_error(OpenError::unspecific));
    }
}

TEST_CASE("OPEN: of several graceful restart capabilities the last counts, differing roles are all seen") {
    const auto open =
        decode_open(with_capabilities(hex("40 02 80 78 40 06 40 5a 00 01 01 80 09 01 03 09 01 04")));
    REQUIRE(open.has_value());
    CHECK(open->capabilities.graceful_restart ==
          GracefulRestart{false, true, 90, {{unicast(Family::ipv4), true}}});
    CHECK(open->capabilities.roles_seen == Octets{3, 4});
}

TEST_CASE("OPEN: an add-path capability with an undefined mode is not understood (RFC 7911 4)") {
    const auto open = decode_open(with_capabilities(hex("45 08 00 01 01 03 00 02 01 04")));
    REQUIRE(open.has_value());
    CHECK(open->capabilities.add_paths.empty());
}

TEST_CASE("OPEN: no beginning of a valid message is read beyond its end") {
    const Octets message = encode_open(full_open());
    for (std::size_t size = 0; size + kHeaderLength < message.size(); ++size) {
        const Octets cut(body_of(message).begin(),
                         body_of(message).begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(decode_open(cut).has_value());
    }
}

TEST_CASE("NOTIFICATION: round trip, and data that is too long is cut") {
    const Notification bad = open_error(OpenError::bad_peer_as, {1, 2, 3});
    CHECK(decode_notification(body_of(encode_notification(bad))) == bad);
    const Notification long_one =
        route_refresh_error(RouteRefreshError::invalid_message_length, Octets(5000, 7));
    CHECK(encode_notification(long_one).size() == kMaxMessage);
    CHECK(encode_notification(long_one, kMaxExtendedMessage).size() == 5021);
}

TEST_CASE("NOTIFICATION: it is described in the words of the RFCs") {
    CHECK(describe(hold_timer_expired()) == "Hold Timer Expired");
    CHECK(describe(open_error(OpenError::bad_peer_as, {0xfd, 0xe8})) ==
          "OPEN Message Error/Bad Peer AS (fd e8)");
    CHECK(describe(cease(Cease::administrative_shutdown, shutdown_data("maintenance"))) ==
          "Cease/Administrative Shutdown (\"maintenance\")");
    CHECK(describe(cease_max_prefixes(Family::ipv6, 1000)) ==
          "Cease/Maximum Number of Prefixes Reached (ipv6, limit 1000)");
    CHECK(describe(cease(Cease::hard_reset, {6, 4, 2, 'h', 'i'})) ==
          "Cease/Hard Reset (Cease/Administrative Reset (\"hi\"))");
    CHECK(describe({42, 7, {}}) == "Code 42/Subcode 7");
    CHECK(describe(cease(Cease::hard_reset, {6, 9, 6, 9, 6, 9})) == "Cease/Hard Reset (06 09 06 09 06 09)");
}

TEST_CASE("shutdown text: cut between characters, at most 128 octets, and safe to log (RFC 9003)") {
    std::string text(127, 'x');
    text += "\xc3\xa9";
    CHECK(shutdown_data(text).size() == 128);
    CHECK(shutdown_data(text, 255).size() == 130);
    CHECK(shutdown_data("") == NotificationData{0});
    CHECK(shutdown_text(cease(Cease::administrative_reset, {4, 'a', '\n', 0xff, 'b'})) == "a??b");
    CHECK(shutdown_text(cease(Cease::administrative_reset, {9, 'a'})).empty());
    CHECK(shutdown_text(cease(Cease::connection_rejected, {1, 'a'})).empty());
}

TEST_CASE("ROUTE-REFRESH: subtypes count where RFC 7313 was offered, wrong lengths have their own error") {
    const Octets borr = encode_route_refresh({unicast(Family::ipv6), 1});
    const auto frame = **peek(borr, kMaxMessage);
    CHECK(*decode_route_refresh(frame, true) == RouteRefresh{unicast(Family::ipv6), 1});
    CHECK(*decode_route_refresh(frame, false) == RouteRefresh{unicast(Family::ipv6), 0});
    Octets shorter(borr.begin(), borr.end() - 1);
    shorter[17] = 22;
    const auto cut = **peek(shorter, kMaxMessage);
    CHECK(decode_route_refresh(cut, true).error() ==
          route_refresh_error(RouteRefreshError::invalid_message_length, shorter));
    CHECK(decode_route_refresh(cut, false).error() == header_error(HeaderError::bad_message_length, {0, 22}));
}

}  // namespace
}  // namespace dunlin::bgp
