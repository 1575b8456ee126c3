// dunlind and BIRD 2 as neighbours: routes both ways, over IPv4 and IPv6, eBGP and iBGP, and on to a third.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

TEST_CASE(
    "eBGP over IPv4 and IPv6: blocks are announced, routes learned, and all of it ends with the objects") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router,
                      router_config({.attributes = "bgp_med = 77; bgp_community.add((64512,5));"}));
    Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512"));
    agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64512"));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("pods6", pool_yaml("pods6", "cidr: 'fd00:10::/48', blockSize: 122"));

    REQUIRE(router.wait_established("n4"));
    REQUIRE(router.wait_established("n6"));
    const std::string block4 = block_of(agent, "pods4");
    const std::string block6 = block_of(agent, "pods6");
    REQUIRE(!block4.empty());
    REQUIRE(!block6.empty());
    // A workload's route inside the block is the node's own affair.
    rack.node.ip({"link", "add", "cali1", "type", "veth", "peer", "name", "cali1p"});
    rack.node.ip({"link", "set", "cali1", "up"});
    const std::string workload = block4.substr(0, block4.find('/')) + "/32";
    rack.node.ip({"route", "add", workload, "dev", "cali1"});

    REQUIRE(router.wait_route(block4));
    REQUIRE(router.wait_route(block6));
    const std::string seen = router.route(block4);
    CHECK(has(seen, "BGP.origin: IGP"));
    CHECK(has(seen, "BGP.as_path: 64513\n"));
    CHECK(has(seen, "BGP.next_hop: 192.0.2.11\n"));
    CHECK_FALSE(has(seen, "BGP.local_pref: 2"));
    CHECK_FALSE(has(seen, "BGP.med"));
    CHECK(has(router.route(block6), "BGP.as_path: 64513\n"));
    CHECK(has(router.route(block6), "2001:db8:2::11"));
    CHECK(router.route(workload) == "");

    // What BIRD announces is in the table with its attributes, and in the kernel.
    CHECK(agent.wait_for({"show", "route", "198.51.100.0/24", "all"}, "BGP.med: 77"));
    CHECK(agent.wait_for({"show", "route", "198.51.100.0/24", "all"}, "(64512,5)"));
    CHECK(wait_until(seconds(20), [&] {
        const std::string now = kernel_routes(rack.node);
        return has(now, "198.51.100.0/24 via 192.0.2.1 dev eth0") &&
               has(now, "2001:db8:ffff::/48 via 2001:db8:2::1 dev eth0");
    }));
    CHECK(has(kernel_routes(rack.node), "blackhole " + block4));

    // A peer that goes takes only its own session with it.
    agent.remove("tor6");
    CHECK(router.wait_not_established("n6"));
    CHECK(wait_until(seconds(20), [&] { return !has(kernel_routes(rack.node), "2001:db8:ffff::/48"); }));
    CHECK(router.established("n4"));
    agent.remove("pods4");
    CHECK(router.wait_no_route(block4));
    CHECK(wait_until(seconds(20), [&] { return !has(kernel_routes(rack.node), "blackhole " + block4); }));
    CHECK(router.established("n4"));
}

