// dunlind with Calico's objects in the place of Calico's BIRD: a mesh with nodes that still run BIRD 1.6, the
// rules of Services and filters on the wire, and what reads BIRD's socket.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

constexpr const char* kCalico = "apiVersion: projectcalico.org/v3\n";

std::string object(const std::string& kind, const std::string& name, const std::string& spec) {
    return kCalico + ("kind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n");
}

std::string calico_node(const std::string& name, const std::string& address, const std::string& more = "") {
    return node_yaml(name, "projectcalico.org/IPv4Address: " + address + "/24" + more);
}

std::string affinity(const std::string& node, const std::string& cidr) {
    return object("BlockAffinity", node + "-block",
                  "node: " + node + ", cidr: " + cidr + ", type: host, state: confirmed, deleted: false");
}

Agent::Options calico_options(Argv more = {}) {
    Agent::Options out;
    out.flags = {"--api-group", "projectcalico.org"};
    out.flags.insert(out.flags.end(), more.begin(), more.end());
    return out;
}

// What Calico's templates make of a node 192.0.2.1 with a block, in a mesh with 192.0.2.11.
std::string mesh_config() {
    return "router id 192.0.2.1;\n"
           "filter to_kernel { krt_metric = 2147483647 - bgp_local_pref; accept; }\n"
           "protocol kernel { learn; persist; scan time 2; import all; export filter to_kernel; "
           "graceful restart; }\n"
           "protocol device { scan time 2; }\n"
           "protocol direct { interface -\"cali*\", \"*\"; }\n"
           "protocol static { route 10.244.1.0/26 blackhole; }\n"
           "filter to_mesh { if proto = \"static1\" then { bgp_local_pref = 2147482623; accept; } reject; }\n"
           "template bgp calico { local as 64512; multihop; gateway recursive; import all; "
           "export filter to_mesh; add paths on; graceful restart; connect delay time 1; "
           "connect retry time 2; error wait time 1, 2; }\n"
           "protocol bgp Mesh_192_0_2_11 from calico { neighbor 192.0.2.11 as 64512; "
           "source address 192.0.2.1; passive on; }\n";
}

void apply_mesh(const Agent& agent) {
    agent.apply("n1", calico_node("n1", "192.0.2.11"));
    agent.apply("n2", calico_node("n2", "192.0.2.1"));
    agent.apply("pool", object("IPPool", "pods", "cidr: 10.244.0.0/16"));
    agent.apply("block1", affinity("n1", "10.244.0.0/26"));
    agent.apply("block2", affinity("n2", "10.244.1.0/26"));
}

constexpr const char* kRouteToBlock2 = "10.244.1.0/26 via 192.0.2.1 dev eth0 proto bird metric 1024";

// True: the condition came about, and until then the route was in the kernel at every look.
template <class Condition>
bool with_route_until(const NetNs& node, Condition condition) {
    bool lost = false;
    const bool done = wait_until(seconds(60), [&] {
        lost = lost || !has(kernel_routes(node), kRouteToBlock2);
        return lost || condition();
    });
    return done && !lost;
}

