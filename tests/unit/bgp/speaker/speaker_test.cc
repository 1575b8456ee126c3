#include <doctest/doctest.h>

#include "tests/unit/bgp/speaker/pair.h"

using namespace dunlin;
using namespace dunlin::bgp;
using test::address;
using test::Network;
using test::Pair;
using test::prefix;

TEST_CASE("two routers of different ASes exchange routes, and say when the first table is through") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65002);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/16");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.established(1, 2));
    REQUIRE(net.established(2, 1));
    const auto best = net.best(2, "10.1.0.0/16");
    REQUIRE(best);
    CHECK(best->source == "router1");
    CHECK(best->kind == SourceKind::ebgp);
    CHECK(best->attributes.as_path == AsPath::sequence({Asn(65001)}));
    CHECK(best->attributes.next_hop == address(1));
    CHECK(best->forwarding.interface == "eth0");
    CHECK(best->forwarding.gateway == address(1));
    CHECK(net.view(2, 1).ipv4.received == 2);  // its subnet as well
    CHECK(net.view(2, 1).ipv4.end_of_rib_received);
    CHECK(net.view(1, 2).ipv4.exported == 2);
    CHECK(net.view(1, 2).ipv4.end_of_rib_sent);

    net.withdraw(1, "10.1.0.0/16");
    net.settle();
    CHECK_FALSE(net.best(2, "10.1.0.0/16"));
    CHECK(net.view(2, 1).ipv4.received == 1);
}

TEST_CASE("a route to iBGP has the LOCAL_PREF of its priority and the sender as next hop") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/26");
    LocalRoute pod;
    pod.metric = 512;
    pod.priority = 512;
    pod.interface = "cali1";
    pod.interface_index = 7;
    net.speaker(1).announce(LocalProtocol::kernel1, prefix("10.1.0.5/32"), pod, net.now());
    net.apply();
    net.advance(Seconds(10));
    const auto block = net.best(2, "10.1.0.0/26");
    REQUIRE(block);
    CHECK(block->attributes.local_pref == 2147482623);
    CHECK(block->attributes.next_hop == address(1));
    CHECK(block->preference == kPreferenceBgp);
    const auto urgent = net.best(2, "10.1.0.5/32");
    REQUIRE(urgent);
    CHECK(urgent->attributes.local_pref == 2147483135);
    CHECK(urgent->preference == kPreferenceBgpUrgent);
    REQUIRE(net.fib(2).count(prefix("10.1.0.0/26")) == 1);
    const FibRoute& route = net.fib(2)[prefix("10.1.0.0/26")];
    CHECK(route.metric == 1024);
    REQUIRE(route.hops.size() == 1);
    CHECK(route.hops[0].gateway == address(1));
    CHECK(route.hops[0].interface_index == 2);
    CHECK(net.fib(2)[prefix("10.1.0.5/32")].metric == 512);
    CHECK(net.fib(1).empty());
}

TEST_CASE("for the kernel: what was taken is known by its metric, what was refused is not taken out") {
    Pair pair;
    Network& net = pair.net;
    Speaker& speaker = net.speaker(2);
    const auto is_first = [](const FibChange& change) { return change.prefix == prefix("10.1.0.0/26"); };
    std::vector<FibChange> seen;
    const auto take_first = [&](const FibChange& change) {
        seen.push_back(change);
        return is_first(change);
    };
    speaker.resend_fib();
    speaker.take_fib_changes(1, take_first);
    CHECK(seen.size() == 1);
    CHECK(speaker.fib_changes_pending());
    speaker.take_fib_changes(100, take_first);
    REQUIRE(seen.size() == 2);
    for (const FibChange& change : seen) CHECK(change.had == 1024);  // the network took both
    CHECK_FALSE(speaker.fib_changes_pending());

    seen.clear();
    speaker.resend_fib();
    speaker.take_fib_changes(100, take_first);
    REQUIRE(seen.size() == 2);
    for (const FibChange& change : seen) CHECK(change.had.has_value() == is_first(change));

    SpeakerSettings off = net.speaker_settings(2);
    off.fib = false;
    net.speaker_settings(2) = off;
    net.fib(2).clear();
    net.apply();
    seen.clear();
    speaker.resend_fib();
    speaker.take_fib_changes(100, take_first);
    REQUIRE(seen.size() == 1);
    CHECK(is_first(seen.front()));
    CHECK_FALSE(seen.front().route);
    CHECK(seen.front().had == 1024);
}

