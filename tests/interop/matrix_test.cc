// The same rows against each of the other implementations, asserted on their side where they say enough.
// With UPDATE_GOLDEN=1 what was seen becomes doc/interop.md.
#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/interop/daemons.h"
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

constexpr const char* kName = "Global_192_0_2_1";

// A node beside a router of one kind, with pools of both families and a session over each.
struct Site {
    explicit Site(const DaemonKind& kind, const DaemonOptions& options = {}, const std::string& more = "")
        : as(options.as), router(kind.start(rack.router, options)), agent(rack.node, "n1") {
        agent.apply("node", node_yaml("n1", kNode));
        agent.apply("secret",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: bgp, namespace: kube-system}\n"
                    "stringData: {tor: hunter2}\n");
        agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
        agent.apply("pods6", pool_yaml("pods6", "cidr: 'fd00:10::/48', blockSize: 122"));
        peers(more);
        const bool all_up = comes_up(false) && comes_up(true);
        if (!all_up) MESSAGE(router->log() << agent.log());
        REQUIRE(all_up);
    }
    void peer4(const std::string& more) const {
        agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: " + as + more));
    }
    void peers(const std::string& more) const {
        peer4(more);
        agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: " + as + more));
    }
    bool comes_up(bool ipv6) const {
        return wait_until(seconds(90), [&] { return router->established(ipv6); });
    }
    bool gets(const std::string& prefix) const {
        return wait_until(seconds(30), [&] { return !router->route(prefix).empty(); });
    }
    bool account_has(const std::string& words) const {
        const bool found = wait_until(seconds(30), [&] { return has(router->account(), words); });
        if (!found) MESSAGE(router->account());
        return found;
    }
    std::string session() const { return agent.ctl({"show", "protocols", "all", kName}).out; }
    bool session_says(const std::string& words) const {
        return agent.wait_for({"show", "protocols", "all", kName}, words);
    }
    bool learns(const std::string& prefix) const {
        return wait_until(seconds(30),
                          [&] { return has(kernel_routes(rack.node), prefix + " via 192.0.2.1"); });
    }
    std::uint64_t flaps() const { return agent.json({"show", "protocols", kName})[0]["flaps"]; }

    const Rack rack;
    const std::string as;
    const std::unique_ptr<Daemon> router;
    Agent agent;
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
    CHECK(site.learns(kTheirs4));
    CHECK(site.learns(kMoreOfTheirs4));
    CHECK(wait_until(seconds(30), [&] {
        return has(kernel_routes(site.rack.node), std::string(kTheirs6) + " via 2001:db8:2::1");
    }));
}

void sessions(const DaemonKind& kind) { check_routes(Site(kind)); }

void four_octet_as(const DaemonKind& kind) {
    const Site site(kind, {.as = "4200000000"});
    check_routes(site);
    CHECK(has(site.agent.ctl({"show", "route", kTheirs4, "all"}).out, "4200000000"));
}

void md5_and_gtsm(const DaemonKind& kind) {
    check_routes(Site(kind, {.password = "hunter2"}, ", password: {secretKeyRef: {name: bgp, key: tor}}"));
    check_routes(Site(kind, {.gtsm = true}, ", ttlSecurity: 1"));
}

// All at once, on the session: what the filter and the advertisement make of our block is what they show.
void attributes(const DaemonKind& kind) {
    const Site site(kind);
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    site.agent.apply("filter",
                     "apiVersion: dunlin.io/v1\nkind: BGPFilter\nmetadata: {name: f}\n"
                     "spec: {exportV4: [{action: Accept, operations: [{setMED: {value: 7077}}, "
                     "{prependASPath: {prefix: [64513, 64513]}}, {addCommunity: {value: '64513:7'}}, "
                     "{addCommunity: {value: '64513:11:12'}}]}]}\n");
    site.peer4(", filters: [f]");
    const bool told = wait_until(seconds(30), [&] {
        const std::string route = site.router->route(block);
        const bool large =
            has(route, "64513:11:12") || has(route, "[ 64513, 11 , 12 ]") || has(route, "(64513, 11, 12)");
        const bool plain = has(route, "64513:7") || has(route, "[ 64513, 7 ]") || has(route, "(64513,7)");
        const bool path = has(route, "64513 64513 64513") || has(route, "64513, 64513, 64513");
        return large && plain && path && has(route, "7077");
    });
    if (!told) MESSAGE(site.router->route(block));
    CHECK(told);
    const std::string route = site.router->route(block);
    CAPTURE(route);
    const bool igp = has(route, "IGP") || has(route, "igp") || has(route, "{Origin: i}");
    CHECK(igp);
    CHECK(site.flaps() == 0);
}

