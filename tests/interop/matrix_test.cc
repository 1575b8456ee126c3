// The same rows against each of the other implementations, asserted on their side where they say enough.
// With UPDATE_GOLDEN=1 what was seen becomes doc/interop.md.
#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/interop/daemons.h"
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

// A node beside a router of one kind, with pools of both families and a session over each.
struct Site {
    Site(const DaemonKind& kind, const DaemonOptions& options, const std::string& more = "")
        : router(kind.start(rack.router, options)), agent(rack.node, "n1") {
        agent.apply("node", node_yaml("n1", kNode));
        agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
        agent.apply("pods6", pool_yaml("pods6", "cidr: 'fd00:10::/48', blockSize: 122"));
        peers(more);
        const auto up = [&](bool ipv6) {
            return wait_until(seconds(60), [&] { return router->established(ipv6); });
        };
        const bool all_up = up(false) && up(true);
        if (!all_up) MESSAGE(router->log() << agent.log());
        REQUIRE(all_up);
    }
    void peers(const std::string& more) const {
        agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512" + more));
        agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64512" + more));
    }
    bool gets(const std::string& prefix) const {
        return wait_until(seconds(30), [&] { return !router->route(prefix).empty(); });
    }

    const Rack rack;
    const std::unique_ptr<Daemon> router;
    const Agent agent;
};

void check_routes(const Site& site) {
    for (const std::string pool : {"pods4", "pods6"}) {
        const std::string block = block_of(site.agent, pool);
        CAPTURE(block);
        CHECK(site.gets(block));
        const std::string route = site.router->route(block);
        CAPTURE(route);
        CHECK(has(route, "64513"));  // our AS
        CHECK(has(route, pool == "pods4" ? "192.0.2.11" : "2001:db8:2::11"));
    }
    CHECK(wait_until(seconds(30), [&] {
        const std::string routes = kernel_routes(site.rack.node);
        return has(routes, "198.51.100.0/24 via 192.0.2.1") &&
               has(routes, "2001:db8:ffff::/48 via 2001:db8:2::1");
    }));
}

void sessions(const DaemonKind& kind) { check_routes(Site(kind, {})); }

void md5(const DaemonKind& kind) {
    const Rack rack;
    const std::unique_ptr<Daemon> router = kind.start(rack.router, {.password = "hunter2", .gtsm = false});
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("secret",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: bgp, namespace: kube-system}\n"
                "stringData: {tor: hunter2}\n");
    const std::string key = ", password: {secretKeyRef: {name: bgp, key: tor}}";
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512" + key));
    agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64512" + key));
    for (const bool ipv6 : {false, true}) {
        CHECK(wait_until(seconds(60), [&] { return router->established(ipv6); }));
    }
}

void gtsm(const DaemonKind& kind) {
    const Site site(kind, {.password = {}, .gtsm = true}, ", ttlSecurity: 1");
    check_routes(site);
}

void attributes(const DaemonKind& kind) {
    const Site site(kind, {});
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    site.agent.apply("default",
                     "apiVersion: dunlin.io/v1\nkind: BGPConfiguration\nmetadata: {name: default}\n"
                     "spec: {prefixAdvertisements: [{cidr: 10.244.0.0/16, communities: ['64513:7', "
                     "'64513:11:12']}]}\n");
    const bool told = wait_until(seconds(30), [&] {
        const std::string route = site.router->route(block);
        const bool large = has(route, "64513:11:12") || has(route, "[ 64513, 11 , 12 ]");
        return large && (has(route, "64513:7") || has(route, "[ 64513, 7 ]"));
    });
    if (!told) MESSAGE(site.router->route(block));
    CHECK(told);
    CHECK(site.router->established(false));
}

void withdrawal(const DaemonKind& kind) {
    const Site site(kind, {});
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    site.agent.remove("pods4");
    CHECK(wait_until(seconds(30), [&] { return site.router->lost(block); }));
    CHECK(site.router->established(false));
}

