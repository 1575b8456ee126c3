// What happens to sessions and kernel routes when something goes away or changes: keys, neighbours, the agent
// itself, objects.
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

std::size_t count(const std::string& text, const std::string& words) {
    std::size_t found = 0;
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
    return found;
}

std::string secret_yaml(const std::string& base64) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: bgp, namespace: kube-system}\ndata: {tor: " +
           base64 + "}\n";
}

void give(const Agent& agent, const std::string& peer = "peerIP: 192.0.2.1, asNumber: 64512") {
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", peer));
    agent.apply("pods4", pool_yaml("pods4", "cidr: 10.244.0.0/16, blockSize: 26"));
}

TEST_CASE("TCP MD5 from a Secret: no key, no session; the wrong one neither; the right one at once") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config({.extra = "password \"hunter2\";"}));
    const Agent agent(rack.node, "n1");
    give(agent, "peerIP: 192.0.2.1, asNumber: 64512, password: {secretKeyRef: {name: bgp, key: tor}}");
    CHECK(agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"}, "SecretMissing"));
    agent.apply("secret", secret_yaml("d3Jvbmc="));  // "wrong"
    CHECK(wait_until(seconds(30), [&] {
        return !has(agent.ctl({"show", "protocols", "all", "Global_192_0_2_1"}).out, "SecretMissing");
    }));
    CHECK_FALSE(router.established("n4"));
    agent.apply("secret", secret_yaml("aHVudGVyMg=="));  // "hunter2"
    CHECK(router.wait_established("n4", seconds(60)));
    CHECK_FALSE(has(agent.log(), "hunter2"));
}

// BIRD ends its session when its password changes; what we show is that nobody has to be told here.
TEST_CASE("TCP MD5: the neighbour goes over to the next key, and making it the only one resets nothing") {
    if (skipped()) return;
    const Rack rack;
    const auto with = [](const std::string& key) {
        return router_config({.extra = "password \"" + key + "\";"});
    };
    Bird router(rack.router, with("hunter2"));
    const Agent agent(rack.node, "n1");
    agent.apply("secret",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: bgp, namespace: kube-system}\n"
                "stringData: {tor: hunter2, tor-next: hunter3}\n");
    const std::string peer = "peerIP: 192.0.2.1, asNumber: 64512, ";
    give(agent, peer +
                    "password: {secretKeyRef: {name: bgp, key: tor}}, "
                    "nextPassword: {secretKeyRef: {name: bgp, key: tor-next}}");
    REQUIRE(router.wait_established("n4", seconds(60)));
    const std::vector<std::string> details{"show", "protocols", "all", "Global_192_0_2_1"};
    CHECK_FALSE(has(agent.ctl(details).out, "TCP MD5 key"));

    router.configure(with("hunter3"));
    CHECK(router.wait_established("n4", seconds(90)));
    CHECK(agent.wait_for(details, "TCP MD5 key:"));
    const SessionLine before = session_line(router, "n4");
    agent.apply("tor4", peer_yaml("tor4", peer + "password: {secretKeyRef: {name: bgp, key: tor-next}}"));
    CHECK(wait_until(seconds(30), [&] { return !has(agent.ctl(details).out, "TCP MD5 key"); }));
    router.configure(with("hunter3") + "protocol static more { ipv4; route 203.0.113.0/24 blackhole; }\n");
    CHECK(wait_until(seconds(30), [&] { return has(kernel_routes(rack.node), "203.0.113.0/24 via"); }));
    CHECK(session_line(router, "n4") == before);
    CHECK_FALSE(has(agent.log(), "hunter"));
}