TEST_CASE("Calico: a mesh with BIRD 1.6 converges, and each end of it is replaced without a lost route") {
    if (skipped()) return;
    const auto bird1 = Bird::version1();
    if (!bird1) {
        MESSAGE("SKIPPED: no BIRD 1.6 (DUNLIN_BIRD1)");
        return;
    }
    const Rack rack;
    Agent first(rack.node, "n1", calico_options());
    apply_mesh(first);
    auto bird = std::make_unique<Bird>(rack.router, mesh_config(), *bird1);
    REQUIRE(bird->wait_established("Mesh_192_0_2_11", seconds(60)));
    REQUIRE(bird->wait_route("10.244.0.0/26", seconds(20)));
    const std::string seen = bird->route("10.244.0.0/26");
    CAPTURE(seen);
    CHECK(has(seen, "via 192.0.2.11 on rack [Mesh_192_0_2_11"));
    CHECK(has(seen, "BGP.local_pref: 2147482623"));
    CHECK(has(seen, "BGP.next_hop: 192.0.2.11"));
    CHECK(wait_until(seconds(20), [&] { return has(kernel_routes(rack.node), kRouteToBlock2); }));
    CHECK(has(kernel_routes(rack.node), "blackhole 10.244.0.0/26 proto bird"));
    CHECK(wait_until(seconds(20), [&] {
        return has(kernel_routes(rack.router),
                   "10.244.0.0/26 via 192.0.2.11 dev rack proto bird metric 1024");
    }));

    // The other node changes from BIRD to dunlind, and back.
    bird->kill();
    auto second = std::make_unique<Agent>(rack.router, "n2", calico_options());
    apply_mesh(*second);
    CHECK(with_route_until(rack.node, [&] {
        return has(second->ctl({"show", "protocols", "Mesh_192_0_2_11"}).out, "Established") &&
               has(kernel_routes(rack.router), "blackhole 10.244.1.0/26");
    }));
    CHECK(first.wait_established("Mesh_192_0_2_1"));
    second->kill();
    bird = std::make_unique<Bird>(rack.router, mesh_config(), *bird1);
    CHECK(with_route_until(rack.node, [&] { return bird->established("Mesh_192_0_2_11"); }));
    CHECK(bird->wait_route("10.244.0.0/26", seconds(20)));
    CHECK(has(kernel_routes(rack.node), kRouteToBlock2));
}

std::string service(const std::string& name, const std::string& spec) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: default}\nspec: {" +
           spec + "}\n";
}

std::string slice(const std::string& service_name, const std::string& node) {
    return "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " + service_name +
           "-1, namespace: default, labels: {kubernetes.io/service-name: " + service_name +
           "}}\naddressType: IPv4\nendpoints: [{addresses: [10.244.0.5], nodeName: " + node +
           ", conditions: {ready: true}}]\n";
}

TEST_CASE("Calico: Services of Local policy follow their endpoints; ranges stay out of the kernel") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config({}));
    const Agent agent(rack.node, "n1", calico_options());
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("default", object("BGPConfiguration", "default",
                                  "nodeToNodeMeshEnabled: false, serviceClusterIPs: [{cidr: 10.96.0.0/16}], "
                                  "serviceExternalIPs: [{cidr: 203.0.113.7/32}]"));
    agent.apply("tor", object("BGPPeer", "tor", "peerIP: 192.0.2.1, asNumber: 64512"));
    agent.apply("web", service("web",
                               "type: LoadBalancer, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], "
                               "ipFamilies: [IPv4], externalIPs: [203.0.113.7], "
                               "externalTrafficPolicy: Local"));
    agent.apply("web-slice", slice("web", "n1"));
    REQUIRE(router.wait_established("n4"));
    CHECK(router.wait_route("10.96.0.0/16"));
    CHECK(router.wait_route("10.96.0.10/32"));
    CHECK(router.wait_route("203.0.113.7/32"));
    CHECK(wait_until(seconds(20), [&] { return has(kernel_routes(rack.node), "blackhole 203.0.113.7"); }));
    CHECK_FALSE(has(kernel_routes(rack.node), "10.96.0."));
    // The endpoint moves to another node.
    const SessionLine before = session_line(router, "n4");
    agent.apply("web-slice", slice("web", "n2"));
    CHECK(router.wait_no_route("10.96.0.10/32"));
    CHECK(router.wait_no_route("203.0.113.7/32"));
    CHECK_FALSE(router.route("10.96.0.0/16").empty());
    CHECK(session_line(router, "n4") == before);
}

