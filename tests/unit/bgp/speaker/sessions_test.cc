#include <doctest/doctest.h>

#include "bgp/wire/messages.h"
#include "tests/unit/bgp/speaker/network.h"

using namespace dunlin;
using namespace dunlin::bgp;
using test::address;
using test::Network;
using test::prefix;

namespace {

std::size_t count_routes(Speaker& speaker, Family family) {
    std::size_t count = 0;
    std::uint32_t at = 0;
    do {
        at = speaker.for_each_route(family, at, 1000, [&](const RouteView&) { ++count; });
    } while (at != 0);
    return count;
}

}  // namespace

TEST_CASE("a hundred thousand routes go through two ASes and away again") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65002);
    net.add_router(3, 65003);
    net.join(1, 2);
    net.join(2, 3);
    LocalRoute route;
    route.blackhole = true;
    for (std::uint32_t i = 0; i < 100000; ++i) {
        net.speaker(1).announce(LocalProtocol::static1,
                                *Prefix::from(IpAddress::v4(0x0b000000 + (i << 8)), 24), route, net.now());
    }
    net.apply();
    net.advance(Seconds(10));
    CHECK(net.view(3, 2).ipv4.received == 100001);
    CHECK(net.fib(3).size() == 100000);
    net.fib(3).clear();
    net.speaker(3).resend_fib();  // whoever writes the kernel has a new policy
    net.settle();
    CHECK(net.fib(3).size() == 100000);
    CHECK(count_routes(net.speaker(3), Family::ipv4) == 100001);
    std::size_t exported = 0;
    for (std::uint32_t at = 0;;) {
        at = net.speaker(2).for_each_exported(net.view(2, 3).id, Family::ipv4, at, 10000,
                                              [&](const RouteView&) { ++exported; });
        if (at == 0) break;
    }
    CHECK(exported == 100001);

    net.leave(1, 2);
    net.apply();
    CHECK(net.view(3, 2).ipv4.received == 1);
    CHECK(net.fib(3).empty());
    CHECK(net.speaker(3).stats().attribute_sets == 2);  // the subnet, ours and as router 2 has it
}

TEST_CASE("a neighbour that is reset comes back and has all again, while the old routes leave") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    for (unsigned i = 0; i < 50; ++i) net.announce(1, "10.1." + std::to_string(i) + ".0/24");
    net.apply();
    net.advance(Seconds(10));
    CHECK(net.speaker(2).reset(Network::name(1), "maintenance", net.now()));
    net.settle();
    CHECK(net.fib(2).empty());
    net.advance(Seconds(60));
    CHECK(net.established(2, 1));
    CHECK(net.view(2, 1).session.counters.downs == 1);
    CHECK(net.view(2, 1).ipv4.received == 51);
    CHECK(net.fib(2).size() == 50);
    CHECK_FALSE(net.speaker(2).reset("nobody", "", net.now()));
}

TEST_CASE("a changed router id resets, a changed filter or description of limits does not") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.apply();
    net.advance(Seconds(10));
    net.settings(1, 2).session.timers.connect_retry = Seconds(17);
    net.settings(1, 2).policy.export_ipv4.edit().reject_pools = {prefix("10.0.0.0/8")};
    net.settings(1, 2).policy.next_hop = NextHopMode::self;
    net.apply();
    CHECK(net.established(1, 2));
    net.settings(1, 2).session.offer.router_id = RouterId(99);
    net.apply();
    CHECK(net.view(1, 2).session.counters.downs == 1);
    net.advance(Seconds(60));
    CHECK(net.established(1, 2));
    CHECK(net.speaker(2).lookup(prefix("192.0.2.0/24"))->paths.size() == 2);
}

TEST_CASE("administratively down means no session and no routes, and up again brings both") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/24");
    net.apply();
    net.advance(Seconds(10));
    net.settings(1, 2).session.admin_state = AdminState::down;
    net.settings(1, 2).session.admin_message = "rack move";
    net.apply();
    CHECK_FALSE(net.best(2, "10.1.0.0/24"));
    CHECK(net.view(2, 1).session.message.find("rack move") != std::string::npos);
    net.advance(Seconds(60));
    CHECK_FALSE(net.established(1, 2));
    net.settings(1, 2).session.admin_state = AdminState::up;
    net.apply();
    net.advance(Seconds(120));
    CHECK(net.best(2, "10.1.0.0/24"));
}

