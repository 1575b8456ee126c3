// From any canned cluster to any other: the running agent ends in the state of the last one, and a neighbour
// whose session is the same in both has not seen it go.
#include <algorithm>
#include <map>
#include <random>

#include "bgp/base/prefix.h"
#include "tests/interop/rack.h"
#include "tests/support/plan_cases.h"

namespace dunlin::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Case {
    std::string name;
    json objects, wanted;
};

// Those of node n1 that need no environment of their own.
std::vector<Case> cases() {
    std::vector<Case> out;
    for (const auto& entry : fs::directory_iterator(std::string(DUNLIN_SOURCE_DIR) + "/tests/golden/plan")) {
        if (!fs::exists(entry.path() / "expected.json")) continue;
        const json expected = read_json_file(entry.path() / "expected.json");
        const json& run = expected.at("run");
        if (run.at("node") != "n1" || !run.value("env", json::object()).empty()) continue;
        out.push_back(
            {entry.path().filename(), read_json_file(entry.path() / "input.json"), wanted_plan(expected)});
    }
    std::ranges::sort(out, {}, &Case::name);
    return out;
}

// The session with the one neighbour that is there, without what is policy; null: none.
json session_of(const json& plan) {
    for (const json& protocol : plan.at("families").at("ipv4").at("protocols")) {
        if (protocol.value("kind", "") != "bgp" || protocol.contains("held_down")) continue;
        if (protocol.at("neighbor").at("address") != "10.0.0.10") continue;
        json out = protocol;
        for (const char* key : {"import", "export", "next_hop", "origin", "add_paths"}) out.erase(key);
        return out;
    }
    return nullptr;
}

// Kernel routes that are ours, and what they ought to be: the blackholes of the plan that its policy lets in.
std::string blackholes(const NetNs& netns) {
    return netns.ip({"route", "show", "table", "main", "proto", "12", "type", "blackhole"});
}

std::size_t wanted_blackholes(const json& plan) {
    const json& family = plan.at("families").at("ipv4");
    const json& policy = family.at("kernel_policy");
    const auto inside = [](const json& outer, const json& inner) {
        return Prefix::parse(outer.get<std::string>())->contains(*Prefix::parse(inner.get<std::string>()));
    };
    std::size_t count = 0;
    for (const json& protocol : family.at("protocols")) {
        if (protocol.at("kind") != "static") continue;
        for (const json& route : protocol.at("routes")) {
            if (route.at("action") != "blackhole") continue;
            bool enters = true;
            for (const json& range : policy.at("reject_services")) {
                enters = enters && !inside(range, route.at("cidr"));
            }
            for (const json& pool : policy.at("pools")) {
                if (inside(pool.at("cidr"), route.at("cidr")))
                    enters = enters && pool.at("action") == "accept";
            }
            count += enters ? 1 : 0;
        }
    }
    return count;
}

TEST_CASE("from any canned cluster to any other") {
    if (skipped()) return;
    NetNs::clear_stale();
    const NetNs router("tor"), node("n1");
    router.link({"rack", {"10.0.0.10/24"}}, node, {"eth0", {"10.0.0.9/24"}});
    const Bird bird(router,
                    "router id 10.0.0.10;\nprotocol device {}\n"
                    "protocol bgp n1 { local as 64512; neighbor 10.0.0.9 as 64512; multihop; connect delay "
                    "time 1; connect retry time 1; error wait time 1, 1; ipv4 { import all; export none; }; "
                    "}\n");
    Agent::Options options;
    options.flags = {"--api-group", "projectcalico.org"};
    const Agent agent(node, "n1", options);
    std::vector<Case> all = cases();
    REQUIRE(all.size() > 15);
    std::mt19937 random(20261127);
    std::shuffle(all.begin(), all.end(), random);
    json session;
    std::optional<SessionLine> line;
    for (const Case& each : all) {
        CAPTURE(each.name);
        agent.apply("objects", each.objects.dump());
        std::string different = "not asked";
        CHECK(wait_until(seconds(20), [&] {
            different = difference(each.wanted, agent.json({"plan"}));
            return different.empty();
        }));
        CHECK(different == "");
        const json plan = agent.json({"plan"});
        CHECK(wait_until(seconds(20), [&] {
            const std::string now = blackholes(node);
            return static_cast<std::size_t>(std::ranges::count(now, '\n')) == wanted_blackholes(plan);
        }));
        const json now = session_of(plan);
        if (!session.is_null() && session == now && line) CHECK(session_line(bird, "n1") == *line);
        session = now;
        line.reset();
        // Only AS 64512 on both sides comes up with this neighbour.
        if (now.is_null() || now.at("neighbor").at("as") != 64512 || now.at("local").at("as") != 64512)
            continue;
        if (!now.at("password").is_null() || now.at("ttl_security") == true) continue;
        if (now.at("neighbor").at("port") != 179) continue;
        CHECK(bird.wait_established("n1"));
        line = session_line(bird, "n1");
    }
}

}  // namespace
}  // namespace dunlin::test