TEST_CASE("Calico: BGPFilters at both directions, edited on a living session") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config({}));
    const Agent agent(rack.node, "n1", calico_options());
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("pool", object("IPPool", "pods", "cidr: 10.244.0.0/16"));
    agent.apply("block", affinity("n1", "10.244.0.0/26"));
    agent.apply("tor",
                object("BGPPeer", "tor", "peerIP: 192.0.2.1, asNumber: 64512, filters: [shape, missing]"));
    // A filter that does not exist holds the session down: it might have been the one that keeps routes in.
    CHECK(agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"}, "FilterMissing"));
    agent.apply("missing", object("BGPFilter", "missing", ""));
    agent.apply("shape", object("BGPFilter", "shape",
                                "exportV4: [{action: Accept, matchOperator: In, cidr: 10.244.0.0/16, "
                                "operations: [{prependASPath: {prefix: [64513, 64513]}}, "
                                "{addCommunity: {value: '64513:7'}}]}], "
                                "importV4: [{action: Reject, matchOperator: Equal, cidr: 198.51.100.0/24}]"));
    REQUIRE(router.wait_established("n4"));
    REQUIRE(router.wait_route("10.244.0.0/26"));
    const std::string seen = router.route("10.244.0.0/26");
    CAPTURE(seen);
    CHECK(has(seen, "BGP.as_path: 64513 64513 64513\n"));
    CHECK(has(seen, "BGP.community: (64513,7)"));
    CHECK(agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"},
                         "198.51.100.0/24 by rule 1 of shape"));
    CHECK_FALSE(has(kernel_routes(rack.node), "198.51.100.0/24"));
    const SessionLine before = session_line(router, "n4");
    agent.apply("shape", object("BGPFilter", "shape", ""));
    CHECK(wait_until(seconds(20), [&] { return has(kernel_routes(rack.node), "198.51.100.0/24"); }));
    CHECK(router.wait_for("show route 10.244.0.0/26 all", "BGP.as_path: 64513\n"));
    CHECK(session_line(router, "n4") == before);
}

TEST_CASE("Calico: BIRD's socket says to Debian's birdc what Calico's BIRD would") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config({}));
    const TempDir dir;
    const Agent agent(
        rack.node, "n1",
        calico_options({"--bird-socket", dir / "bird.ctl", "--bird6-socket", dir / "bird6.ctl"}));
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("pool", object("IPPool", "pods", "cidr: 10.244.0.0/16"));
    agent.apply("block", affinity("n1", "10.244.0.0/26"));
    agent.apply("tor", object("BGPPeer", "tor", "peerIP: 192.0.2.1, asNumber: 64512"));
    rack.node.ip({"route", "add", "default", "via", "192.0.2.1"});
    rack.node.ip({"link", "add", "cali1", "type", "veth", "peer", "name", "cali1p"});
    rack.node.ip({"link", "set", "cali1", "up"});
    rack.node.ip({"route", "add", "10.244.0.5/32", "dev", "cali1"});
    rack.node.ip({"link", "add", "docker0", "type", "bridge"});  // without containers: no carrier
    rack.node.ip({"address", "add", "172.17.0.1/16", "dev", "docker0"});
    rack.node.ip({"link", "set", "docker0", "up"});
    REQUIRE(router.wait_established("n4"));
    std::vector<BirdPrograms> readers{BirdPrograms()};
    if (const auto old = Bird::version1()) readers.push_back(*old);
    for (const auto& programs : readers) {
        CAPTURE(programs.birdc);
        const auto birdc = [&](const std::string& socket, Argv words) {
            Argv argv{programs.birdc, "-s", dir / socket};
            argv.insert(argv.end(), words.begin(), words.end());
            return run(argv).out;
        };
        CHECK(wait_until(seconds(20), [&] {
            const std::string now = birdc("bird.ctl", {"show", "route"});
            return has(now, "198.51.100.0/24    via 192.0.2.1 on eth0 [Global_") &&
                   has(now, "dev cali1 [kernel1 ") && has(now, "dev eth0 [direct1 ") &&
                   has(now, "dev docker0 [direct1 ");
        }));
        const std::string routes = birdc("bird.ctl", {"show", "route"});
        CAPTURE(routes);
        CHECK(has(routes, "BIRD 1.6.8 ready."));
        CHECK(has(routes, "0.0.0.0/0          via 192.0.2.1 on eth0 [kernel1 "));
        CHECK(has(routes, "10.244.0.0/26      blackhole [static1 "));
        CHECK(has(routes, "] * (200)\n"));
        CHECK(has(routes, "10.244.0.5/32      dev cali1 [kernel1 "));
        CHECK(has(routes, "192.0.2.0/24       dev eth0 [direct1 "));
        CHECK(has(routes, "172.17.0.0/16      dev docker0 [direct1 "));
        CHECK(has(routes, " * (100/0) [AS64512i]\n"));
        const std::string protocols = birdc("bird.ctl", {"show", "protocols"});
        CAPTURE(protocols);
        CHECK(has(protocols, "name     proto    table    state  since       info\n"));
        CHECK(has(protocols, "static1  Static   master   up     "));
        CHECK(has(protocols, "Global_192_0_2_1 BGP      master   up     "));
        CHECK(has(protocols, "    Established   \n"));
        CHECK(has(birdc("bird.ctl", {"show", "status"}), "Router ID is 192.0.2.11\n"));
        CHECK(has(birdc("bird.ctl", {"show", "status"}), "Daemon is up and running\n"));
        CHECK(has(birdc("bird.ctl", {"show", "protocols", "all", "Global_192_0_2_1"}),
                  "    Neighbor AS:      64512\n"));
        CHECK(has(birdc("bird.ctl", {"show", "route", "198.51.100.0/24", "all"}), "\tBGP.as_path: 64512\n"));
        CHECK(has(birdc("bird.ctl", {"show", "route", "10.1.1.0/24"}), "Network not in table\n"));
        CHECK_FALSE(has(birdc("bird6.ctl", {"show", "protocols"}), "Global_"));
    }
}