TEST_CASE("a neighbour that goes takes its routes along and brings them back") {
    if (skipped()) return;
    const Rack rack;
    Bird router(rack.router, router_config());
    const Agent agent(rack.node, "n1");
    give(agent);
    REQUIRE_FALSE(block_of(agent, "pods4").empty());
    const auto learned = [&] { return has(kernel_routes(rack.node), "198.51.100.0/24 via 192.0.2.1"); };
    for (const bool by_kill : {false, true}) {
        CAPTURE(by_kill);
        REQUIRE(router.wait_established("n4", seconds(60)));
        REQUIRE(wait_until(seconds(20), learned));
        if (by_kill) {
            router.kill();
        } else {
            router.stop();
        }
        CHECK(wait_until(seconds(20), [&] { return !learned(); }));
        CHECK(has(kernel_routes(rack.node), "blackhole 10.244."));
        router.start();
    }
    REQUIRE(router.wait_established("n4", seconds(60)));
    CHECK(wait_until(seconds(20), learned));
}

TEST_CASE("a neighbour that says nothing any more is given up when the hold time is over") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config());
    const Agent agent(rack.node, "n1");
    give(agent, "peerIP: 192.0.2.1, asNumber: 64512, holdTime: 3s");
    REQUIRE(router.wait_established("n4"));
    router.signal(SIGSTOP);
    CHECK(agent.wait_for({"show", "protocols", "all", "Global_192_0_2_1"}, "HoldTimerExpired", seconds(30)));
    router.signal(SIGCONT);
    CHECK(router.wait_established("n4", seconds(60)));
}

TEST_CASE("killed and started again: kernel routes stay, are adopted, none twice, what is not wanted goes") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config());
    Agent agent(rack.node, "n1");
    give(agent);
    agent.apply("more", pool_yaml("more", "cidr: 10.245.0.0/16, blockSize: 26"));
    REQUIRE(router.wait_established("n4"));
    const std::string block = block_of(agent, "pods4"), other = block_of(agent, "more");
    const auto learned = [&] { return has(kernel_routes(rack.node), "198.51.100.0/24 via 192.0.2.1"); };
    REQUIRE(wait_until(seconds(20), learned));
    agent.kill();
    const std::string while_away = kernel_routes(rack.node);
    CHECK(has(while_away, "blackhole " + block));
    CHECK(has(while_away, "198.51.100.0/24 via 192.0.2.1"));
    agent.remove("more");  // while nobody looks
    agent.start();
    REQUIRE(router.wait_established("n4", seconds(60)));
    CHECK(router.wait_route(block));
    CHECK(block_of(agent, "pods4") == block);
    CHECK(wait_until(seconds(20), [&] { return !has(kernel_routes(rack.node), "blackhole " + other); }));
    const std::string after = routes_of_agents(rack.node);
    CAPTURE(after);
    CHECK(count(after, "blackhole 10.24") == 1);
    CHECK(count(after, "198.51.100.0/24") == 1);
    CHECK(count(after, "proto 178") == 2);
    CHECK(agent.terminate() == 0);
    CHECK(routes_of_agents(rack.node) == after);
}

TEST_CASE("what need not reset a session does not") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config());
    const Agent agent(rack.node, "n1");
    give(agent);
    REQUIRE(router.wait_established("n4"));
    REQUIRE(router.wait_route(block_of(agent, "pods4")));
    const SessionLine before = session_line(router, "n4");
    agent.apply("tor4",
                peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512, description: the same neighbour"));
    agent.apply("more", pool_yaml("more", "cidr: 10.245.0.0/16, blockSize: 26"));
    const std::string more = block_of(agent, "more");
    CHECK(router.wait_route(more));
    agent.apply("more", pool_yaml("more", "cidr: 10.245.0.0/16, blockSize: 26, disableBGPExport: true"));
    CHECK(router.wait_no_route(more));
    CHECK(session_line(router, "n4") == before);
}

struct Bad {
    std::string name, yaml, field, value;
};

bool logged(const Agent& agent, const Bad& bad) {
    const std::string log = agent.log();
    for (std::size_t at = 0, end = 0; at < log.size(); at = end + 1) {
        end = std::min(log.find('\n', at), log.size());
        const std::string line = log.substr(at, end - at);
        if (has(line, bad.name) && has(line, bad.field) && has(line, bad.value)) return true;
    }
    return false;
}