TEST_CASE("a route of an iBGP neighbour is not passed on to another one, but a reflector does it") {
    Network net;
    for (const unsigned n : {1U, 2U, 3U}) net.add_router(n);
    net.join(1, 2);
    net.join(2, 3);
    net.announce(1, "10.1.0.0/26");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.best(2, "10.1.0.0/26"));
    CHECK_FALSE(net.best(3, "10.1.0.0/26"));

    net.settings(2, 1).policy.reflector_client = true;  // resets this session
    net.settings(2, 1).policy.cluster_id = RouterId(77);
    net.settings(2, 3).policy.cluster_id = RouterId(77);
    net.apply();
    net.advance(Seconds(60));
    const auto reflected = net.best(3, "10.1.0.0/26");
    REQUIRE(reflected);
    CHECK(reflected->attributes.originator_id == RouterId(1));
    CHECK(reflected->attributes.cluster_list == std::vector<std::uint32_t>{77});
    CHECK(reflected->attributes.next_hop == address(1));
    CHECK(reflected->attributes.local_pref == 2147482623);
}

TEST_CASE("a changed export policy is applied to a living session") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/26");
    net.announce(1, "10.2.0.0/26");
    net.apply();
    net.advance(Seconds(10));
    const Time up_since = net.view(1, 2).session.since;
    REQUIRE(net.best(2, "10.1.0.0/26"));

    ExportPolicy& policy = net.settings(1, 2).policy.export_ipv4.edit();
    policy.accept_all = false;
    policy.accept_pools = {prefix("10.2.0.0/16")};
    policy.communities = {{prefix("10.2.0.0/16"), {0xfde80001}, {}}};
    net.apply();
    CHECK_FALSE(net.best(2, "10.1.0.0/26"));
    REQUIRE(net.best(2, "10.2.0.0/26"));
    CHECK(net.best(2, "10.2.0.0/26")->attributes.communities == std::vector<std::uint32_t>{0xfde80001});

    net.settings(1, 2).policy.export_ipv4.edit().accept_all = true;
    net.apply();
    CHECK(net.best(2, "10.1.0.0/26"));
    CHECK(net.established(1, 2));
    CHECK(net.view(1, 2).session.since == up_since);
}

TEST_CASE("the same settings again change nothing") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/26");
    net.apply();
    net.advance(Seconds(10));
    net.output_octets = 0;
    const auto events = net.events;
    net.apply();
    CHECK(net.output_octets == 0);
    CHECK(net.events == events);
}

TEST_CASE("routes of a lost session leave, and nothing is left over") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65002);
    net.add_router(3, 65003);
    net.join(1, 2);
    net.join(2, 3);
    for (unsigned i = 0; i < 200; ++i) net.announce(1, "10.1." + std::to_string(i) + ".0/24");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.view(3, 2).ipv4.received == 201);
    CHECK(net.best(3, "10.1.7.0/24")->attributes.as_path == AsPath::sequence({Asn(65002), Asn(65001)}));
    CHECK(net.fib(3).size() == 200);

    net.leave(1, 2);
    net.apply();
    CHECK(net.view(3, 2).ipv4.received == 1);
    CHECK_FALSE(net.best(3, "10.1.7.0/24"));
    CHECK(net.fib(3).empty());
    CHECK(net.fib(2).empty());

    net.leave(2, 3);
    net.apply();
    net.speaker(2).withdraw(LocalProtocol::direct1, prefix("192.0.2.0/24"));
    net.settle();
    const SpeakerStats stats = net.speaker(2).stats();
    CHECK(stats.attribute_sets == 0);
    CHECK(stats.sent_sets == 0);
    CHECK(stats.next_hops == 0);
    CHECK(stats.tables[0].prefixes == 0);
    CHECK(stats.tables[0].paths == 0);
}