void withdrawal(const DaemonKind& kind) {
    const Site site(kind);
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    site.agent.remove("pods4");
    CHECK(wait_until(seconds(30), [&] { return site.router->lost(block); }));
    CHECK(site.flaps() == 0);
}

void refresh(const DaemonKind& kind) {
    const Site site(kind);
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    REQUIRE(site.learns(kTheirs4));
    if (!kind.lacks.contains(Feature::asks_again)) {
        site.router->ask_again();
        CHECK(wait_until(seconds(30), [&] {
            return site.agent.json({"show", "protocols", kName})[0]["messagesIn"]["route-refresh"] == 1;
        }));
        CHECK(site.gets(block));
    }
    if (kind.lacks.contains(Feature::answers)) return;
    // We ask: what the filter refused is not kept, and comes again once it may.
    site.agent.apply("filter",
                     "apiVersion: dunlin.io/v1\nkind: BGPFilter\nmetadata: {name: f}\nspec: {importV4: "
                     "[{action: Reject, cidr: 198.51.100.0/24, matchOperator: Equal}]}\n");
    site.peer4(", filters: [f]");
    const std::string prefix = std::string(kTheirs4) + " via";
    CHECK(wait_until(seconds(30), [&] { return !has(kernel_routes(site.rack.node), prefix); }));
    site.peer4("");
    CHECK(site.learns(kTheirs4));
    CHECK(site.flaps() == 0);
}

void hold_timer(const DaemonKind& kind) {
    const Site site(kind, {}, ", holdTime: 3s");
    site.router->signal(SIGSTOP);
    CHECK(site.session_says("HoldTimerExpired"));
    site.router->signal(SIGCONT);
    CHECK(site.agent.wait_established(kName, seconds(90)));
}

void wrong_as(const DaemonKind& kind) {
    const Site site(kind);
    site.agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64999"));
    CHECK(site.session_says("ASMismatch"));
    site.peer4("");
    CHECK(site.agent.wait_established(kName, seconds(90)));
}

void no_common_family(const DaemonKind& kind) {
    const Site site(kind);
    site.peer4(", families: [IPv6Unicast], gracefulRestart: {mode: 'Off'}");
    CHECK(site.session_says("UnsupportedCapability"));
    site.peer4("");
    CHECK(site.agent.wait_established(kName, seconds(90)));
}

// Both dial as soon as they can, at the start and after the node was away: one connection is left.
void collision(const DaemonKind& kind) {
    Site site(kind, {}, ", gracefulRestart: {mode: 'Off'}");
    const auto one_connection = [&] {
        const std::string out =
            site.rack.node.exec({"ss", "-Htn", "state", "established", "dst", "192.0.2.1"}).out;
        return std::count(out.begin(), out.end(), '\n') == 1;
    };
    CHECK(wait_until(seconds(30), one_connection));
    site.agent.kill();
    CHECK(wait_until(seconds(30), [&] { return !site.router->established(false); }));
    site.agent.start();
    CHECK(site.comes_up(false));
    CHECK(site.agent.wait_established(kName));
    CHECK(wait_until(seconds(30), one_connection));
    CHECK(site.router->established(false));
}

void shutdown(const DaemonKind& kind) {
    // With graceful restart it would be a Hard Reset around it (RFC 8538), of which not all show the text.
    const std::string plain = ", gracefulRestart: {mode: 'Off'}";
    const Site site(kind, {}, plain);
    site.peer4(plain + ", adminState: Down, adminMessage: 'moving to rack b'");
    CHECK(wait_until(seconds(30), [&] { return !site.router->established(false); }));
    if (!kind.lacks.contains(Feature::shutdown_text_shown)) CHECK(site.account_has("moving to rack b"));
    site.peer4(plain);
    CHECK(site.comes_up(false));
    CHECK(site.agent.wait_established(kName));
    site.router->shut_down("until noon");
    CHECK(site.session_says("Administrative Shutdown"));
    if (!kind.lacks.contains(Feature::shutdown_text_sent)) CHECK(site.session_says("until noon"));
}

void max_prefixes(const DaemonKind& kind) {
    const Site site(kind);
    REQUIRE(site.learns(kMoreOfTheirs4));
    site.peer4(", maxPrefixes: {limit: 1, action: Restart}, extendedMessages: false");  // a new session
    CHECK(site.session_says("MaxPrefixReached"));
    site.peer4("");
    CHECK(site.agent.wait_established(kName, seconds(90)));
    CHECK(site.learns(kMoreOfTheirs4));
}

void add_path(const DaemonKind& kind) {
    const Site site(kind, {.add_path = true});
    check_routes(site);
    CHECK(has(site.session(), "add-path"));
}

