// What a change of a BGPPeer costs, field by field, by the neighbour's own account of since when the session
// is up: doc/impact.md, made from the code, is what a router sees.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

constexpr const char* kName = "Global_192_0_2_1";

struct Site {
    Site() : router(rack.router, router_config({.extra = "ttl security on;"})), agent(rack.node, "n1") {
        agent.apply("node", node_yaml("n1", kNode));
        agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
        agent.apply("filter",
                    "apiVersion: dunlin.io/v1\nkind: BGPFilter\nmetadata: {name: f}\n"
                    "spec: {importV4: [{action: Accept, cidr: 198.51.0.0/16, matchOperator: In}]}\n");
        take("");
        REQUIRE(router.wait_established("n4", seconds(60)));
        REQUIRE(router.wait_route(block_of(agent, "pods4")));
    }
    // Applies the object with these fields, and returns when the agent says that it has it.
    void take(const std::string& fields) {
        const std::string mark = "version " + std::to_string(++version);
        agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512, description: " + mark +
                                                  (fields.empty() ? ", ttlSecurity: 1" : ", " + fields)));
        REQUIRE(agent.wait_for({"show", "protocols", "all", kName}, mark + "\n"));
    }
    SessionLine line() const { return session_line(router, "n4"); }
    std::uint64_t flaps() const { return agent.json({"show", "protocols", kName})[0]["flaps"]; }
    bool comes_back_after(const SessionLine& before) const {
        return wait_until(seconds(60), [&] {
            const SessionLine now = line();
            // It may be back within milliseconds; BIRD's account is exact to one.
            return has(now.text, "Established") && std::abs(now.since_ms - before.since_ms) > 5;
        });
    }

    const Rack rack;
    const Bird router;
    const Agent agent;
    int version = 0;
};

TEST_CASE("impact: these fields of a BGPPeer are changed while the neighbour's session goes on") {
    if (skipped()) return;
    Site site;
    const SessionLine before = site.line();
    const std::string gtsm = "ttlSecurity: 1, ";
    for (const std::string& fields :
         {gtsm + "holdTime: 30s", gtsm + "keepaliveTime: 7s", gtsm + "connectRetryTime: 9s",
          gtsm + "errorBackoff: {min: 2s, max: 9s}", gtsm + "maxPrefixes: {limit: 100, action: Warn}",
          gtsm + "maxPrefixes: {limit: 50, action: Discard}", gtsm + "numAllowedLocalASNumbers: 1",
          gtsm + "nextHopMode: Self", gtsm + "nextHopMode: Keep", gtsm + "filters: [f]",
          gtsm + "sendCommunities: [Standard]", gtsm + "adminState: Drain", gtsm + "adminMessage: tonight",
          gtsm + "passive: true", gtsm + "gracefulRestart: {restartTime: 60s}", gtsm + "maxRestartTime: 90s",
          gtsm + "reversePeering: Manual", std::string("ttlSecurity: 2"), std::string()}) {
        CAPTURE(fields);
        site.take(fields);
        CHECK(site.flaps() == 0);
        CHECK(site.line() == before);
    }
}

TEST_CASE(
    "impact: a BGPFilter that changes is put to work on what BIRD has sent, and BIRD is not asked again") {
    if (skipped()) return;
    Site site;
    const auto filter = [&](const std::string& rule) {
        site.agent.apply("filter",
                         "apiVersion: dunlin.io/v1\nkind: BGPFilter\nmetadata: {name: f}\n"
                         "spec: {importV4: [{" +
                             rule + "}]}\n");
    };
    const auto shows = [&](std::vector<std::string> words, const std::string& text) {
        words.insert(words.begin(), {"show", "route"});
        return site.agent.wait_for(words, text);
    };
    site.take("ttlSecurity: 1, filters: [f]");
    REQUIRE(shows({"198.51.100.0/24"}, kName));
    const SessionLine before = site.line();
    filter("action: Reject, cidr: 198.51.0.0/16, matchOperator: In");
    CHECK(shows({"filtered", "all"}, "import filter, rule 1 of f"));
    CHECK(site.agent.ctl({"show", "route", "198.51.100.0/24"}).exit_code != 0);
    CHECK(site.agent.wait_for({"show", "protocols", "all", kName}, "0 imported, 1 filtered"));
    filter(
        "action: Accept, cidr: 198.51.0.0/16, matchOperator: In, operations: [{setLocalPref: {value: 77}}]");
    CHECK(shows({"198.51.100.0/24", "all"}, "BGP.local_pref: 77"));
    filter("action: Reject, cidr: 203.0.113.0/24, matchOperator: In");
    CHECK(wait_until(seconds(20), [&] {
        const std::string text = site.agent.ctl({"show", "route", "198.51.100.0/24", "all"}).out;
        return has(text, kName) && !has(text, "local_pref: 77");
    }));
    CHECK(site.line() == before);
    CHECK(site.agent.json({"show", "protocols", kName})[0]["messagesOut"]["route-refresh"] == 0);
}

TEST_CASE("impact: these fields reset the session, which comes back by itself") {
    if (skipped()) return;
    Site site;
    std::uint64_t flaps = 0;
    for (const char* fields : {"extendedMessages: false", "enhancedRouteRefresh: false", "addPaths: 'Off'",
                               "extendedNextHop: true", "gracefulRestart: {mode: Helper}", "role: Customer",
                               "families: [IPv4Unicast, IPv6Unicast]", "sourceAddress: None"}) {
        CAPTURE(std::string(fields));
        const SessionLine before = site.line();
        site.take("ttlSecurity: 1, " + std::string(fields));
        CHECK(site.comes_back_after(before));
        CHECK(site.flaps() > flaps);
        flaps = site.flaps();
    }
    const SessionLine before = site.line();
    site.agent.apply("own",
                     "apiVersion: dunlin.io/v1\nkind: BGPConfiguration\nmetadata: {name: node.n1}\n"
                     "spec: {routerID: 10.9.9.9}\n");
    CHECK(site.comes_back_after(before));
    CHECK(has(site.router.birdc("show protocols all n4"), "10.9.9.9"));
}

}  // namespace
}  // namespace dunlin::test
