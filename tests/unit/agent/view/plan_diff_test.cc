#include "agent/show/plan_diff.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/show/plan_input.h"

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;

namespace {

json node(const char* name, const char* address) {
    return {{"apiVersion", "v1"},
            {"kind", "Node"},
            {"metadata", {{"name", name}, {"annotations", {{"dunlin.io/ipv4-address", address}}}}}};
}
json peer(const char* name, json spec) {
    return {{"apiVersion", "dunlin.io/v1"},
            {"kind", "BGPPeer"},
            {"metadata", {{"name", name}}},
            {"spec", std::move(spec)}};
}

Desired planned(std::vector<json> objects) {
    PlanInput input;
    input.objects = std::move(objects);
    input.objects.push_back(node("n1", "192.0.2.11/24"));
    input.options.node = "n1";
    return plan_node(input).desired;
}

}  // namespace

TEST_CASE("plan --diff: nothing, a start, a stop") {
    const Desired empty = planned({});
    const Desired one = planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64600}})});
    CHECK(plan_diff(empty, empty).empty());
    CHECK(diff_text({plan_diff(one, one)}) == "no change\n");
    CHECK(diff_text({plan_diff(empty, one)}) ==
          "n1\n  start   Global_192_0_2_1  192.0.2.1 AS 64600\n"
          "1 of 1 nodes change: 1 sessions start, 0 stop, 0 are reset\n");
    CHECK(diff_text({plan_diff(one, empty)}).find("  stop    Global_192_0_2_1  192.0.2.1 AS 64600\n") !=
          std::string::npos);
}

TEST_CASE("plan --diff: what a change costs, field by field") {
    const Desired before = planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64600}})});
    const Desired live =
        planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64600}, {"nextHopMode", "Self"}})});
    const Desired reset = planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64601}})});
    const PlanDiff cheap = plan_diff(before, live);
    REQUIRE(cheap.changes.size() == 1);
    CHECK(cheap.changes[0].cost == bgp::Impact::live);
    CHECK(diff_text({cheap}).find("  live    Global_192_0_2_1  192.0.2.1 AS 64600: next hop (live)\n") !=
          std::string::npos);
    const PlanDiff dear = plan_diff(before, reset);
    REQUIRE(dear.changes.size() == 1);
    CHECK(dear.changes[0].cost == bgp::Impact::reset);
    CHECK(to_json(dear)["sessions"]["change"][0]["fields"][0] ==
          json({{"field", "peer AS"}, {"cost", "reset"}}));
}

TEST_CASE("plan --diff: a session that is held down does not run; problems come and are solved") {
    const Desired before = planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64600}})});
    const Desired held =
        planned({peer("tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 64600}, {"filters", {"none"}}})});
    const PlanDiff diff = plan_diff(before, held);
    CHECK(diff.stops.size() == 1);
    CHECK(diff.starts.empty());
    CHECK(plan_diff(held, before).starts.size() == 1);
    const Desired wrong = planned({peer("tor", {{"peerIP", "192.0.2.300"}, {"asNumber", 64600}})});
    CHECK(plan_diff(before, wrong).new_problems.size() == 1);
    CHECK(plan_diff(wrong, before).solved_problems.size() == 1);
}

TEST_CASE("plan input: as JSON and back, with Secrets that nobody can read") {
    PlanInput input;
    input.options.node = "n1";
    input.options.env["CALICO_ROUTER_ID"] = "hash";
    input.api_group = ApiGroup::calico;
    input.machine_addresses = {*InterfaceAddress::parse("192.0.2.11/24")};
    input.objects = {
        {{"kind", "Secret"}, {"metadata", {{"name", "a"}}}, {"data", {{"key", "aHVudGVyMg=="}}}},
        {{"kind", "Secret"}, {"metadata", {{"name", "b"}}}, {"stringData", {{"key", "hunter2"}}}}};
    hide_secrets(input);
    const std::string text = to_json(input).dump();
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK(text.find("aHVudGVyMg") == std::string::npos);
    const auto back = plan_input_from(json::parse(text));
    REQUIRE(back);
    CHECK(back->objects[0]["stringData"] == back->objects[1]["stringData"]);
    CHECK(back->options.env == input.options.env);
    CHECK(back->api_group == ApiGroup::calico);
    CHECK(back->machine_addresses == input.machine_addresses);
    CHECK_FALSE(plan_input_from(json::array()));
}
