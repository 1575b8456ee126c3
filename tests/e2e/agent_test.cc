// The whole path with a real API server: three agents in namespaces, each with the token of the
// ServiceAccount of manifests/ and no other rights, a router that runs BIRD 2, and kubectl as a user's hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/rack.h"

namespace dunlin::test {
namespace {

std::string router_config() {
    std::string out =
        "router id 192.0.2.1;\nprotocol device {}\n"
        "protocol static { ipv4; route 198.51.100.0/24 blackhole; }\n"
        "template bgp node { local as 64512; connect delay time 1; connect retry time 2; error wait time 1, "
        "2;"
        " ipv4 { import all; export where source = RTS_STATIC; }; }\n";
    for (int i = 0; i < Rack::kNodes; ++i) {
        out +=
            "protocol bgp " + Rack::name(i) + " from node { neighbor " + Rack::address(i) + " as 64513; }\n";
    }
    return out;
}

// A rack with definitions, manifests and nodes in its API server, and agents that wait for objects.
struct Site {
    Site() {
        cluster.check_kubectl(
            {"apply", "--server-side", "-k", (source_dir() / "manifests/overlays/default").string()});
        cluster.install_crds(source_dir() / "crds");
        for (int i = 0; i < Rack::kNodes; ++i) {
            cluster.apply(node_yaml(Rack::name(i), "dunlin.io/ipv4-address: " + Rack::address(i) +
                                                       "/24, dunlin.io/as-number: '64513'"));
        }
        options.kubeconfig = cluster.service_account_kubeconfig("dunlin-system", "dunlin");
        options.flags = {"--namespace", "dunlin-system"};
    }
    void start_agents() {
        for (int i = 0; i < Rack::kNodes; ++i) {
            agents.push_back(std::make_unique<Agent>(*rack.nodes.at(i), Rack::name(i), options));
        }
    }
    std::string get(const Argv& words) const {
        Argv argv{"get"};
        argv.insert(argv.end(), words.begin(), words.end());
        return cluster.kubectl(argv).out;
    }
    bool wait_get(const Argv& words, const std::string& text, seconds limit = seconds(60)) const {
        return wait_until(limit, [&] { return has(get(words), text); });
    }
    // cidr of each claim in the API server, with the node that has it.
    std::multimap<std::string, std::string> claims() const {
        std::multimap<std::string, std::string> out;
        const auto list =
            nlohmann::json::parse(cluster.check_kubectl({"get", "blockaffinities", "-o", "json"}));
        for (const auto& item : list.at("items"))
            out.emplace(item.at("spec").at("cidr"), item.at("spec").at("node"));
        return out;
    }
    SessionLines sessions() const { return session_lines(router); }
    std::ptrdiff_t established() const {
        const SessionLines all = sessions();
        return std::count_if(all.begin(), all.end(),
                             [](const SessionLine& line) { return has(line.text, "Established"); });
    }
    bool all_established() const { return established() == Rack::kNodes; }