TEST_CASE("iBGP over IPv4 and IPv6: attributes arrive both ways as they were sent") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(
        rack.router,
        router_config({.local_as = "64513",
                       .attributes = "bgp_local_pref = 250; bgp_med = 77; bgp_origin = ORIGIN_EGP; "
                                     "bgp_community.add((64512,5)); "
                                     "bgp_large_community.add((64512,1,2)); "
                                     "bgp_path.prepend(65001); bgp_path.prepend(65002);"}));
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64513"));
    agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64513"));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("pods6", pool_yaml("pods6", "cidr: 'fd00:10::/48', blockSize: 122"));
    REQUIRE(router.wait_established("n4"));
    REQUIRE(router.wait_established("n6"));
    const std::string block4 = block_of(agent, "pods4"), block6 = block_of(agent, "pods6");
    REQUIRE(router.wait_route(block4));
    REQUIRE(router.wait_route(block6));
    for (const std::string& seen : {router.route(block4), router.route(block6)}) {
        CAPTURE(seen);
        CHECK(has(seen, "BGP.origin: IGP"));
        CHECK(has(seen, "BGP.as_path: \n"));
        CHECK(has(seen, "BGP.local_pref: 2147482623\n"));  // 2147483647 - 1024, the normal priority
    }
    CHECK(has(router.route(block4), "BGP.next_hop: 192.0.2.11\n"));
    CHECK(has(router.route(block6), "BGP.next_hop: 2001:db8:2::11"));
    const Argv show{"show", "route", "198.51.100.0/24", "all"};
    for (const char* attribute :
         {"BGP.origin: EGP", "BGP.as_path: 65002 65001", "BGP.next_hop: 192.0.2.1", "BGP.med: 77",
          "BGP.local_pref: 250", "BGP.community: (64512,5)", "BGP.large_community: (64512, 1, 2)"}) {
        CAPTURE(attribute);
        CHECK(agent.wait_for(show, attribute, seconds(20)));
    }
    CHECK(wait_until(seconds(20), [&] {
        return has(kernel_routes(rack.node),
                   "198.51.100.0/24 via 192.0.2.1 dev eth0 proto 178 metric 2147483397");
    }));
}

TEST_CASE("a route goes through us from one AS to another: path longer, MED gone, communities kept") {
    if (skipped()) return;
    const Rack rack;
    const NetNs far("far");
    far.link({"node", {"192.0.3.1/24"}}, rack.node, {"eth1", {"192.0.3.11/24"}});
    const std::string inside = "10.244.200.0/26";
    const Bird router(rack.router, router_config({.attributes = "bgp_med = 77; bgp_community.add((64512,5)); "
                                                                "bgp_large_community.add((64512,1,2));"}) +
                                       "protocol static s5 { ipv4; route " + inside + " blackhole; }\n");
    const Bird other(far,
                     "router id 192.0.3.1;\nprotocol device {}\nprotocol bgp n1 { local as 64999; neighbor "
                     "192.0.3.11 as 64513; connect delay time 1; ipv4 { import all; export none; }; }\n");
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("tor", peer_yaml("tor", "peerIP: 192.0.2.1, asNumber: 64512"));
    agent.apply("far", peer_yaml("far", "peerIP: 192.0.3.1, asNumber: 64999, sourceAddress: None"));
    REQUIRE(router.wait_established("n4"));
    REQUIRE(other.wait_established("n1"));
    REQUIRE(other.wait_route(inside, seconds(30)));
    const std::string seen = other.route(inside);
    CAPTURE(seen);
    CHECK(has(seen, "BGP.as_path: 64513 64512\n"));
    CHECK(has(seen, "BGP.community: (64512,5)"));
    CHECK(has(seen, "BGP.large_community: (64512, 1, 2)"));
    CHECK_FALSE(has(seen, "BGP.med"));
    CHECK(has(seen, "BGP.next_hop: 192.0.3.11\n"));
    CHECK(other.route("198.51.100.0/24").empty());  // in no pool
}

TEST_CASE("add-path: two paths of one neighbour for a prefix, and one of them goes") {
    if (skipped()) return;
    const Rack rack;
    const auto config = [](const char* second) {
        return std::string(
                   "router id 192.0.2.1;\nprotocol device {}\n"
                   "protocol static s4 { ipv4; route 198.51.100.0/24 blackhole { bgp_med = 10; }; }\n") +
               second +
               "protocol bgp n4 { local as 64512; connect delay time 1; neighbor 192.0.2.11 as 64513;\n"
               "  ipv4 { import all; export where source = RTS_STATIC; add paths tx; }; }\n";
    };
    Bird router(rack.router, config("protocol static s5 { ipv4 { preference 150; }; "
                                    "route 198.51.100.0/24 blackhole { bgp_med = 20; }; }\n"));
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512"));
    REQUIRE(router.wait_established("n4", seconds(60)));
    const auto paths = [&] {
        const nlohmann::json routes = agent.json({"show", "route", "198.51.100.0/24"});
        return routes.empty() ? std::size_t{0} : routes[0].at("paths").size();
    };
    CHECK(wait_until(seconds(30), [&] { return paths() == 2; }));
    router.configure(config(""));
    CHECK(wait_until(seconds(30), [&] { return paths() == 1; }));
}