// A route of the kernel with a gateway, and what each of two neighbours is told of it.
TEST_CASE("Calico: the next hop on the wire, by kind of session and next hop mode") {
    if (skipped()) return;
    const Rack rack;
    const NetNs far("far");
    far.link({"node", {"192.0.3.1/24"}}, rack.node, {"eth1", {"192.0.3.11/24"}});
    const Bird inner(rack.router, router_config({.local_as = "64513"}));  // iBGP
    const Bird outer(
        far,
        "router id 192.0.3.1;\nprotocol device {}\nprotocol bgp n1 { local as 64999; neighbor "
        "192.0.3.11 as 64513; multihop; connect delay time 1; ipv4 { import all; export none; }; }\n");
    const Agent agent(rack.node, "n1", calico_options());
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("pool", object("IPPool", "pods", "cidr: 10.244.0.0/16"));
    agent.apply("block", affinity("n1", "10.244.0.0/26"));
    rack.node.ip({"route", "add", "10.244.9.0/26", "via", "192.0.2.77"});
    const auto apply = [&](const std::string& mode) {
        agent.apply("inner", object("BGPPeer", "inner", "peerIP: 192.0.2.1, asNumber: 64513" + mode));
        agent.apply("outer", object("BGPPeer", "outer",
                                    "peerIP: 192.0.3.1, asNumber: 64999, sourceAddress: None" + mode));
    };
    const auto tells = [](const Bird& bird, const char* prefix, const char* next_hop) {
        return bird.wait_for(std::string("show route ") + prefix + " all",
                             std::string("BGP.next_hop: ") + next_hop + "\n", seconds(20));
    };
    apply("");
    REQUIRE(inner.wait_established("n4"));
    REQUIRE(outer.wait_established("n1"));
    CHECK(tells(inner, "10.244.0.0/26", "192.0.2.11"));
    CHECK(tells(inner, "10.244.9.0/26", "192.0.2.77"));
    CHECK(tells(outer, "10.244.0.0/26", "192.0.3.11"));
    CHECK(tells(outer, "10.244.9.0/26", "192.0.3.11"));
    const SessionLine before = session_line(inner, "n4");
    apply(", nextHopMode: Self");
    CHECK(tells(inner, "10.244.9.0/26", "192.0.2.11"));
    apply(", nextHopMode: Keep");
    CHECK(tells(inner, "10.244.9.0/26", "192.0.2.77"));
    CHECK(tells(outer, "10.244.9.0/26", "192.0.2.77"));
    CHECK(tells(outer, "10.244.0.0/26", "192.0.3.11"));  // its own has no other
    CHECK(session_line(inner, "n4") == before);
}

