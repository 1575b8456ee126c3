#include "agent/ctl/plan_command.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// Nobody is asked, unless a reply is given.
CtlOutcome run(std::vector<const char*> words, const std::string& reply = "") {
    words.insert(words.begin(), {"dunlinctl", "plan"});
    const int count = static_cast<int>(words.size());
    REQUIRE(is_plan(count, words.data()));
    const auto parsed = parse_plan(count, words.data());
    if (const auto* outcome = std::get_if<CtlOutcome>(&parsed)) return *outcome;
    return run_plan(std::get<PlanArguments>(parsed), [&](const std::string&, const std::string& line) {
        if (reply.empty()) return Result<Reply, Error>(Unexpected{Error{"no agent for " + line}});
        return Result<Reply, Error>(Reply{true, reply});
    });
}

struct Folder {
    Folder() {
        char name[] = "/tmp/dunlin-plan-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { fs::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return path / name;
    }
    fs::path path;
};

constexpr const char* kObjects =
    "apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  annotations: {dunlin.io/ipv4-address: "
    "192.0.2.11/24}\n---\n"
    "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: tor}\nspec: {peerIP: 192.0.2.1, asNumber: "
    "64600}\n";

}  // namespace

TEST_CASE("dunlinctl plan: of files, for the node that is named or the only one") {
    const Folder folder;
    const std::string file = folder.write("all.yaml", kObjects);
    const CtlOutcome one = run({"--input", file.c_str()});
    REQUIRE(one.code == 0);
    const json plan = json::parse(one.out);
    CHECK(plan["form"] == "calico-plan/1");
    CHECK(plan["node"] == "n1");
    CHECK(plan["families"]["ipv4"]["protocols"].back()["name"] == "Global_192_0_2_1");
    CHECK(run({"--input", folder.path.c_str(), "--node", "n1"}).out == one.out);
    CHECK(run({"--input", file.c_str(), "-o", "yaml"}).out.find("form: calico-plan/1") != std::string::npos);
    const std::string more = folder.write("more.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n2}\n");
    const CtlOutcome two = run({"--input", file.c_str(), "--input", more.c_str()});
    CHECK(two.code == 2);
    CHECK(two.err == "dunlinctl: --node NAME is needed: there are 2 nodes\n");
}

TEST_CASE("dunlinctl plan: half the objects are no plan") {
    const Folder folder;
    const std::string broken = folder.write("broken.yaml", "a: [1\n");
    const CtlOutcome wrong = run({"--node", "n1", "--input", broken.c_str()});
    CHECK(wrong.code == 1);
    CHECK(wrong.err.find("broken.yaml:") != std::string::npos);
    CHECK(run({"--node", "n1", "--input", "/nowhere/at/all"}).code == 1);
    const std::string objects = folder.write("all.yaml", kObjects), bad = folder.write("status", "[1]");
    CHECK(run({"--input", objects.c_str(), "--endpoint-status", bad.c_str()}).code == 1);
}

TEST_CASE("dunlinctl plan: flags that do not go together") {
    CHECK(run({"--all-nodes"}).err == "dunlinctl: --all-nodes goes with --diff\n");
    CHECK(run({"--diff", "a", "b", "--input", "c"}).code == 2);
    CHECK(run({"--env", "novalue"}).err == "dunlinctl: --env novalue: is not NAME=VALUE\n");
    CHECK(run({"--api-group", "example.com"}).code == 2);
    CHECK(run({"--help"}).code == 0);
}

TEST_CASE("dunlinctl plan: without files the running agent is asked") {
    CHECK(run({}).err == "dunlinctl: no agent for -o json plan\n");
    CHECK(run({}, R"({"form": "calico-plan/1", "node": "n7"})").out.find("\"n7\"") != std::string::npos);
    CHECK(run({"--node", "n1"}, R"({"node": "n7"})").code == 2);
}

TEST_CASE("dunlinctl plan --diff: two sets, or the running agent and one") {
    const Folder folder;
    const std::string with = folder.write("with.yaml", kObjects);
    const std::string text(kObjects);
    const std::string without = folder.write("without.yaml", text.substr(0, text.find("---")));
    CHECK(run({"--diff", without.c_str(), with.c_str()}).out ==
          "n1\n  start   Global_192_0_2_1  192.0.2.1 AS 64600\n"
          "1 of 1 nodes change: 1 sessions start, 0 stop, 0 are reset\n");
    CHECK(run({"--diff", with.c_str(), with.c_str(), "--all-nodes"}).out == "no change\n");
    const std::string agent =
        R"({"node": "n1", "env": {}, "machineAddresses": [], "workloads": {}, "apiGroup": "dunlin.io",)"
        R"("objects": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1",)"
        R"("annotations": {"dunlin.io/ipv4-address": "192.0.2.11/24"}}}]})";
    const CtlOutcome beside = run({"--diff", "agent", with.c_str(), "-o", "json"}, agent);
    REQUIRE(beside.code == 0);
    CHECK(json::parse(beside.out)[0]["sessions"]["start"][0]["name"] == "Global_192_0_2_1");
}

TEST_CASE("dunlinctl plan: is the first word that is no flag") {
    const std::vector<const char*> yes{"dunlinctl", "-s", "/x", "plan"}, no{"dunlinctl", "show", "plan"};
    CHECK(is_plan(4, yes.data()));
    CHECK_FALSE(is_plan(3, no.data()));
}