// Killed without a word, each side: what the other has of it stays until it is back.
void graceful_restart(const DaemonKind& kind) {
    Site site(kind, {.graceful_restart = true}, ", gracefulRestart: {restartTime: 120s}");
    const std::string block = block_of(site.agent, "pods4");
    REQUIRE(site.gets(block));
    REQUIRE(site.learns(kTheirs4));
    const auto never_lost = [&](bool& lost, auto back) {
        return wait_until(seconds(60), [&] {
            lost = lost || site.router->lost(block);
            return back();
        });
    };
    bool lost = false;
    if (kind.lacks.contains(Feature::keeps)) return;
    site.agent.kill();
    CHECK(never_lost(lost, [&] { return !site.router->established(false); }));
    site.agent.start();
    CHECK(never_lost(lost, [&] { return site.router->established(false); }));
    CHECK_FALSE(lost);

    if (kind.lacks.contains(Feature::restarts)) return;
    CHECK(site.learns(kTheirs4));
    site.router->kill();
    CHECK(wait_until(seconds(30), [&] { return !has(site.session(), "Established"); }));
    CHECK(has(kernel_routes(site.rack.node), std::string(kTheirs4) + " via 192.0.2.1"));
    site.router->start();
    CHECK(site.comes_up(false));
    CHECK(site.learns(kTheirs4));
    CHECK(site.gets(block));
}

struct Row {
    std::string name;
    void (*check)(const DaemonKind&);
    std::vector<Feature> parts = {};  // that some lack
};
const Row kRows[] = {
    {"sessions over IPv4 and IPv6, routes both ways", sessions},
    {"AS number of four octets (RFC 6793)", four_octet_as},
    {"TCP MD5 (RFC 2385), TTL security (RFC 5082)", md5_and_gtsm},
    {"origin, path, MED, communities and large ones as they show them", attributes},
    {"withdrawal", withdrawal},
    {"route refresh, both ask (RFC 2918)", refresh, {Feature::asks_again, Feature::answers}},
    {"add-path (RFC 7911)", add_path},
    {"graceful restart, each side killed (RFC 4724)", graceful_restart, {Feature::keeps, Feature::restarts}},
    {"both dial, one connection is left (RFC 4271 6.8)", collision},
    {"hold time of 3 s expires, the session comes back", hold_timer},
    {"wrong AS number is named, and mended", wrong_as},
    {"no common family is named (RFC 5492), and mended", no_common_family},
    {"more prefixes than allowed, and back", max_prefixes},
    {"shutdown with text, both ways (RFC 9003)",
     shutdown,
     {Feature::shutdown_text_sent, Feature::shutdown_text_shown}},
};

// "yes", or what it cannot do of the row.
std::string cell(const Row& row, const DaemonKind& kind) {
    std::string lacking;
    for (const Feature need : row.parts) {
        const auto found = kind.lacks.find(need);
        if (found != kind.lacks.end()) lacking += (lacking.empty() ? "" : "; ") + found->second;
    }
    return lacking.empty() ? "yes" : "yes, but " + lacking;
}

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
           "namespaces, and read\nit through its own command line. For BIRD 1.6 and 2 there are many cases "
           "more "
           "beside it in `tests/interop`.\n\n| |";
    std::vector<DaemonKind> kinds = daemon_kinds();
    std::erase_if(kinds, [](const DaemonKind& kind) { return kind.unavailable().has_value(); });
    for (const DaemonKind& kind : kinds) out << " " << kind.name << " (" << kind.version() << ") |";
    out << "\n|---|";
    for (std::size_t i = 0; i < kinds.size(); ++i) out << "---|";
    out << "\n";
    for (const Row& row : kRows) {
        out << "| " << row.name << " |";
        for (const DaemonKind& kind : kinds) out << " " << results()[row.name][kind.name] << " |";
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
        results()[row.name][kind.name] = cell(row, kind);
    }
    write_table();
}

TEST_CASE("BIRD 2: every row of the matrix") { check_rows(daemon_kinds()[0]); }
TEST_CASE("BIRD 3: every row of the matrix") { check_rows(daemon_kinds()[1]); }
TEST_CASE("FRR: every row of the matrix") { check_rows(daemon_kinds()[2]); }
TEST_CASE("GoBGP: every row of the matrix") { check_rows(daemon_kinds()[3]); }
TEST_CASE("OpenBGPD: every row of the matrix") { check_rows(daemon_kinds()[4]); }
TEST_CASE("ExaBGP: every row of the matrix") { check_rows(daemon_kinds()[5]); }

}  // namespace
}  // namespace dunlin::test
