// RFC 5065: the node is a member of a confederation with BIRD as another member; a second BIRD is outside.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

// Neighbour of the node at `own`; announces `route`.
std::string bird_config(const std::string& own, const std::string& session, const std::string& node_address,
                        const std::string& node_as, const std::string& route) {
    return "router id " + own + ";\nprotocol device {}\nprotocol static own { ipv4; route " + route +
           " blackhole; }\nprotocol bgp n1 { " + session + " neighbor " + node_address + " as " + node_as +
           "; multihop; connect delay time 1; connect retry time 2; error wait time 1, 2;\n"
           "  ipv4 { import all; export where source = RTS_STATIC; }; }\n";
}

TEST_CASE("a confederation: members see member ASes and LOCAL_PREF, the outside sees its identifier alone") {
    if (skipped()) return;
    const Rack rack;
    const NetNs far("far");
    far.link({"node", {"192.0.3.1/24"}}, rack.node, {"eth1", {"192.0.3.11/24"}});
    const Bird member(
        rack.router, bird_config("192.0.2.1", "local as 65002; confederation 64600; confederation member on;",
                                 "192.0.2.11", "65001", "198.51.100.0/24"));
    const Bird outside(far,
                       bird_config("192.0.3.1", "local as 64999;", "192.0.3.11", "64600", "203.0.113.0/24"));
    const Agent agent(rack.node, "n1");
    agent.apply("node",
                node_yaml("n1", "dunlin.io/ipv4-address: 192.0.2.11/24, dunlin.io/as-number: '65001'"));
    agent.apply("default",
                "apiVersion: dunlin.io/v1\nkind: BGPConfiguration\nmetadata: {name: default}\n"
                "spec: {confederation: {identifier: 64600, members: [65002]}}\n");
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("member", peer_yaml("member", "peerIP: 192.0.2.1, asNumber: 65002"));
    agent.apply("outside", peer_yaml("outside", "peerIP: 192.0.3.1, asNumber: 64999, sourceAddress: None"));
    REQUIRE(member.wait_established("n1", seconds(60)));
    REQUIRE(outside.wait_established("n1", seconds(60)));
    const std::string block = block_of(agent, "pods4");
    const auto sees = [](const Bird& bird, const std::string& prefix, const std::string& line) {
        return bird.wait_for("show route " + prefix + " all", line + "\n", seconds(20));
    };
    CHECK(sees(member, block, "BGP.as_path: (65001)"));
    CHECK(has(member.route(block), "BGP.local_pref: 2147482623\n"));  // of priority 1024
    CHECK(sees(outside, block, "BGP.as_path: 64600"));
    CHECK(has(outside.route(block), "BGP.local_pref: 100\n"));  // BIRD's own, where none came
    // Through the node, both ways. What a member announces leaves without its AS.
    const auto passes = [&] { return has(kernel_routes(rack.node), "198.51.100.0/24 via 192.0.2.1"); };
    CHECK(wait_until(seconds(20), passes));
    CHECK(has(agent.ctl({"show", "route", "198.51.100.0/24", "all"}).out, "(65002)"));
    CHECK(has(agent.ctl({"show", "protocols", "all", "Global_192_0_2_1"}).out, "confederation"));
}

}  // namespace
}  // namespace dunlin::test
