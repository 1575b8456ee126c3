// Every field of every object, turned to nonsense: the object is refused (a BGPConfiguration: that field),
// the field is named, and what other objects ask for stays as it was.
#include "objects.h"

#include <algorithm>

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {

struct Sample {
    const char* kind;
    const char* name;
    const char* spec;
};

const Sample kSamples[] = {
    {"BGPPeer", "by-address",
     R"j({"node": "n1", "peerIP": "192.0.2.1", "asNumber": 65001, "localASNumber": 65002, "nextHopMode": "Self",
        "password": {"secretKeyRef": {"name": "s", "key": "k"}},
        "nextPassword": {"secretKeyRef": {"name": "s", "key": "n"}}, "sourceAddress": "None",
        "maxRestartTime": "90s", "keepaliveTime": "10s", "numAllowedLocalASNumbers": 1, "ttlSecurity": 2,
        "reachableBy": "10.0.0.1", "filters": ["f"], "reversePeering": "Manual", "holdTime": "30s",
        "connectRetryTime": "9s", "errorBackoff": {"min": "1s", "max": "1m30s"},
        "families": ["IPv4Unicast", "IPv6Unicast"], "passive": true, "adminState": "Down",
        "adminMessage": "bye", "description": "the router",
        "maxPrefixes": {"limit": 10, "action": "Warn", "warnAtPercent": 50},
        "gracefulRestart": {"mode": "Helper"}, "addPaths": "Receive", "extendedNextHop": true,
        "extendedMessages": false, "enhancedRouteRefresh": false, "role": "Peer", "roleStrict": true,
        "routeReflectorClient": "Never", "sendCommunities": ["Standard"]})j"},
    {"BGPPeer", "by-selector",
     R"j({"nodeSelector": "has(x)", "peerSelector": "rack == 'b'", "keepOriginalNextHop": true})j"},
    {"BGPPeer", "with-tcp-ao",
     R"j({"peerIP": "192.0.2.9", "asNumber": 65009, "tcpAO": {"keys": [{"sendID": 1, "receiveID": 2,
        "algorithm": "AES-128-CMAC-96", "secretKeyRef": {"name": "s", "key": "k"}}]}})j"},
    {"BGPPeer", "to-workloads", R"j({"localWorkloadSelector": "all()", "asNumber": 65009})j"},
    {"BGPConfiguration", "default",
     R"j({"asNumber": 64600, "nodeToNodeMeshEnabled": true,
        "nodeMeshPassword": {"secretKeyRef": {"name": "s", "key": "k"}},
        "nodeMeshNextPassword": {"secretKeyRef": {"name": "s", "key": "n"}}, "nodeMeshMaxRestartTime": "90s",
        "listenPort": 1790, "bindMode": "NodeIP", "logSeverityScreen": "Debug",
        "serviceClusterIPs": [{"cidr": "10.96.0.0/12"}], "serviceExternalIPs": [{"cidr": "70.0.0.0/24"}],
        "serviceLoadBalancerIPs": [{"cidr": "80.0.0.0/24"}], "serviceLoadBalancerAggregation": "Disabled",
        "communities": [{"name": "a", "value": "1:2"}],
        "prefixAdvertisements": [{"cidr": "10.244.0.0/16", "communities": ["1:3", "1:2:3"]}],
        "ignoredInterfaces": ["eth1"], "localWorkloadPeeringIPV4": "169.254.1.1",
        "localWorkloadPeeringIPV6": "fd00::1", "programClusterRoutes": "Enabled",
        "ipv4NormalRoutePriority": 100, "ipv6NormalRoutePriority": 100,
        "confederation": {"identifier": 65000, "members": [1]}})j"},
    {"BGPConfiguration", "node.n1",
     R"j({"routerID": "10.0.0.1", "listenPort": 1791, "logSeverityScreen": "Info"})j"},
    {"BGPFilter", "f",
     R"j({"importV4": [{"action": "Accept"}], "importV6": [{"action": "Reject"}],
        "exportV4": [{"action": "Reject"}], "exportV6": [{"action": "Accept"}]})j"},
    {"IPPool", "pods",
     R"j({"cidr": "10.244.0.0/16", "blockSize": 26, "blocksPerNode": 2, "nodeSelector": "all()",
        "namespaceSelector": "all()", "disabled": false, "disableBGPExport": false, "ipipMode": "Never",
        "vxlanMode": "Never", "natOutgoing": true, "allowedUses": ["Workload"],
        "assignmentMode": "Automatic"})j"},
    {"BlockAffinity", "10-244-1-0-26",
     R"j({"cidr": "10.244.1.0/26", "node": "n1", "state": "confirmed", "type": "host", "deleted": false})j"},
};

Cluster base() {
    Cluster out;
    put_node(out, "n1", "10.0.0.9/24", {{"rack", "a"}, {"x", ""}});
    put_node(out, "n2", "10.0.0.10/24", {{"rack", "b"}});
    put_spec(out, "IPPool", "other", {{"cidr", "10.245.0.0/16"}});
    put_spec(out, "BlockAffinity", "10-245-1-0-26", {{"cidr", "10.245.1.0/26"}, {"node", "n1"}});
    put_spec(out, "BGPPeer", "other", {{"peerIP", "192.0.2.9"}, {"asNumber", 65009}});
    for (const Sample& sample : kSamples) put_spec(out, sample.kind, sample.name, json::parse(sample.spec));
    return out;
}

