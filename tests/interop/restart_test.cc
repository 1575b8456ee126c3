// The agent between two routers, killed or ended and started again while they watch (RFC 4724): not one route
// is withdrawn on their side.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

// A second router on a link of its own; it learns what the first one announces through the agent.
struct Transit {
    Transit() { spine.link({"rack", {"198.18.0.1/24"}}, rack.node, {"eth1", {"198.18.0.11/24"}}); }
    Rack rack;
    NetNs spine{"spine"};
};

std::string spine_config() {
    return "router id 198.18.0.1;\nprotocol device {}\n"
           "protocol static s4 { ipv4; route 10.244.255.0/26 blackhole; }\n"
           "protocol bgp n4 { local as 64514; connect delay time 1; connect retry time 2; error wait time 1, "
           "2;\n"
           "  neighbor 198.18.0.11 as 64513; ipv4 { import all; export where source = RTS_STATIC; }; }\n";
}

std::string router_with_pool_route() {
    std::string out = router_config();
    const std::string route = "route 198.51.100.0/24 blackhole;";
    out.insert(out.find(route), "route 10.244.254.0/26 blackhole; ");
    return out;
}

// The line with the time since when BIRD has the route.
std::string line_of(const Bird& router, const std::string& prefix) {
    const std::string text = router.birdc("show route " + prefix);
    return text.substr(0, text.find('\n', text.find(prefix)));
}

const char* const kNoWithdraw = "Import withdraws:            0          0        ---          0          0";

TEST_CASE("graceful restart: killed or ended and started again, nothing is withdrawn at either router") {
    if (skipped()) return;
    const Transit site;
    const Bird router(site.rack.router, router_with_pool_route());
    const Bird spine(site.spine, spine_config());
    Agent agent(site.rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512"));
    agent.apply("spine", peer_yaml("spine", "peerIP: 198.18.0.1, asNumber: 64514, sourceAddress: None"));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    REQUIRE(router.wait_established("n4"));
    REQUIRE(spine.wait_established("n4"));
    const std::string block = block_of(agent, "pods4");
    REQUIRE(router.wait_route(block));
    REQUIRE(router.wait_route("10.244.255.0/26"));
    REQUIRE(spine.wait_route("10.244.254.0/26"));
    const std::string kernel = routes_of_agents(site.rack.node);
    for (const bool by_kill : {true, false}) {
        CAPTURE(by_kill);
        const std::string before =
            line_of(router, block) + line_of(router, "10.244.255.0/26") + line_of(spine, "10.244.254.0/26");
        if (by_kill) {
            agent.kill();
        } else {
            CHECK(agent.terminate() == 0);
        }
        CHECK(wait_until(seconds(20), [&] { return !router.established("n4") && !spine.established("n4"); }));
        CHECK(routes_of_agents(site.rack.node) == kernel);
        agent.start();
        REQUIRE(router.wait_established("n4", seconds(60)));
        REQUIRE(spine.wait_established("n4", seconds(60)));
        CHECK(wait_until(seconds(30), [&] {
            return !has(agent.ctl({"show", "status"}).out, "Graceful restart recovery");
        }));
        for (const Bird* each : {&router, &spine}) {
            // Our End-of-RIB is in: what was stale and not said again would be gone now.
            CHECK(wait_until(seconds(30), [&] {
                return !has(each->birdc("show protocols all n4"), "Neighbor graceful restart active");
            }));
        }
        CHECK(agent.wait_for({"show", "route", "10.244.254.0/26"}, "unicast"));
        CHECK(line_of(router, block) + line_of(router, "10.244.255.0/26") +
                  line_of(spine, "10.244.254.0/26") ==
              before);
        CHECK(routes_of_agents(site.rack.node) == kernel);
        CHECK(has(router.birdc("show protocols all n4"), kNoWithdraw));
        CHECK(has(spine.birdc("show protocols all n4"), kNoWithdraw));
    }
}

}  // namespace
}  // namespace dunlin::test
