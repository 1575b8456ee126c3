#include <doctest/doctest.h>

#include "agent/app/fib_export.h"
#include "agent/app/local_routes.h"

using namespace dunlin;
using namespace dunlin::agent;

namespace {
const Prefix kBlock = *Prefix::parse("10.244.1.0/26");

Links two_links() {
    Links links;
    links[1] = {1, "lo", true, true, true, 65536};
    links[2] = {2, "eth0", true, true, false, 1500};
    links[3] = {3, "cali123", true, true, false, 1500};
    links[4] = {4, "eth1", false, true, false, 1500};
    return links;
}
netlink::LinkAddress on(unsigned index, const char* text) {
    return {index, *InterfaceAddress::parse(text), 0, 0};
}

bgp::FibChange change(const char* prefix, std::uint32_t metric, const char* gateway = "10.0.0.1") {
    bgp::FibRoute route;
    route.hops.push_back({IpAddress::parse(gateway), "eth0", 2, false});
    route.metric = metric;
    route.next_hop = *IpAddress::parse(gateway);
    return {*Prefix::parse(prefix), route, {}};
}
KernelEdit edit_of(const bgp::FibChange& change, const KernelPolicy& policy, const Tunnels& tunnels = {}) {
    return kernel_edit(change, policy, tunnels, 254);
}
}  // namespace

TEST_CASE("direct1: subnets of interfaces that are up and not excluded") {
    const std::vector<std::string> patterns{"-cali*", "*"};
    const auto routes = direct_routes(two_links(),
                                      {on(1, "127.0.0.1/8"), on(2, "10.0.0.9/24"), on(2, "fe80::1/64"),
                                       on(3, "169.254.1.1/32"), on(3, "10.9.0.1/24"), on(4, "10.8.0.1/24")},
                                      patterns);
    REQUIRE(routes.size() == 2);
    CHECK(routes.begin()->first == *Prefix::parse("10.0.0.0/24"));
    CHECK(routes.begin()->second.interface == "eth0");
    CHECK(routes.begin()->second.preference == 240);
    CHECK_FALSE(routes.begin()->second.link_down);
    CHECK(routes.at(*Prefix::parse("10.8.0.0/24")).link_down);  // no carrier: shown, not used
}

TEST_CASE("direct1: of two links in one subnet the one with a carrier has the route; a link set down none") {
    const Prefix subnet = *Prefix::parse("10.8.0.0/24");
    Links links = two_links();
    links[5] = {5, "eth2", true, true, false, 1500};
    const auto routes = direct_routes(links, {on(4, "10.8.0.1/24"), on(5, "10.8.0.2/24")}, {"*"});
    CHECK(routes.at(subnet).interface == "eth2");
    links[4].admin_up = false;
    CHECK(direct_routes(links, {on(4, "10.8.0.1/24")}, {"*"}).empty());
}

TEST_CASE("machine addresses: global ones only, in the order of the interfaces") {
    const auto got = machine_addresses(
        two_links(), {on(4, "10.8.0.1/24"), on(2, "10.0.0.9/24"), on(1, "10.7.7.7/32"), on(2, "fe80::1/64")});
    REQUIRE(got.size() == 2);
    CHECK(got.front().to_string() == "10.0.0.9/24");
}

TEST_CASE("kernel1: unicast and discarding routes are learned with their metric, local ones are not") {
    netlink::KernelRoute route;
    route.prefix = *Prefix::parse("0.0.0.0/0");
    route.priority = 100;
    route.next_hops.push_back({IpAddress::parse("10.0.0.1"), 2, 1, false});
    const auto learned = learned_route(route, two_links(), ZeroMetric::is_no_priority);
    REQUIRE(learned);
    CHECK(learned->gateway == IpAddress::parse("10.0.0.1"));
    CHECK(learned->interface == "eth0");
    CHECK(learned->priority == 100);
    route.kind = netlink::RouteKind::local;
    CHECK_FALSE(learned_route(route, two_links(), ZeroMetric::is_no_priority));
}

TEST_CASE("kernel1: whether a metric of 0 is a priority is said by the group of the objects") {
    netlink::KernelRoute route;
    route.prefix = *Prefix::parse("10.244.0.5/32");
    route.next_hops.push_back({std::nullopt, 2, 1, false});
    CHECK_FALSE(learned_route(route, two_links(), ZeroMetric::is_no_priority)->priority);
    CHECK(learned_route(route, two_links(), ZeroMetric::is_highest_priority)->priority == 0);
}

