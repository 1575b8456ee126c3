#include "bgp/session/negotiate.h"

#include <doctest/doctest.h>

#include "tests/unit/bgp/session/sample.h"

namespace dunlin::bgp {
namespace {

Refusal refusal(const SessionConfig& config, const Open& open) {
    const auto result = negotiate(config, open);
    REQUIRE(!result);
    return result.error();
}

}  // namespace

TEST_CASE("negotiate: the smaller hold time counts, and keepalives go out in a third of it") {
    SessionConfig config = test::ours();
    config.timers.hold = Seconds(90);
    Open open = test::their_open();
    open.hold_time = Seconds(30);
    CHECK(negotiate(config, open)->hold == Seconds(30));
    CHECK(negotiate(config, open)->keepalive == Seconds(10));
    open.hold_time = Seconds(180);
    CHECK(negotiate(config, open)->hold == Seconds(90));
    open.hold_time = Seconds(0);
    CHECK(negotiate(config, open)->hold == Seconds(0));
    CHECK(negotiate(config, open)->keepalive == Seconds(0));
}

TEST_CASE("negotiate: a configured keepalive interval counts while it is at most a third of the hold time") {
    SessionConfig config = test::ours();
    config.timers.keepalive = Seconds(5);
    CHECK(negotiate(config, test::their_open())->keepalive == Seconds(5));
    config.timers.keepalive = Seconds(60);
    CHECK(negotiate(config, test::their_open())->keepalive == Seconds(30));
    config.timers.keepalive = Seconds(0);
    CHECK(negotiate(config, test::their_open())->keepalive == Seconds(1));
}

TEST_CASE("negotiate: another AS is 2/2 and says both numbers") {
    Open open = test::their_open();
    open.asn = Asn(4200000000);
    const Refusal out = refusal(test::ours(), open);
    CHECK(out.notification == Notification{2, 2, {}});
    CHECK(out.reason == SessionReason::as_mismatch);
    CHECK(out.message == "the neighbour says AS 4200000000, configured is AS 65002");
}

TEST_CASE("negotiate: our own identifier is 2/3 inside the AS and allowed between two") {
    const SessionConfig internal = test::config_of(65001, 0x0a000001, 65001);
    Open open = our_open(internal, {});
    CHECK(refusal(internal, open).notification == Notification{2, 3, {}});
    CHECK(refusal(internal, open).reason == SessionReason::router_id_conflict);
    open = test::their_open();
    open.identifier = RouterId(0x0a000001);
    CHECK(negotiate(test::ours(), open).has_value());
    open.identifier = RouterId(0);
    CHECK(refusal(test::ours(), open).notification == Notification{2, 3, {}});
}

TEST_CASE("negotiate: hold times of one and two seconds are 2/6") {
    Open open = test::their_open();
    for (const int hold : {1, 2}) {
        open.hold_time = Seconds(hold);
        CHECK(refusal(test::ours(), open).notification == Notification{2, 6, {}});
    }
    open.hold_time = Seconds(3);
    CHECK(negotiate(test::ours(), open).has_value());
}

TEST_CASE("negotiate: families are those of both sides; without the capability it is IPv4") {
    Open open = test::their_open();
    open.capabilities.families = {{25, 70}, unicast(Family::ipv6)};
    auto agreed = negotiate(test::ours(), open);
    CHECK(agreed->carries(Family::ipv6));
    CHECK(!agreed->carries(Family::ipv4));
    open.capabilities.families.clear();
    agreed = negotiate(test::ours(), open);
    CHECK(agreed->carries(Family::ipv4));
    CHECK(!agreed->carries(Family::ipv6));
}

TEST_CASE("negotiate: no family in common is 2/7 with the capabilities that are missing as data") {
    SessionConfig config = test::ours();
    config.offer.families = {Family::ipv6};
    Open open = test::their_open();
    open.capabilities.families = {{25, 70}};
    const Refusal out = refusal(config, open);
    CHECK(out.notification == Notification{2, 7, {1, 4, 0, 2, 0, 1}});
    CHECK(out.reason == SessionReason::unsupported_capability);
    CHECK(out.message == "no family in common; the neighbour has AFI 25 SAFI 70");
}

TEST_CASE("negotiate: add-path in a direction needs one to send and one to receive") {
    SessionConfig config = test::ours();
    config.offer.add_path_receive = true;
    Open open = test::their_open();
    open.capabilities.add_paths = {{unicast(Family::ipv4), 3}, {unicast(Family::ipv6), 1}};
    auto agreed = negotiate(config, open);
    CHECK(agreed->find(Family::ipv4)->add_path_receive);
    CHECK(!agreed->find(Family::ipv4)->add_path_send);
    CHECK(!agreed->find(Family::ipv6)->add_path_receive);
    config.offer.add_path_send = true;
    agreed = negotiate(config, open);
    CHECK(agreed->find(Family::ipv4)->add_path_send);
    CHECK(agreed->find(Family::ipv6)->add_path_send);
}

TEST_CASE("negotiate: extended messages are agreed for each direction alone (RFC 8654)") {
    SessionConfig config = test::ours();
    Open open = test::their_open();
    open.capabilities.extended_messages = false;
    CHECK(negotiate(config, open)->receive_limit() == 65535);
    CHECK(negotiate(config, open)->send_limit() == 4096);
    config.offer.extended_messages = false;
    open.capabilities.extended_messages = true;
    CHECK(negotiate(config, open)->receive_limit() == 4096);
    CHECK(negotiate(config, open)->send_limit() == 65535);
}

TEST_CASE("negotiate: roles that do not fit, are missing or contradict each other are 2/11 (RFC 9234)") {
    SessionConfig config = test::ours();
    config.offer.role = Role::provider;
    Open open = test::their_open();
    CHECK(negotiate(config, open).has_value());
    config.offer.role_strict = true;
    CHECK(refusal(config, open).notification == Notification{2, 11, {}});
    open.capabilities.role = Role::customer;
    open.capabilities.roles_seen = {3};
    CHECK(negotiate(config, open)->peer_role == Role::customer);
    open.capabilities.roles_seen = {3, 4};
    CHECK(refusal(config, open).notification == Notification{2, 11, {}});
    open.capabilities.role = Role::peer;
    open.capabilities.roles_seen = {4};
    CHECK(refusal(config, open).notification == Notification{2, 11, {}});
    open.capabilities.role.reset();
    open.capabilities.roles_seen = {9};
    CHECK(refusal(config, open).notification == Notification{2, 11, {}});
}

TEST_CASE("negotiate: roles mean nothing inside an AS") {
    SessionConfig config = test::config_of(65001, 0x0a000001, 65001);
    config.offer.role = Role::provider;
    config.offer.role_strict = true;
    CHECK(!our_open(config, {}).capabilities.role);
    Open open = our_open(test::config_of(65001, 0x0a000002, 65001), {});
    CHECK(negotiate(config, open).has_value());
    CHECK(!negotiate(config, open)->role);
}

TEST_CASE("our OPEN: an AS of four octets is AS_TRANS in the old field and whole in the capability") {
    const Open open = our_open(test::config_of(4200000000, 1, 65002), {});
    CHECK(open.my_as == 23456);
    CHECK(open.capabilities.four_octet_as == Asn(4200000000));
}

TEST_CASE("our OPEN: after a restart the R and F flags are set, else neither") {
    SessionConfig config = test::ours();
    CHECK(!our_open(config, {true, true}).capabilities.graceful_restart);
    config.offer.restart = RestartMode::full;
    const auto normal = our_open(config, {}).capabilities.graceful_restart;
    CHECK(!normal->restarting);
    CHECK(!normal->families.at(0).forwarding_preserved);
    const auto after = our_open(config, {true, true}).capabilities.graceful_restart;
    CHECK(after->restarting);
    CHECK(after->families.at(1).forwarding_preserved);
}

TEST_CASE("negotiate: graceful restart and route refresh are as the neighbour said") {
    SessionConfig config = test::ours();
    Open open = test::their_open();
    open.capabilities.graceful_restart = GracefulRestart{false, true, 60, {{unicast(Family::ipv4), true}}};
    CHECK(!negotiate(config, open)->peer_restart);
    config.offer.restart = RestartMode::full;
    CHECK(negotiate(config, open)->peer_restart->time_s == 60);
    CHECK(negotiate(config, open)->route_refresh);
    CHECK(negotiate(config, open)->enhanced_route_refresh);
    config.offer.enhanced_route_refresh = false;
    CHECK(!negotiate(config, open)->enhanced_route_refresh);
}

}  // namespace dunlin::bgp