TEST_CASE("add-path: a neighbour that takes several paths is told all, each under its own identifier") {
    if (skipped()) return;
    const Rack rack;
    const NetNs far("far"), inner("inner");
    far.link({"node", {"192.0.3.1/24"}}, rack.node, {"eth1", {"192.0.3.11/24"}});
    inner.link({"node", {"192.0.4.1/24"}}, rack.node, {"eth2", {"192.0.4.11/24"}});
    const std::string shared = "protocol static s5 { ipv4; route 10.244.200.0/26 blackhole; }\n";
    const Bird first(rack.router, router_config({}) + shared);
    Bird second(far,
                "router id 192.0.3.1;\nprotocol device {}\n" + shared +
                    "protocol bgp n1 { local as 64999; neighbor 192.0.3.11 as 64513; connect delay time 1; "
                    "connect retry time 1; ipv4 { import none; export all; }; }\n");
    const Bird reader(inner,
                      "router id 192.0.4.1;\nprotocol device {}\nprotocol bgp n1 { local as 64513; neighbor "
                      "192.0.4.11 as 64513; multihop; connect delay time 1; ipv4 { import all; export none; "
                      "add paths rx; }; }\n");
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("first", peer_yaml("first", "peerIP: 192.0.2.1, asNumber: 64512"));
    agent.apply("second", peer_yaml("second", "peerIP: 192.0.3.1, asNumber: 64999, sourceAddress: None"));
    agent.apply(
        "reader",
        peer_yaml("reader", "peerIP: 192.0.4.1, asNumber: 64513, sourceAddress: None, addPaths: Both"));
    REQUIRE(reader.wait_established("n1", seconds(60)));
    const auto paths = [&](const char* as) {
        return reader.wait_for("show route 10.244.200.0/26 all", std::string("BGP.as_path: ") + as + "\n",
                               seconds(30));
    };
    CHECK(paths("64512"));
    CHECK(paths("64999"));
    second.stop();
    CHECK(wait_until(seconds(30), [&] { return !has(reader.route("10.244.200.0/26"), "64999"); }));
    CHECK(has(reader.route("10.244.200.0/26"), "BGP.as_path: 64512\n"));
    second.start();
    CHECK(paths("64999"));
}

TEST_CASE("IPv4 over IPv6 next hops (RFC 8950): both ways, and down to the kernel") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(
        rack.router,
        "router id 192.0.2.1;\nprotocol device {}\n"
        "protocol static s4 { ipv4; route 198.51.100.0/24 blackhole; }\n"
        "protocol bgp n6 { local as 64512; neighbor 2001:db8:2::11 as 64513; connect delay time "
        "1;\n  ipv4 { extended next hop on; import all; export where source = RTS_STATIC; }; }\n");
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("tor6", peer_yaml("tor6",
                                  "peerIP: '2001:db8:2::1', asNumber: 64512, families: [IPv4Unicast], "
                                  "extendedNextHop: true"));
    REQUIRE(router.wait_established("n6", seconds(60)));
    const std::string block = block_of(agent, "pods4");
    REQUIRE(router.wait_route(block, seconds(30)));
    CHECK(has(router.route(block), "BGP.next_hop: 2001:db8:2::11"));
    CHECK(wait_until(seconds(30), [&] {
        return has(kernel_routes(rack.node), "198.51.100.0/24 via inet6 2001:db8:2::1 dev eth0 proto 178");
    }));
}

}  // namespace
}  // namespace dunlin::test