// RFC 4271 has no such thing: Calico carries the metric of the kernel in LOCAL_PREF (2147483647 - metric).
TEST_CASE("Calico: priorities of the kernel become LOCAL_PREF, and LOCAL_PREF a metric, to the digit") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(
        rack.router,
        router_config({.local_as = "64513", .attributes = "bgp_local_pref = 2147483135;"}));  // metric 512
    const Agent agent(rack.node, "n1", calico_options());
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("pool", object("IPPool", "pods", "cidr: 10.244.0.0/16"));
    agent.apply("block", affinity("n1", "10.244.0.0/26"));
    agent.apply("tor", object("BGPPeer", "tor", "peerIP: 192.0.2.1, asNumber: 64513"));
    rack.node.ip({"link", "add", "cali1", "type", "veth", "peer", "name", "cali1p"});
    rack.node.ip({"link", "set", "cali1", "up"});
    rack.node.ip({"route", "add", "10.244.0.5/32", "dev", "cali1", "metric", "1024"});  // stays in its block
    rack.node.ip({"route", "add", "10.244.0.6/32", "dev", "cali1", "metric", "512"});   // being migrated
    rack.node.ip({"route", "add", "10.244.0.7/32", "dev", "cali1"});
    REQUIRE(router.wait_established("n4"));
    const auto tells = [&](const char* prefix, const char* local_pref) {
        return router.wait_for(std::string("show route ") + prefix + " all",
                               std::string("BGP.local_pref: ") + local_pref + "\n", seconds(20));
    };
    CHECK(tells("10.244.0.0/26", "2147482623"));
    CHECK(tells("10.244.0.6/32", "2147483135"));
    CHECK(tells("10.244.0.7/32", "2147483647"));
    CHECK(router.route("10.244.0.5/32").empty());
    CHECK(wait_until(seconds(20), [&] {
        return has(rack.node.ip({"-d", "route", "show", "table", "main"}),
                   "unicast 198.51.100.0/24 via 192.0.2.1 dev eth0 proto bird scope global metric 512");
    }));
    CHECK(agent.wait_for({"show", "route", "198.51.100.0/24"},
                         "(200/"));  // elevated: below the normal priority
    CHECK(has(rack.node.ip({"-d", "route", "show", "table", "main"}), "blackhole 10.244.0.0/26 proto bird"));
}

TEST_CASE("Calico: routes of an IPIP pool leave through the tunnel, those of a near neighbour do not") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config({.local_as = "64513"}) +
                                       "protocol static s5 { ipv4; route 10.244.9.0/26 blackhole; "
                                       "route 10.245.9.0/26 blackhole; }\n");
    // This kernel may have no IPIP: any device of the name shows where the route goes.
    rack.node.ip({"link", "add", "tunl0", "type", "veth", "peer", "name", "tunl0p"});
    rack.node.ip({"link", "set", "tunl0p", "up"});
    rack.node.ip({"link", "set", "tunl0", "up"});
    const Agent agent(rack.node, "n1", calico_options());
    agent.apply("n1", calico_node("n1", "192.0.2.11", ", projectcalico.org/ASNumber: '64513'"));
    agent.apply("default", object("BGPConfiguration", "default", "programClusterRoutes: Enabled"));
    agent.apply("always", object("IPPool", "always", "cidr: 10.244.0.0/16, ipipMode: Always"));
    agent.apply("cross", object("IPPool", "cross", "cidr: 10.245.0.0/16, ipipMode: CrossSubnet"));
    agent.apply("tor", object("BGPPeer", "tor", "peerIP: 192.0.2.1, asNumber: 64513"));
    REQUIRE(router.wait_established("n4"));
    CHECK(wait_until(seconds(20), [&] {
        const std::string now = kernel_routes(rack.node);
        return has(now, "10.244.9.0/26 via 192.0.2.1 dev tunl0 proto bird metric 2147483547 onlink") &&
               has(now, "10.245.9.0/26 via 192.0.2.1 dev eth0 proto bird metric 2147483547");
    }));
    // The device is made anew: another index under the same name.
    rack.node.ip({"link", "del", "tunl0"});
    rack.node.ip({"link", "add", "tunl0", "type", "veth", "peer", "name", "tunl0p"});
    rack.node.ip({"link", "set", "tunl0p", "up"});
    rack.node.ip({"link", "set", "tunl0", "up"});
    CHECK(wait_until(seconds(20), [&] { return has(kernel_routes(rack.node), "dev tunl0 proto bird"); }));
    // Felix takes its routes over.
    agent.apply("default", object("BGPConfiguration", "default", "programClusterRoutes: Disabled"));
    CHECK(wait_until(seconds(20), [&] { return !has(kernel_routes(rack.node), "10.24"); }));
}

}  // namespace
}  // namespace dunlin::test
