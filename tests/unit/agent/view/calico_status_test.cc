#include "agent/calico_status.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/agent/view/sample.h"

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;

TEST_CASE("CalicoNodeStatus: only the classes that were asked for") {
    const NodeView view = sample_node();
    CHECK(calico_node_status(view, {}, {}) == json::object());
    const json agent = calico_node_status(view, {"Agent"}, {});
    CHECK(agent.size() == 1);
    CHECK(agent["agent"]["birdV4"]["state"] == "Ready");
    CHECK(agent["agent"]["birdV4"]["routerID"] == "10.0.0.11");
    CHECK(agent["agent"]["birdV6"]["lastBootTime"] == "2026-01-31 11:34:56");
}

TEST_CASE("CalicoNodeStatus: sessions by family, with Calico's words") {
    const json bgp = calico_node_status(sample_node(), {"BGP"}, {})["bgp"];
    CHECK(bgp["numberEstablishedV4"] == 1);
    CHECK(bgp["numberNotEstablishedV4"] == 0);
    CHECK(bgp["numberNotEstablishedV6"] == 1);
    CHECK(bgp["peersV4"][0] == json({{"peerIP", "192.0.2.1"},
                                     {"type", "NodePeer"},
                                     {"state", "Established"},
                                     {"since", "12:33:56"}}));
    CHECK(bgp["peersV6"][0]["type"] == "NodeMesh");
    CHECK(bgp["peersV6"][0]["since"] == "2026-01-30");
}

TEST_CASE("CalicoNodeStatus: routes say where they are from") {
    PathView bgp_path, fixed;
    bgp_path.protocol = "Node_192_0_2_1";
    bgp_path.best = bgp_path.from_bgp = true;
    bgp_path.gateway = IpAddress::parse("192.0.2.1");
    bgp_path.interface = "eth0";
    fixed.protocol = "static1";
    fixed.kind = "blackhole";
    const json routes = calico_node_status(
        sample_node(), {"Routes"},
        {{*Prefix::parse("10.0.0.0/24"), {bgp_path}}, {*Prefix::parse("fd00::/64"), {fixed}}})["routes"];
    CHECK(routes["routesV4"][0] ==
          json({{"type", "FIB"},
                {"destination", "10.0.0.0/24"},
                {"gateway", "192.0.2.1"},
                {"interface", "eth0"},
                {"learnedFrom", {{"sourceType", "BGPPeer"}, {"peerIP", "192.0.2.1"}}}}));
    CHECK(routes["routesV6"][0]["type"] == "RIB");
    CHECK(routes["routesV6"][0]["gateway"] == "N/A");
    CHECK(routes["routesV6"][0]["learnedFrom"] == json({{"sourceType", "Static"}}));
}

TEST_CASE("CalicoNodeStatus: a local workload's session and a port in a name are in it like others") {
    NodeView view = sample_node();
    SessionView workload = sample_up();
    workload.name = "Local_Workload_10_244_0_5_port_179";
    workload.origin = "local_workload";
    workload.neighbor = *IpAddress::parse("10.244.0.5");
    view.sessions.push_back(workload);
    PathView path;
    path.protocol = workload.name;
    path.best = path.from_bgp = true;
    const json status =
        calico_node_status(view, {"BGP", "Routes"}, {{*Prefix::parse("10.9.0.0/24"), {path}}});
    CHECK(status["bgp"]["peersV4"].size() == 2);
    CHECK(status["bgp"]["peersV4"][1]["peerIP"] == "10.244.0.5");
    CHECK(status["routes"]["routesV4"][0]["learnedFrom"]["peerIP"] == "10.244.0.5");
}