TEST_CASE("IPv6 goes over an IPv4 session with the node's own IPv6 address as next hop") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    for (const auto& [self, other] : {std::pair(1U, 2U), std::pair(2U, 1U)}) {
        net.settings(self, other).session.offer.families = {Family::ipv4, Family::ipv6};
        net.speaker_settings(self).own_ipv6 = IpAddress::parse("2001:db8::" + std::to_string(self));
        LocalRoute lan;
        lan.preference = kPreferenceDirect;
        lan.interface = "eth0";
        lan.interface_index = 2;
        net.speaker(self).announce(LocalProtocol::direct1, prefix("2001:db8::/64"), lan, net.now());
    }
    net.announce(1, "fd00:10:1::/64");
    net.announce(1, "10.1.0.0/24");
    net.apply();
    net.advance(Seconds(10));
    const auto best = net.best(2, "fd00:10:1::/64");
    REQUIRE(best);
    CHECK(best->attributes.next_hop == IpAddress::parse("2001:db8::1"));
    CHECK(best->attributes.local_pref == 2147482623);
    CHECK(net.fib(2)[prefix("fd00:10:1::/64")].hops[0].gateway == IpAddress::parse("2001:db8::1"));
    CHECK(net.view(2, 1).ipv6.end_of_rib_received);
    net.withdraw(1, "fd00:10:1::/64");
    net.settle();
    CHECK_FALSE(net.best(2, "fd00:10:1::/64"));
    CHECK(net.best(2, "10.1.0.0/24"));
}

TEST_CASE("without an IPv6 address of its own a node announces no IPv6 over IPv4") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    for (const auto& [self, other] : {std::pair(1U, 2U), std::pair(2U, 1U)}) {
        net.settings(self, other).session.offer.families = {Family::ipv4, Family::ipv6};
    }
    net.announce(1, "fd00:10:1::/64");
    net.announce(1, "10.1.0.0/24");
    net.apply();
    net.advance(Seconds(10));
    CHECK(net.best(2, "10.1.0.0/24"));
    CHECK(net.view(2, 1).ipv6.received == 0);
    CHECK(net.view(1, 2).ipv6.exported == 0);
    CHECK(net.view(2, 1).ipv6.end_of_rib_received);
    CHECK(net.view(2, 1).updates.treated_as_withdraw == 0);
}

TEST_CASE("a learned route with a gateway keeps it towards iBGP, and not with next-hop-self") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    LocalRoute learned;
    learned.gateway = address(7);
    learned.interface = "eth0";
    learned.interface_index = 2;
    learned.metric = 1024;
    net.speaker(1).announce(LocalProtocol::kernel1, prefix("10.7.0.0/24"), learned, net.now());
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.best(2, "10.7.0.0/24"));
    CHECK(net.best(2, "10.7.0.0/24")->attributes.next_hop == address(7));
    net.settings(1, 2).policy.next_hop = NextHopMode::self;
    net.apply();
    CHECK(net.best(2, "10.7.0.0/24")->attributes.next_hop == address(1));
    CHECK(net.view(1, 2).session.counters.downs == 0);
}

TEST_CASE("a neighbour that falls silent is lost when the hold time is over") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.settings(1, 2).session.timers.hold = Seconds(9);
    net.announce(1, "10.1.0.0/24");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.best(2, "10.1.0.0/24"));
    net.advance(Seconds(60));
    CHECK(net.established(2, 1));  // keepalives come
    net.silence(1);
    net.advance(Seconds(12));
    CHECK(net.view(2, 1).session.counters.downs == 1);
    CHECK_FALSE(net.best(2, "10.1.0.0/24"));
}

TEST_CASE("a malformed attribute costs the route or itself, as RFC 7606 says, and not the session") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65002);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/16");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.best(2, "10.1.0.0/16"));
    // 10.1.0.0/16 with an ORIGIN of two octets.
    const std::vector<std::uint8_t> body = {0, 0, 0,    0x15, 0x40, 1, 2, 0,   0, 0x40, 2, 6,  2,  1,
                                            0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192, 0, 2,    1, 16, 10, 1};
    net.send_raw(1, 2, MessageType::update, Bytes(body));
    net.settle();
    CHECK(net.established(2, 1));
    CHECK(net.view(2, 1).updates.treated_as_withdraw == 1);
    CHECK_FALSE(net.best(2, "10.1.0.0/16"));
    // A prefix of 33 bits: what follows cannot be known.
    const std::vector<std::uint8_t> worse = {0, 0, 0, 0, 33, 10, 1, 1, 1, 1};
    net.send_raw(1, 2, MessageType::update, Bytes(worse));
    net.settle();
    CHECK_FALSE(net.established(2, 1));
    CHECK(net.view(2, 1).updates.session_resets == 1);
    CHECK(net.view(1, 2).session.reason == SessionReason::notification_received);
}