TEST_CASE("a next hop that becomes reachable or not is followed") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/26");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.best(2, "10.1.0.0/26"));

    net.speaker(2).withdraw(LocalProtocol::direct1, prefix("192.0.2.0/24"));
    net.settle();
    CHECK_FALSE(net.best(2, "10.1.0.0/26"));
    CHECK(net.fib(2).empty());

    LocalRoute way;
    way.gateway = *IpAddress::parse("198.51.100.1");
    way.interface = "eth1";
    way.interface_index = 3;
    net.speaker(2).announce(LocalProtocol::kernel1, prefix("0.0.0.0/0"), way, net.now());
    net.settle();
    REQUIRE(net.best(2, "10.1.0.0/26"));
    CHECK(net.fib(2)[prefix("10.1.0.0/26")].hops[0].gateway == way.gateway);
    CHECK(net.fib(2)[prefix("10.1.0.0/26")].hops[0].interface == "eth1");

    way.gateway = *IpAddress::parse("198.51.100.2");
    net.speaker(2).announce(LocalProtocol::kernel1, prefix("0.0.0.0/0"), way, net.now());
    net.settle();
    CHECK(net.fib(2)[prefix("10.1.0.0/26")].hops[0].gateway == way.gateway);
}

TEST_CASE("a session that sends too many prefixes ends with Cease, and one that discards does not") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.settings(2, 1).policy.max_prefixes = MaxPrefixes{3, MaxPrefixAction::discard, 80};
    for (unsigned i = 0; i < 10; ++i) net.announce(1, "10.1." + std::to_string(i) + ".0/24");
    net.apply();
    net.advance(Seconds(10));
    CHECK(net.view(2, 1).ipv4.received == 3);
    CHECK(net.view(2, 1).ipv4.limit_warned);
    REQUIRE(net.established(2, 1));

    net.settings(2, 1).policy.max_prefixes = MaxPrefixes{5, MaxPrefixAction::restart, 80};
    net.apply();
    CHECK_FALSE(net.established(2, 1));
    CHECK(net.view(2, 1).session.reason == SessionReason::max_prefix_reached);
    CHECK_FALSE(net.best(2, "10.1.1.0/24"));
}

TEST_CASE("a neighbour that asks for a refresh is sent everything again, between BoRR and EoRR") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    net.announce(1, "10.1.0.0/26");
    net.apply();
    net.advance(Seconds(10));
    const std::uint64_t before = net.view(2, 1).updates.announced;
    CHECK(net.speaker(2).request_refresh(Network::name(1), net.now()));
    net.settle();
    CHECK(net.view(2, 1).updates.announced == before + 2);
    CHECK(net.established(1, 2));
    CHECK(net.view(2, 1).ipv4.received == 2);
}

TEST_CASE("an AS path with our own AS is not taken") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65002);
    net.add_router(3, 65001);
    net.join(1, 2);
    net.join(2, 3);
    net.announce(1, "10.1.0.0/16");
    net.apply();
    net.advance(Seconds(10));
    CHECK_FALSE(net.best(3, "10.1.0.0/16"));
    CHECK(net.view(3, 2).ipv4.rejected > 0);

    net.settings(3, 2).policy.allow_own_as = 1;  // comes with a refresh, not a reset
    net.apply();
    REQUIRE(net.best(3, "10.1.0.0/16"));
    CHECK(net.view(3, 2).session.counters.downs == 0);
}

TEST_CASE("two equal neighbours give two hops, and a prefix is sent to neither of where it came from") {
    Network net;
    net.add_router(1, 65001);
    net.add_router(2, 65001);
    net.add_router(3, 65003);
    net.join(1, 3);
    net.join(2, 3);
    net.announce(1, "10.1.0.0/16");
    net.announce(2, "10.1.0.0/16");
    net.apply();
    net.advance(Seconds(10));
    const FibRoute& route = net.fib(3)[prefix("10.1.0.0/16")];
    REQUIRE(route.hops.size() == 2);
    CHECK(route.hops[0].gateway == address(1));
    CHECK(route.hops[1].gateway == address(2));
    const auto view = net.speaker(3).lookup(prefix("10.1.0.0/16"));
    REQUIRE(view->paths.size() == 2);
    CHECK(view->paths[0].lost_at == DecisionStep::router_id);
    CHECK(view->paths[1].lost_at == DecisionStep::router_id);
    CHECK(net.view(3, 1).ipv4.exported == 1);  // the subnet only
    CHECK(net.speaker(3).longest_match(*IpAddress::parse("10.1.2.3"))->prefix == prefix("10.1.0.0/16"));
}