TEST_CASE("static1: a block is a route of ours once the kernel has its blackhole, not before") {
    Desired desired;
    desired.blocks[kBlock] = DesiredBlock{};
    desired.ipv4.statics[kBlock] = StaticRoute{};
    CHECK(static_routes(desired, Family::ipv4, [](const Prefix&) { return false; }).empty());
    CHECK(static_routes(desired, Family::ipv4, [](const Prefix&) { return true; }).size() == 1);
    CHECK(static_routes(desired, Family::ipv4, nullptr).at(kBlock).blackhole);
    const auto kernel = kernel_statics(desired);
    REQUIRE(kernel.size() == 1);
    CHECK(kernel.front().kind == netlink::RouteKind::blackhole);
    // Programmed by somebody else: announced, not installed.
    desired.blocks[kBlock].blackhole = false;
    CHECK(kernel_statics(desired).empty());
    CHECK(static_routes(desired, Family::ipv4, [](const Prefix&) { return false; }).size() == 1);
}

TEST_CASE("static1: single addresses of Services are blackholes, whole ranges stay out of the kernel") {
    Desired desired;
    const Prefix range = *Prefix::parse("10.96.0.0/12"), inside = *Prefix::parse("10.96.0.10/32"),
                 single = *Prefix::parse("203.0.113.7/32");
    for (const Prefix& prefix : {range, inside, single}) {
        desired.ipv4.statics[prefix] = StaticRoute{{}, StaticPurpose::service};
    }
    desired.ipv4.kernel_policy.reject_services = {range};
    const auto kernel = kernel_statics(desired);
    REQUIRE(kernel.size() == 1);
    CHECK(kernel.front().prefix == single);
    CHECK(static_routes(desired, Family::ipv4, [](const Prefix&) { return false; }).size() == 3);
}

TEST_CASE("Into the kernel: a tunnel takes the BGP next hop as gateway on its link, if there is the device") {
    KernelPolicy policy;
    policy.pools.push_back({*Prefix::parse("10.244.0.0/16"), true, "tunl0", *Prefix::parse("10.0.0.0/24")});
    bgp::FibChange far = change("10.244.7.0/26", 1024);
    far.route->next_hop = *IpAddress::parse("192.0.2.9");
    CHECK_FALSE(edit_of(far, policy).set);
    const Tunnels tunnel{{"tunl0", 9}};
    const KernelEdit edit = edit_of(far, policy, tunnel);
    REQUIRE(edit.set);
    REQUIRE(edit.set->next_hops.size() == 1);
    CHECK(edit.set->next_hops.front() == netlink::NextHop{far.route->next_hop, 9, 1, true});
    // In the subnet of the node (CrossSubnet) as without a tunnel.
    bgp::FibChange near = change("10.244.8.0/26", 1024);
    near.route->next_hop = *IpAddress::parse("10.0.0.9");
    REQUIRE(edit_of(near, policy, tunnel).set);
    CHECK_FALSE(edit_of(near, policy, tunnel).set->next_hops.front().onlink);
}

TEST_CASE("Into the kernel: a changed metric is another key, so the old route is taken out") {
    const KernelPolicy policy;
    bgp::FibChange next = change("10.1.0.0/16", 1024);
    KernelEdit edit = edit_of(next, policy);
    REQUIRE(edit.set);
    CHECK_FALSE(edit.remove);
    CHECK(edit.set->priority == 1024);
    next.had = 1024;
    edit = edit_of(next, policy);
    CHECK(edit.set);
    CHECK_FALSE(edit.remove);
    next.had = 512;
    edit = edit_of(next, policy);
    CHECK(edit.set);
    REQUIRE(edit.remove);
    CHECK(edit.remove->priority == 512);
    edit = edit_of({next.prefix, std::nullopt, 512}, policy);
    REQUIRE(edit.remove);
    CHECK(edit.remove->priority == 512);
    CHECK_FALSE(edit.set);
    // The kernel makes 1024 of 0 for IPv6: the same key.
    next = change("2001:db8::/32", 0, "fe80::1");
    next.had = 1024;
    CHECK_FALSE(edit_of(next, policy).remove);
}

TEST_CASE(
    "Into the kernel: the policy keeps out service ranges and the pools of others, and takes out what it "
    "had let in") {
    KernelPolicy policy;
    bgp::FibChange route = change("10.244.7.0/26", 1024);
    REQUIRE(edit_of(route, policy).set);
    policy.pools.push_back({*Prefix::parse("10.244.0.0/16"), false, {}, {}});
    CHECK_FALSE(edit_of(route, policy).remove);  // it never was there
    route.had = 1024;
    const KernelEdit edit = edit_of(route, policy);
    CHECK_FALSE(edit.set);
    CHECK(edit.remove);
    policy.reject_services = {*Prefix::parse("10.96.0.0/12")};
    CHECK_FALSE(edit_of(change("10.96.0.10/32", 1024), policy).set);
    CHECK(edit_of(change("0.0.0.0/0", 1024), policy).set);
}