Desired without_problems(const Cluster& cluster) {
    Desired out = desired_of(cluster, "n1");
    out.problems.clear();
    return out;
}

const Problem* named(const Desired& desired, const Sample& sample, const std::string& field) {
    for (const Problem& problem : desired.problems) {
        const bool same = problem.kind == sample.kind && problem.name == sample.name;
        if (same && problem.reason == Reason::invalid && problem.field.starts_with("spec." + field))
            return &problem;
    }
    return nullptr;
}

// What the cluster must be like when `field` of the sample counts for nothing.
Cluster without(const Sample& sample, json spec, const std::string& field) {
    Cluster out = base();
    spec.erase(field);
    if (std::string_view(sample.kind) == "BGPConfiguration") {
        put_spec(out, sample.kind, sample.name, spec);
    } else {
        erase(out, {sample.kind, sample.name});
    }
    return out;
}

void check_field(const Sample& sample, const std::string& field, const json& nonsense) {
    CAPTURE(std::string(sample.name));
    CAPTURE(field);
    CAPTURE(nonsense.dump().substr(0, 40));
    Cluster cluster = base();
    const json good = json::parse(sample.spec);
    json bad = good;
    bad[field] = nonsense;
    put_spec(cluster, sample.kind, sample.name, bad);
    const Problem* problem = named(desired_of(cluster, "n1"), sample, field);
    REQUIRE(problem != nullptr);
    CHECK(without_problems(cluster) == without_problems(without(sample, good, field)));
}

}  // namespace

TEST_CASE("objects: the samples of this file are good") {
    CHECK(base().refused.empty());
    CHECK(base().configurations.at("default").refused.empty());
}

TEST_CASE("objects: every field turned to nonsense is named, and nothing else changes") {
    for (const Sample& sample : kSamples) {
        const json spec = json::parse(sample.spec);
        for (const auto& [field, value] : spec.items()) {
            check_field(sample, field, value.is_object() ? json(7) : json{{"x", 1}});
            check_field(sample, field, std::string(10000, 'x'));
            check_field(sample, field, json::array({json::array()}));
        }
    }
}

TEST_CASE("objects: nonsense inside a rule of a BGPFilter refuses the filter and names the place") {
    const json good = {{"action", "Accept"},
                       {"matchOperator", "In"},
                       {"cidr", "10.0.0.0/8"},
                       {"prefixLength", {{"min", 16}, {"max", 24}}},
                       {"source", "RemotePeers"},
                       {"interface", "eth*"},
                       {"peerType", "eBGP"},
                       {"communities", {{"values", {"1:2"}}}},
                       {"asPathPrefix", {65001}},
                       {"priority", 100},
                       {"operations", json::array({json{{"addCommunity", json{{"value", "1:2"}}}}})}};
    Cluster cluster = base();
    put_spec(cluster, "BGPFilter", "f", {{"exportV4", json::array({good})}});
    for (const auto& [ref, problems] : cluster.refused) {
        for (const auto& problem : problems) FAIL_CHECK(ref.name << ": " << problem.to_string());
    }
    std::vector<std::pair<std::string, json>> bad;
    for (const auto& [field, value] : good.items()) {
        bad.emplace_back(field, value.is_object() ? json(7) : json{{"x", 1}});
        bad.emplace_back(field, std::string(10000, 'x'));
    }
    bad.emplace_back("prefixLength", json{{"min", 33}});
    bad.emplace_back("operations", json::array({json::object()}));
    bad.emplace_back("operations", json::array({{{"setPriority", {{"value", -1}}}}}));
    bad.emplace_back("operations", json::array({{{"prependASPath", {{"prefix", json::array()}}}}}));
    bad.emplace_back("operations", json::array({{{"deleteCommunity", {{"value", "a:b"}}}}}));
    for (const auto& [field, nonsense] : bad) {
        CAPTURE(field);
        CAPTURE(nonsense.dump().substr(0, 60));
        json rule = good;
        rule[field] = nonsense;
        put_spec(cluster, "BGPFilter", "f", {{"exportV4", json::array({rule})}});
        REQUIRE(cluster.refused.size() == 1);
        const auto& problems = cluster.refused.begin()->second;
        CHECK(std::any_of(problems.begin(), problems.end(), [&, &at = field](const FieldProblem& problem) {
            return problem.field.starts_with("spec.exportV4[0]") &&
                   problem.field.find(at) != std::string::npos;
        }));
    }
}

TEST_CASE("objects: a field that no such object has is a warning, and the object counts") {
    Cluster cluster = base();
    const Desired before = without_problems(cluster);
    put_spec(cluster, "BGPPeer", "other", {{"peerIP", "192.0.2.9"}, {"asNumber", 65009}, {"colour", "blue"}});
    CHECK(without_problems(cluster) == before);
    const Desired after = desired_of(cluster, "n1");
    const Problem* problem = find_problem(after, Reason::unknown_field, "other");
    REQUIRE(problem != nullptr);
    CHECK(problem->field == "spec.colour");
}