    Rack rack;
    KubeCluster cluster{KubeCluster::Options{&rack.tor, "192.0.2.1", {}}};
    Bird router{rack.tor, router_config()};
    Agent::Options options;
    std::vector<std::unique_ptr<Agent>> agents;
};

const char* const kPeer =
    "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: tor-a}\n"
    "spec: {peerIP: 192.0.2.1, asNumber: 64512, nodeSelector: \"rack == 'a'\"}\n";
const char* const kPool =
    "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: pods}\n"
    "spec: {cidr: 10.244.0.0/24, blockSize: 26}\n";

// Peer and pool are there, all sessions are up and each node has announced its block; which is it?
std::multimap<std::string, std::string> bring_up(Site& site) {
    site.cluster.apply(kPool);
    site.cluster.apply(kPeer);
    REQUIRE(wait_until(seconds(90), [&] { return site.all_established(); }));
    REQUIRE(wait_until(seconds(60), [&] { return site.claims().size() >= Rack::kNodes; }));
    const auto claims = site.claims();
    for (const auto& [cidr, node] : claims) REQUIRE(site.router.wait_route(cidr, seconds(60)));
    return claims;
}

bool blackhole(const Site& site, int node, const std::string& cidr) {
    return has(site.rack.nodes.at(node)->ip({"route", "show", "type", "blackhole"}), "blackhole " + cidr);
}
int index_of(const std::string& node) { return node.back() - '1'; }

TEST_CASE(
    "peer and pool by kubectl: claimed without a double, announced, told, edited without a reset, "
    "withdrawn") {
    if (agents_skipped()) return;
    Site site;
    site.start_agents();
    const auto claims = bring_up(site);

    // Four blocks, three agents that were told at once: one each, and no block twice.
    std::set<std::string> cidrs, owners;
    for (const auto& [cidr, node] : claims) {
        cidrs.insert(cidr);
        owners.insert(node);
        CHECK(wait_until(seconds(30),
                         [&, &cidr = cidr, &node = node] { return blackhole(site, index_of(node), cidr); }));
    }
    CHECK(claims.size() == Rack::kNodes);
    CHECK(cidrs.size() == Rack::kNodes);
    CHECK(owners.size() == Rack::kNodes);
    for (const auto& node : site.rack.nodes) {
        CHECK(wait_until(seconds(30), [&] {
            return has(node->ip({"route", "show"}), "198.51.100.0/24 via 192.0.2.1");
        }));
    }

    // A user asks: is it up?
    CHECK(site.wait_get({"bgppeer", "tor-a"}, "3/3"));
    CHECK(site.wait_get({"ippool", "pods"}, "True"));
    for (int i = 0; i < Rack::kNodes; ++i) {
        // The mesh with two other nodes, and the router.
        CHECK(site.wait_get({"bgpnodestatus", Rack::name(i)}, "3/3"));
        CHECK(wait_until(seconds(30), [&] {
            const auto object = nlohmann::json::parse(
                site.get({"bgpnodestatus", Rack::name(i), "-o", "json"}), nullptr, false);
            return !object.is_discarded() && object.at("status").at("blocks").size() == 1;
        }));
        CHECK(site.agents.at(i)->http("/readyz") == "ok\n");
    }

    // What need not reset a session does not.
    const SessionLines before = site.sessions();
    site.cluster.apply(
        "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: bad}\n"
        "spec: {peerIP: 192.0.2.9, asNumber: 64512, nodeSelector: 'rack =='}\n");
    CHECK(wait_until(seconds(60), [&] {
        return has(site.get({"bgppeer", "bad", "-o", "yaml"}), "spec.nodeSelector");
    }));
    site.cluster.apply(
        "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: more}\nspec: {cidr: 10.245.0.0/24, "
        "blockSize: 26}\n");
    REQUIRE(wait_until(seconds(60), [&] { return site.claims().size() == 2 * Rack::kNodes; }));
    for (const auto& [cidr, node] : site.claims()) CHECK(site.router.wait_route(cidr, seconds(60)));
    site.cluster.check_kubectl({"label", "node", "n1", "colour=blue"});
    CHECK(site.sessions() == before);

    // Deleted: withdrawn, blackhole and claim gone; the other pool stays.
    site.cluster.check_kubectl({"delete", "ippool", "pods"});
    for (const auto& [cidr, node] : claims) {
        CHECK(site.router.wait_no_route(cidr, seconds(60)));
        CHECK(wait_until(seconds(30),
                         [&, &cidr = cidr, &node = node] { return !blackhole(site, index_of(node), cidr); }));
    }
    CHECK(wait_until(seconds(60), [&] { return site.claims().size() == Rack::kNodes; }));
    CHECK(site.sessions() == before);
    site.cluster.check_kubectl({"delete", "bgppeer", "tor-a"});
    CHECK(wait_until(seconds(60), [&] { return site.established() == 0; }));
    for (const auto& node : site.rack.nodes) {
        CHECK(wait_until(seconds(30), [&] { return !has(node->ip({"route", "show"}), "198.51.100.0/24"); }));
    }
}

TEST_CASE(
    "the API server restarts, is killed, hangs: sessions stay up, and what changed meanwhile is followed") {
    if (agents_skipped()) return;
    Site site;
    site.start_agents();
    const auto claims = bring_up(site);
    const SessionLines before = site.sessions();

    site.cluster.restart_apiserver();
    site.cluster.kill_apiserver();
    CHECK(wait_until(seconds(60), [&] { return has(site.agents.front()->log(), "connection refused"); }));
    CHECK(site.sessions() == before);
    // An agent that is killed with no API server in reach comes back to its routes once there is one.
    site.agents.front()->kill();
    site.cluster.start_apiserver();
    site.agents.front()->start();
    CHECK(wait_until(seconds(90), [&] { return site.all_established(); }));
    CHECK(site.claims() == claims);
    for (const auto& [cidr, node] : claims) {
        CHECK(site.router.wait_route(cidr, seconds(60)));
        CHECK(blackhole(site, index_of(node), cidr));
    }

    site.cluster.apply(
        "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: more}\nspec: {cidr: 10.245.0.0/24, "
        "blockSize: 26}\n");
    CHECK(wait_until(seconds(90), [&] { return site.claims().size() == 2 * Rack::kNodes; }));
    CHECK(site.wait_get({"bgppeer", "tor-a"}, "3/3"));
    for (const auto& agent : site.agents)
        CHECK(wait_until(seconds(60), [&] { return agent->http("/readyz") == "ok\n"; }));
}

TEST_CASE(
    "without rights and without definitions the agent says what is missing, and goes on when it comes") {
    if (agents_skipped()) return;
    Rack rack;
    KubeCluster cluster{KubeCluster::Options{&rack.tor, "192.0.2.1", {}}};
    cluster.check_kubectl({"create", "namespace", "dunlin-system"});
    cluster.check_kubectl({"create", "serviceaccount", "dunlin", "-n", "dunlin-system"});
    cluster.apply(node_yaml("n1", "dunlin.io/ipv4-address: 192.0.2.11/24"));
    Agent::Options options;
    options.kubeconfig = cluster.service_account_kubeconfig("dunlin-system", "dunlin");
    options.flags = {"--namespace", "dunlin-system"};
    const Agent agent(*rack.nodes.front(), "n1", options);
    CHECK(wait_until(seconds(60), [&] { return has(agent.log(), "403"); }));
    CHECK(agent.http("/healthz") == "ok\n");
    CHECK(
        wait_until(seconds(60), [&] { return has(agent.http("/readyz"), "bgppeers.dunlin.io: forbidden"); }));
    cluster.check_kubectl(
        {"apply", "--server-side", "-k", (source_dir() / "manifests/overlays/default").string()});
    CHECK(wait_until(seconds(120), [&] { return agent.http("/readyz") == "ok\n"; }));
}

}  // namespace
}  // namespace dunlin::test
