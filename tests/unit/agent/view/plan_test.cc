// The cases of tests/golden/plan: objects, and the plan that Calico's rules make of them. What a case has
// must be in our plan with the same value; ours may have more keys. DUNLIN_PLAN_CASES may name one more
// folder.
#include "agent/show/plan.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "agent/show/plan_input.h"
#include "tests/support/plan_cases.h"

using namespace dunlin;
using namespace dunlin::agent;
using dunlin::test::difference;
using dunlin::test::read_json_file;
using dunlin::test::wanted_plan;
using nlohmann::json;

namespace {

json plan_of(const std::filesystem::path& folder, const json& run) {
    PlanInput input;
    input.options.node = run.at("node");
    for (const auto& [key, value] : run.at("env").items()) input.options.env[key] = value;
    input.api_group = ApiGroup::calico;
    const json list = read_json_file(folder / "input.json");
    for (const json& object : list.at("items")) input.objects.push_back(object);
    if (run.contains("endpoint_status")) {
        for (const auto& [name, status] : run.at("endpoint_status").items()) input.workloads[name] = status;
    }
    const PlannedNode planned = plan_node(input);
    return plan_json(planned.cluster, planned.desired);
}

void check_case(const std::filesystem::path& folder) {
    CAPTURE(folder.string());
    const json expected = read_json_file(folder / "expected.json");
    const json got = plan_of(folder, expected.at("run"));
    if (expected.contains("count_only")) {
        int sessions = 0;
        for (const json& protocol : got.at("families").at("ipv4").at("protocols")) {
            if (protocol.at("kind") == "bgp") ++sessions;
        }
        CHECK(sessions == expected.at("count_only").at("ipv4_bgp_sessions"));
        return;
    }
    CHECK(difference(wanted_plan(expected), got) == "");
}

}  // namespace

TEST_CASE("plan: the cases of Calico's rules") {
    std::vector<std::filesystem::path> tops{std::string(DUNLIN_SOURCE_DIR) + "/tests/golden/plan"};
    if (const char* more = std::getenv("DUNLIN_PLAN_CASES")) tops.emplace_back(more);
    for (const auto& top : tops) {
        int cases = 0;
        for (const auto& entry : std::filesystem::directory_iterator(top)) {
            if (!std::filesystem::exists(entry.path() / "expected.json")) continue;
            check_case(entry.path());
            ++cases;
        }
        CHECK(cases > 0);
    }
}