void hold_timer(const DaemonKind& kind) {
    const Site site(kind, {}, ", holdTime: 3s");
    site.router->signal(SIGSTOP);
    CHECK(site.agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"}, "HoldTimerExpired",
                              seconds(30)));
    site.router->signal(SIGCONT);
    CHECK(wait_until(seconds(90), [&] {
        return has(site.agent.ctl({"show", "protocols", "Global_192_0_2_1"}).out, "Established");
    }));
}

void as_mismatch(const DaemonKind& kind) {
    const Site site(kind, {});
    site.agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64999"));
    CHECK(site.agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"}, "ASMismatch", seconds(60)));
    site.agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512"));
    CHECK(wait_until(seconds(90), [&] {
        return has(site.agent.ctl({"show", "protocols", "Global_192_0_2_1"}).out, "Established");
    }));
}

void shutdown(const DaemonKind& kind) {
    const Site site(kind, {});
    site.peers(", adminState: Down, adminMessage: 'moving to rack b'");
    CHECK(wait_until(seconds(30), [&] { return !site.router->established(false); }));
    site.peers("");
    CHECK(wait_until(seconds(90), [&] { return site.router->established(false); }));
}

struct Row {
    std::string name;
    void (*check)(const DaemonKind&);
};
const Row kRows[] = {
    {"sessions over IPv4 and IPv6, routes both ways", sessions},
    {"TCP MD5 (RFC 2385)", md5},
    {"TTL security (RFC 5082)", gtsm},
    {"communities and large communities, changed on the session", attributes},
    {"withdrawal", withdrawal},
    {"hold time of 3 s expires, the session comes back", hold_timer},
    {"wrong AS number is named, and mended", as_mismatch},
    {"administrative shutdown and back (RFC 9003)", shutdown},
};

// Row -> daemon -> what became of it.
using Results = std::map<std::string, std::map<std::string, std::string>>;
Results& results() {
    static Results all;
    return all;
}

void write_table() {
    if (std::getenv("UPDATE_GOLDEN") == nullptr) return;
    std::ofstream out(DUNLIN_SOURCE_DIR "/doc/interop.md");
    out << "# Beside other implementations\n\n"
           "Made by the interop tests (`UPDATE_GOLDEN=1`), which run each as the router of a node, in "
           "network "
           "namespaces, and read\nit through its own command line. BIRD 1.6 and 2 are beside it in "
           "`tests/interop` with many cases more.\n\n| |";
    for (const DaemonKind& kind : daemon_kinds()) out << " " << kind.name << " " << kind.version() << " |";
    out << "\n|---|";
    for (std::size_t i = 0; i < daemon_kinds().size(); ++i) out << "---|";
    out << "\n";
    for (const Row& row : kRows) {
        out << "| " << row.name << " |";
        for (const DaemonKind& kind : daemon_kinds()) out << " " << results()[row.name][kind.name] << " |";
        out << "\n";
    }
}

void check_rows(const DaemonKind& kind) {
    CAPTURE(kind.name);
    std::optional<std::string> why = kind.unavailable();
    if (!why) why = Agent::unavailable();
    if (why) {
        MESSAGE("SKIPPED: " << kind.name << ": " << *why);
        return;
    }
    for (const Row& row : kRows) {
        CAPTURE(row.name);
        row.check(kind);
        results()[row.name][kind.name] = "yes";
    }
    write_table();
}

TEST_CASE("FRR: every row of the matrix") { check_rows(daemon_kinds()[0]); }
TEST_CASE("GoBGP: every row of the matrix") { check_rows(daemon_kinds()[1]); }
TEST_CASE("OpenBGPD: every row of the matrix") { check_rows(daemon_kinds()[2]); }
TEST_CASE("ExaBGP: every row of the matrix") { check_rows(daemon_kinds()[3]); }

}  // namespace
}  // namespace dunlin::test
