// The same cases against each of the other implementations, asserted on their side.
#include "tests/interop/daemons.h"
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

void both_ways(const DaemonKind& kind, const std::string& password) {
    CAPTURE(kind.name);
    std::optional<std::string> why = kind.unavailable();
    if (!why) why = Agent::unavailable();
    if (why) {
        MESSAGE("SKIPPED: " << kind.name << ": " << *why);
        return;
    }
    const Rack rack;
    const auto router = kind.start(rack.router, {password});
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
    agent.apply("pods6", pool_yaml("pods6", "cidr: 'fd00:10::/48', blockSize: 122"));
    std::string key;
    if (!password.empty()) {
        key = ", password: {secretKeyRef: {name: bgp, key: tor}}";
        agent.apply("secret",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: bgp, namespace: kube-system}\n"
                    "stringData: {tor: " +
                        password + "}\n");
    }
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512" + key));
    agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64512" + key));
    const auto up = [&](bool ipv6) {
        return wait_until(seconds(60), [&] { return router->established(ipv6); });
    };
    const bool all_up = up(false) && up(true);
    if (!all_up) MESSAGE(router->log() << agent.log());
    REQUIRE(all_up);
    for (const std::string pool : {"pods4", "pods6"}) {
        const std::string block = block_of(agent, pool);
        CAPTURE(block);
        CHECK(wait_until(seconds(30), [&] { return !router->route(block).empty(); }));
        const std::string route = router->route(block);
        CAPTURE(route);
        CHECK(has(route, "64513"));  // our AS
        CHECK(has(route, pool == "pods4" ? "192.0.2.11" : "2001:db8:2::11"));
    }
    const bool learned = wait_until(seconds(30), [&] {
        const std::string routes = kernel_routes(rack.node);
        return has(routes, "198.51.100.0/24 via 192.0.2.1") &&
               has(routes, "2001:db8:ffff::/48 via 2001:db8:2::1");
    });
    if (!learned) {
        MESSAGE(agent.ctl({"show", "route", "all"}).out << agent.log() << router->log());
    }
    CHECK(learned);
}

TEST_CASE("FRR: sessions over IPv4 and IPv6, routes both ways") { both_ways(daemon_kinds()[0], ""); }
TEST_CASE("GoBGP: sessions over IPv4 and IPv6, routes both ways") { both_ways(daemon_kinds()[1], ""); }
TEST_CASE("OpenBGPD: sessions over IPv4 and IPv6, routes both ways") { both_ways(daemon_kinds()[2], ""); }
TEST_CASE("ExaBGP: sessions over IPv4 and IPv6, routes both ways") { both_ways(daemon_kinds()[3], ""); }

TEST_CASE("FRR: the same with TCP MD5") { both_ways(daemon_kinds()[0], "hunter2"); }
TEST_CASE("GoBGP: the same with TCP MD5") { both_ways(daemon_kinds()[1], "hunter2"); }
TEST_CASE("OpenBGPD: the same with TCP MD5") { both_ways(daemon_kinds()[2], "hunter2"); }
TEST_CASE("ExaBGP: the same with TCP MD5") { both_ways(daemon_kinds()[3], "hunter2"); }

}  // namespace
}  // namespace dunlin::test
