// dunlind and BIRD 2 as neighbours, each in a namespace of its own. What counts is BIRD's view.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/wait.h"

namespace dunlin::test {
namespace {

using std::chrono::seconds;

bool skipped() {
    std::optional<std::string> why = Bird::unavailable();
    if (!why) why = Agent::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

// A node and its router on one link: 192.0.2.11 and .1, 2001:db8:2::11 and ::1.
struct Rack {
    Rack() {
        NetNs::clear_stale();
        router.link({"rack", {"192.0.2.1/24", "2001:db8:2::1/64"}}, node,
                    {"eth0", {"192.0.2.11/24", "2001:db8:2::11/64"}});
    }
    NetNs router{"tor"}, node{"n1"};
};

constexpr const char* kNode =
    "dunlin.io/ipv4-address: 192.0.2.11/24, dunlin.io/ipv6-address: 2001:db8:2::11/64, "
    "dunlin.io/as-number: '64513'";

struct RouterOptions {
    std::string local_as = "64512";
    std::string extra = {};       // in the template
    std::string attributes = {};  // statements of the IPv4 export filter
};

std::string router_config(const RouterOptions& options = {}) {
    return "router id 192.0.2.1;\n"
           "protocol device {}\n"
           "protocol static s4 { ipv4; route 198.51.100.0/24 blackhole; }\n"
           "protocol static s6 { ipv6; route 2001:db8:ffff::/48 blackhole; }\n"
           "filter out4 { if source = RTS_STATIC then { " +
           options.attributes +
           " accept; } reject; }\n"
           "template bgp node { local as " +
           options.local_as + "; connect delay time 1; connect retry time 2; error wait time 1, 2; " +
           options.extra +
           " }\n"
           "protocol bgp n4 from node { neighbor 192.0.2.11 as 64513; ipv4 { import all; export filter out4; "
           "}; }\n"
           "protocol bgp n6 from node { neighbor 2001:db8:2::11 as 64513; ipv6 { import all; export where "
           "source = RTS_STATIC; }; }\n";
}

std::string peer_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

std::string pool_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

std::string kernel_routes(const NetNs& netns) {
    return netns.ip({"route", "show", "table", "main"}) + netns.ip({"-6", "route", "show", "table", "main"});
}

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

// The one block that the node has claimed of a family.
std::string block_of(const Agent& agent, const std::string& pool) {
    std::string found;
    wait_until(seconds(60), [&] {
        const nlohmann::json status = agent.json({"status"});
        for (const auto& block : status["status"]["blocks"]) {
            if (block["pool"] == pool && block["inKernel"] == true) found = block["cidr"];
        }
        return !found.empty();
    });
    return found;
}

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

}  // namespace
}  // namespace dunlin::test
