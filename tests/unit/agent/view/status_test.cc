#include "agent/status.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/status_condition.h"
#include "sample.h"

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;

namespace {

const json& condition(const json& status, std::string_view type) {
    for (const json& c : status["conditions"]) {
        if (c["type"] == type) return c;
    }
    FAIL("no such condition: " << type);
    return status;
}

json node_with(const char* name, std::vector<SessionView> sessions, std::vector<Problem> problems = {}) {
    NodeView view = sample_node();
    view.node = name;
    view.sessions = std::move(sessions);
    view.problems = std::move(problems);
    return node_status(view, nullptr);
}
SessionView fallen(const char* reason, const char* message) {
    SessionView s = sample_up();
    s.state = "Idle";
    s.established = false;
    s.reason = reason;
    s.message = message;
    return s;
}
ClusterStatus cluster(const std::vector<json>& nodes) {
    ClusterStatus::Nodes out;
    for (const json& node : nodes) out.push_back(std::make_shared<const json>(node));
    return ClusterStatus(out);
}
const StatusSubject kPeer{"BGPPeer", "tor-a", 3};

}  // namespace

TEST_CASE("BGPNodeStatus: the object that the schema asks for") {
    const json object = node_status(sample_node(), nullptr);
    CHECK(object["apiVersion"] == "dunlin.io/v1");
    CHECK(object["metadata"] == json::parse(R"({"name": "node-1", "ownerReferences":
        [{"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "1234"}]})"));
    const json& status = object["status"];
    CHECK(status["routerID"] == "10.0.0.11");
    CHECK(status["asNumber"] == 64513);
    CHECK(status["established"] == "1/2");
    CHECK(status["blockCount"] == 1);
    CHECK(status["routeCount"] == 412);
    CHECK(status["startTime"] == "2026-01-31T11:34:56Z");
    CHECK(status["routes"]["ipv4"]["prefixes"] == 410);
    CHECK(status["blocks"][0] ==
          json::parse(R"({"cidr": "10.244.1.0/26", "pool": "pods", "inKernel": true, "announced": true})"));
    CHECK(status["sessions"][0] ==
          json::parse(R"({"name": "Node_192_0_2_1", "peer": "tor-a", "peerIP": "192.0.2.1",
        "peerPort": 179, "localIP": "192.0.2.11", "asNumber": 64512, "localASNumber": 64513, "type": "NodePeer",
        "peerType": "eBGP", "state": "Established", "since": "2026-01-31T12:33:56Z", "flaps": 1,
        "neighborRouterID": "192.0.2.1", "holdTimeSeconds": 90, "keepaliveTimeSeconds": 30,
        "capabilities": ["MP-IPv4-Unicast", "RouteRefresh", "AS4"],
        "prefixes": [{"family": "IPv4Unicast", "received": 5, "accepted": 4, "exported": 1}]})"));
    CHECK(status["sessions"][1]["reason"] == "ConnectRefused");
    CHECK(status["sessions"][1]["type"] == "NodeMesh");
}

TEST_CASE("BGPNodeStatus: without the Node's uid there is no owner") {
    NodeView view = sample_node();
    view.node_uid.clear();
    CHECK_FALSE(node_status(view, nullptr)["metadata"].contains("ownerReferences"));
}

TEST_CASE("BGPNodeStatus: Ready names the first thing that is missing") {
    NodeView view = sample_node();
    const auto reason = [&] { return condition(node_status(view, nullptr)["status"], "Ready")["reason"]; };
    CHECK(reason() == "ConnectRefused");
    view.sessions.pop_back();
    CHECK(reason() == "Ready");
    view.router_id.reset();
    CHECK(reason() == "NoNodeAddress");
    view.kernel_synced = false;
    CHECK(reason() == "KernelNotSynced");
    view.synced = false;
    CHECK(reason() == "NotSynced");
}

TEST_CASE("BGPNodeStatus: an API server that is away is a condition of its own, only while it is") {
    NodeView view = sample_node();
    CHECK(node_status(view, nullptr)["status"]["conditions"].size() == 1);
    view.api_up = false;
    CHECK(condition(node_status(view, nullptr)["status"], "ConfigCurrent")["status"] == "False");
}

TEST_CASE("Conditions: the transition time moves with the status only") {
    NodeView view = sample_node();
    const json first = node_status(view, nullptr);
    view.now = sample_time(60);
    view.sessions[1].reason = "ConnectTimeout";
    const json second = node_status(view, first);
    CHECK(condition(second["status"], "Ready")["reason"] == "ConnectTimeout");
    CHECK(condition(second["status"], "Ready")["lastTransitionTime"] == "2026-01-31T12:34:56Z");
    view.sessions.pop_back();
    const json third = node_status(view, second);
    CHECK(condition(third["status"], "Ready")["lastTransitionTime"] == "2026-01-31T12:35:56Z");
}

TEST_CASE("BGPPeer: all sessions up is Ready, with the count for the column") {
    const ClusterStatus nodes =
        cluster({node_with("node-1", {sample_up()}), node_with("node-2", {sample_up(), sample_down()})});
    const json status = peer_status(kPeer, nodes, nullptr, sample_time(0));
    CHECK(status["observedGeneration"] == 3);
    CHECK(status["established"] == "2/2");
    CHECK(status["reason"] == "");
    CHECK(status["sessions"] == json::parse(R"({"desired": 2, "established": 2})"));
    CHECK(condition(status, "Accepted")["status"] == "True");
    CHECK(condition(status, "Ready")["status"] == "True");
    CHECK(condition(status, "Ready")["observedGeneration"] == 3);
}

TEST_CASE("BGPPeer: the worst session gives the reason, the message names the nodes") {
    const ClusterStatus nodes =
        cluster({node_with("node-1", {fallen("ConnectTimeout", "no answer")}),
                 node_with("node-2", {fallen("ASMismatch", "expected AS 64512, received 64999")}),
                 node_with("node-3", {sample_up()})});
    const json status = peer_status(kPeer, nodes, nullptr, sample_time(0));
    CHECK(status["established"] == "1/3");
    CHECK(status["reason"] == "ASMismatch");
    CHECK(condition(status, "Ready")["message"] ==
          "2 of 3 sessions not Established: node-2: expected AS 64512, received 64999; node-1: no answer");
}

TEST_CASE("BGPPeer: a refused object is not Accepted, and says where") {
    const Problem bad{"BGPPeer", "tor-a", "spec.peerIP", Reason::invalid, "300.1.1.1 is not an IP address"};
    const ClusterStatus nodes = cluster({node_with("node-1", {}, {bad}), node_with("node-2", {}, {bad})});
    const json status = peer_status(kPeer, nodes, nullptr, sample_time(0));
    CHECK(condition(status, "Accepted")["status"] == "False");
    CHECK(condition(status, "Accepted")["reason"] == "Invalid");
    CHECK(condition(status, "Accepted")["message"] == "spec.peerIP: 300.1.1.1 is not an IP address");
    CHECK(status["reason"] == "Invalid");
}

TEST_CASE("BGPPeer: what has no effect yet is said and the object stays accepted") {
    const Problem later{"BGPPeer", "tor-a", "spec.role", Reason::ignored, "has no effect yet"};
    const json status =
        peer_status(kPeer, cluster({node_with("node-1", {sample_up()}, {later})}), nullptr, sample_time(0));
    CHECK(condition(status, "Accepted")["status"] == "True");
    CHECK(condition(status, "Accepted")["reason"] == "Ignored");
    CHECK(condition(status, "Ready")["status"] == "True");
}

TEST_CASE("BGPPeer: a missing Secret leaves it Accepted and not Ready; no node at all is said") {
    const Problem secret{"BGPPeer", "tor-a", "spec.password", Reason::secret_missing, "no Secret \"bgp\""};
    const json status = peer_status(
        kPeer, cluster({node_with("n", {fallen("SecretMissing", "no Secret \"bgp\"")}, {secret})}), nullptr,
        sample_time(0));
    CHECK(condition(status, "Accepted")["status"] == "True");
    CHECK(status["reason"] == "SecretMissing");
    CHECK(peer_status(kPeer, cluster({}), nullptr, sample_time(0))["reason"] == "NoNodeSelected");
}

TEST_CASE("Shared status: what others wrote wrongly counts as absent") {
    const ClusterStatus nodes =
        cluster({json(), json(5), json::parse(R"({"status": {"sessions": "x", "problems": [1, {}]}})"),
                 json::parse(R"({"status": {"sessions": [1, {"peer": 7}, {"peer": "tor-a"}]}})")});
    const json status = peer_status(kPeer, nodes, json::parse(R"({"conditions": [1]})"), sample_time(0));
    CHECK(status["established"] == "0/1");
    CHECK(status["reason"] == "Idle");
}

TEST_CASE("IPPool and the rest: counts and Accepted") {
    const StatusSubject pool{"IPPool", "pods", 1};
    const json status = pool_status(pool, {"pods", {}, 2, 1024, 2}, cluster({}), nullptr, sample_time(0));
    CHECK(status["blocks"] == json::parse(R"({"claimed": 2, "total": 1024})"));
    CHECK(status["nodes"] == 2);
    CHECK(condition(status, "Ready")["status"] == "True");
    const json full = pool_status(pool, {"pods", {}, 4, 4, 4}, cluster({}), nullptr, sample_time(0));
    CHECK(condition(full, "Ready")["reason"] == "Exhausted");
    const json filter = accepted_status({"BGPFilter", "f", 2}, cluster({}), nullptr, sample_time(0));
    CHECK(condition(filter, "Accepted")["status"] == "True");
    CHECK(filter["observedGeneration"] == 2);
    CHECK(status_patch(kPeer, status)["metadata"]["name"] == "tor-a");
}

TEST_CASE("StatusGate: a second for states, thirty for counters, never for nothing") {
    StatusGate gate;
    const Time t{Seconds(1000)};
    NodeView view = sample_node();
    CHECK(gate.due(node_status(view, nullptr), t) == t);
    gate.written(node_status(view, nullptr), t);
    view.now = sample_time(5);
    CHECK(gate.due(node_status(view, node_status(sample_node(), nullptr)), t + Seconds(5)) == std::nullopt);
    view.sessions[0].prefixes[0].received = 9;
    CHECK(gate.due(node_status(view, node_status(sample_node(), nullptr)), t) == t + Seconds(30));
    view.sessions[0].state = "Idle";
    CHECK(gate.due(node_status(view, nullptr), t) == t + Seconds(1));
}

TEST_CASE("StatusGate: before a second has passed there is no need to look") {
    StatusGate gate;
    const Time t0 = Time() + Seconds(100);
    CHECK(gate.earliest() <= t0);
    gate.written(json{{"status", {{"established", "0/1"}}}}, t0);
    CHECK(gate.earliest() == t0 + Seconds(1));
    CHECK(gate.due(json{{"status", {{"established", "1/1"}}}}, t0) == gate.earliest());
}

TEST_CASE("StatusGate: a failed write is due again, later each time, and success forgets it") {
    StatusGate gate;
    const Time t{Seconds(1000)};
    const json object = node_status(sample_node(), nullptr);
    gate.failed(t);
    CHECK(gate.due(object, t) == t + Seconds(1));
    gate.failed(t);
    CHECK(gate.due(object, t) == t + Seconds(2));
    for (int i = 0; i < 20; ++i) gate.failed(t);
    CHECK(gate.due(object, t) == t + Seconds(60));
    gate.written(object, t);
    CHECK(gate.due(object, t) == std::nullopt);
}

TEST_CASE("clipped: cuts between characters, and what is no UTF-8 does not reach the API server") {
    CHECK(clipped("abc", 2) == "ab");
    CHECK(clipped("a\xc3\xa4", 2) == "a");
    CHECK(clipped("a\xc3\xa4", 3) == "a\xc3\xa4");
    CHECK(clipped("\xff\xc3", 9) == "??");
}