TEST_CASE("malformed objects: named with field and value, and nothing else is touched") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config());
    const Agent agent(rack.node, "n1");
    give(agent);
    REQUIRE(router.wait_established("n4"));
    REQUIRE(router.wait_route(block_of(agent, "pods4")));
    const SessionLine before = session_line(router, "n4");
    const Bad all[] = {
        {"type", peer_yaml("type", "peerIP: 7, asNumber: 1"), "spec.peerIP", "7"},
        {"address", peer_yaml("address", "peerIP: 300.1.1.1, asNumber: 1"), "spec.peerIP", "300.1.1.1"},
        {"zero", peer_yaml("zero", "peerIP: 192.0.2.9, asNumber: 0"), "spec.asNumber", "0"},
        {"enum", peer_yaml("enum", "peerIP: 192.0.2.9, asNumber: 1, nextHopMode: Maybe"), "spec.nextHopMode",
         "Maybe"},
        {"selector", peer_yaml("selector", "peerIP: 192.0.2.9, asNumber: 1, nodeSelector: 'rack =='"),
         "spec.nodeSelector", "rack =="},
        {"twice", peer_yaml("twice", "peerIP: 192.0.2.1, asNumber: 64999"), "", "192.0.2.1"},
        {"outside",
         "apiVersion: dunlin.io/v1\nkind: BlockAffinity\nmetadata: {name: outside}\nspec: {cidr: "
         "10.99.0.0/26, "
         "node: n1, state: confirmed, type: host}\n",
         "spec.cidr", "10.99.0.0/26"},
        {"noyaml", "spec: {peerIP: [", "noyaml.yaml", "end of sequence"},
    };
    for (const Bad& bad : all) agent.apply(bad.name, bad.yaml);
    for (const Bad& bad : all) {
        CAPTURE(bad.name);
        CHECK(wait_until(seconds(30), [&] { return logged(agent, bad); }));
        if (bad.name == "outside" || bad.name == "noyaml") continue;
        const std::string status = agent.resources() / "status" / ("bgppeer-" + bad.name + ".yaml");
        CHECK(wait_until(seconds(30), [&] {
            return has(read_file(status), bad.value) && has(read_file(status), "status: \"False\"");
        }));
    }
    CHECK(session_line(router, "n4") == before);
}

TEST_CASE("a wrong AS number is told from both sides, and put right it heals") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(rack.router, router_config());
    const Agent agent(rack.node, "n1");
    give(agent, "peerIP: 192.0.2.1, asNumber: 64999");
    CHECK(agent.wait_for({"show", "protocols", "Global_192_0_2_1"}, "ASMismatch"));
    CHECK(router.wait_for("show protocols all n4", "Bad peer AS"));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64512"));
    CHECK(router.wait_established("n4", seconds(60)));
}

TEST_CASE("mistakes at the start: one line that says what to do, and exit code 1") {
    if (skipped()) return;
    const NetNs alone("alone");
    const TempDir dir;
    const std::string dunlind = std::string(DUNLIN_BINARY_DIR) + "/dunlind";
    const auto start = [&](const Argv& prefix, const Argv& flags) {
        Argv argv = prefix;
        argv.insert(argv.end(),
                    {"timeout", "20", dunlind, "--node-name", "n1", "--resources", dir.path().string(),
                     "--control-socket", dir / "c.ctl", "--state-dir", dir / "state"});
        argv.insert(argv.end(), flags.begin(), flags.end());
        return alone.exec(argv);
    };
    const Completed flag = start({}, {"--nonsense"});
    CHECK(flag.exit_code == 1);
    CHECK(has(flag.err, "--nonsense"));
    CHECK(count(flag.err, "\n") == 1);
    if (!have_program("setpriv")) {
        MESSAGE("SKIPPED: no setpriv");
        return;
    }
    const Completed weak = start({"setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"}, {});
    CHECK(weak.exit_code == 1);
    CHECK(has(weak.err + weak.out, "NET_ADMIN"));
}

}  // namespace
}  // namespace dunlin::test
