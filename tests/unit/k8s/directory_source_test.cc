#include "k8s/directory_source.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

using namespace dunlin;
using namespace dunlin::k8s;
using namespace std::chrono_literals;
using test::TempDir;
using test::write_file;

namespace {
const Resource kPeers{"dunlin.io", "v1", "bgppeers", "BGPPeer", false, std::nullopt, std::nullopt};
const Resource kSecrets{"", "v1", "secrets", "Secret", true, "dunlin", std::nullopt};

std::string peer(const std::string& name, int as, const std::string& more = "") {
    return "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: " + name + more +
           "}\nspec: {peerIP: 192.0.2.1, asNumber: " + std::to_string(as) + "}\n";
}

struct Agent {
    explicit Agent(const std::string& path) : source(io, path, {&peers, &secrets}, callbacks(), options()) {
        source.start();
    }

    DirectoryCallbacks callbacks() {
        return {[this](const std::vector<FileProblem>& now) { problems = now; }, nullptr};
    }
    static DirectoryOptions options() {
        DirectoryOptions out;
        out.settle = 5ms;
        out.retry = 20ms;
        out.writer = 300ms;
        out.max_file = 4096;
        return out;
    }
    template <class Predicate>
    bool until(Predicate holds, std::chrono::milliseconds limit = 5s) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!holds() && std::chrono::steady_clock::now() < end) io.run_one_for(20ms);
        return holds();
    }
    int as(const std::string& name) const {
        const auto found = peers.find({"", name});
        return found ? (*found->json)["spec"]["asNumber"].get<int>() : 0;
    }
    bool problem(const std::string& text) const {
        for (const auto& p : problems) {
            if (p.to_string().find(text) != std::string::npos) return true;
        }
        return false;
    }

    boost::asio::io_context io;
    Store peers{kPeers}, secrets{kSecrets};
    std::vector<FileProblem> problems;
    DirectorySource source;
};
}  // namespace

TEST_CASE("Directory: the objects are in the stores when start returns, as an API server would give them") {
    TempDir dir;
    write_file(dir / "a.yaml", peer("a", 1) + "---\n" + peer("b", 2));
    write_file(dir / "c.json", R"({"apiVersion":"v1","kind":"List","items":[
        {"apiVersion":"dunlin.io/v1","kind":"BGPPeer","metadata":{"name":"c"},"spec":{"asNumber":3}},
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}},
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"other"}}]})");
    Agent agent(dir.path());
    CHECK(agent.peers.synced());
    CHECK(agent.peers.objects().size() == 3);
    CHECK(agent.secrets.objects().size() == 1);
    CHECK(agent.secrets.find({"dunlin", "s"}) != nullptr);
    const auto a = agent.peers.find({"", "a"});
    REQUIRE(a);
    CHECK(a->generation == 1);
    CHECK(a->uid.size() == 36);
    CHECK_FALSE(a->resource_version.empty());
    CHECK(agent.problems.empty());
}

TEST_CASE("Directory: an object follows its file through write, rename over it, and removal") {
    TempDir dir;
    Agent agent(dir.path());
    CHECK(agent.peers.objects().empty());
    std::ofstream(dir / "a.yaml") << peer("a", 1);
    CHECK(agent.until([&] { return agent.as("a") == 1; }));
    const auto first = agent.peers.find({"", "a"});
    write_file(dir / "a.yaml", peer("a", 2));
    CHECK(agent.until([&] { return agent.as("a") == 2; }));
    const auto second = agent.peers.find({"", "a"});
    CHECK(second->uid == first->uid);
    CHECK(second->generation == 2);
    CHECK(second->resource_version != first->resource_version);
    write_file(dir / "a.yaml", peer("a", 2, ", labels: {x: y}"));
    CHECK(agent.until([&] {
        return agent.peers.find({"", "a"})->resource_version != second->resource_version;
    }));
    CHECK(agent.peers.find({"", "a"})->generation == 2);
    std::filesystem::rename(dir / "a.yaml", dir / "b.yaml");
    write_file(dir / "c.yaml", peer("c", 3));
    CHECK(agent.until([&] { return agent.as("c") == 3; }));
    CHECK(agent.as("a") == 2);
    std::filesystem::remove(dir / "b.yaml");
    CHECK(agent.until([&] { return agent.as("a") == 0; }));
    CHECK(agent.peers.vanished().empty());
}

TEST_CASE("Directory: a file that is no YAML keeps its last objects and names file and line") {
    TempDir dir;
    write_file(dir / "a.yaml", peer("a", 1));
    write_file(dir / "b.yaml", peer("b", 1));
    Agent agent(dir.path());
    write_file(dir / "a.yaml", "apiVersion: dunlin.io/v1\nkind: [BGPPeer\nmetadata: {\n");
    CHECK(agent.until([&] { return agent.problem("a.yaml:"); }));
    CHECK(agent.problem("last objects stay"));
    CHECK(agent.problems[0].line >= 2);
    CHECK(agent.as("a") == 1);
    CHECK(agent.as("b") == 1);
    std::ofstream(dir / "a.yaml", std::ios::trunc).flush();
    CHECK(agent.until([&] { return agent.problem("a.yaml: empty"); }));
    CHECK(agent.as("a") == 1);
    write_file(dir / "a.yaml", peer("a", 5));
    CHECK(agent.until([&] { return agent.as("a") == 5 && agent.problems.empty(); }));
}

TEST_CASE("Directory: a JSON file that breaks off is named with its line, too") {
    TempDir dir;
    write_file(dir / "a.json", "{\n\"kind\": \"BGPPeer\",\n");
    Agent agent(dir.path());
    CHECK(agent.peers.synced());
    CHECK(agent.problem("a.json:3: "));
}

TEST_CASE("Directory: an object that goes and comes back is not of an older generation") {
    TempDir dir;
    write_file(dir / "a.yaml", peer("a", 1));
    Agent agent(dir.path());
    write_file(dir / "a.yaml", peer("a", 2));
    CHECK(agent.until([&] { return agent.as("a") == 2; }));
    std::filesystem::remove(dir / "a.yaml");
    CHECK(agent.until([&] { return agent.as("a") == 0; }));
    write_file(dir / "a.yaml", peer("a", 3));
    CHECK(agent.until([&] { return agent.as("a") == 3; }));
    CHECK(agent.peers.find({"", "a"})->generation == 3);
}

TEST_CASE("Directory: a file that is still being written is not read, though half of it is good YAML") {
    TempDir dir;
    write_file(dir / "a.yaml", peer("a", 1) + "---\n" + peer("b", 1));
    Agent agent(dir.path());
    std::ofstream out(dir / "a.yaml", std::ios::trunc);
    out << peer("a", 2) << "---\n" << std::flush;
    write_file(dir / "z.yaml", peer("z", 9));
    CHECK(agent.until([&] { return agent.as("z") == 9; }));
    CHECK(agent.as("a") == 1);
    CHECK(agent.as("b") == 1);
    out << peer("b", 2);
    out.close();
    CHECK(agent.until([&] { return agent.as("a") == 2 && agent.as("b") == 2; }));
    SUBCASE("but not for ever") {
        std::ofstream held(dir / "a.yaml", std::ios::trunc);
        held << peer("a", 3) << std::flush;
        CHECK(agent.until([&] { return agent.as("a") == 3; }));
    }
}

TEST_CASE("Directory: of an object in two files the first by name counts") {
    TempDir dir;
    write_file(dir / "b.yaml", peer("a", 2));
    write_file(dir / "a.yaml", peer("a", 1));
    Agent agent(dir.path());
    CHECK(agent.as("a") == 1);
    CHECK(agent.problem("b.yaml:1: BGPPeer a is in a.yaml:1 already"));
    std::filesystem::remove(dir / "a.yaml");
    CHECK(agent.until([&] { return agent.as("a") == 2; }));
    CHECK(agent.problems.empty());
}

TEST_CASE("Directory: unknown kinds, wrong versions, nameless objects and large files cost themselves") {
    TempDir dir;
    write_file(dir / "a.yaml",
               "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Pod\n");
    write_file(dir / "b.yaml",
               "apiVersion: dunlin.io/v9\nkind: BGPPeer\nmetadata: {name: x}\n---\n" + peer("a", 1));
    write_file(dir / "c.yaml", "- list\n---\napiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {}\n");
    write_file(dir / "d.yaml", "#" + std::string(5000, '-') + "\n" + peer("d", 1));
    write_file(dir / ".hidden.yaml", peer("h", 1));
    write_file(dir / "a.yaml~", peer("h", 1));
    write_file(dir / "#a.yaml", peer("h", 1));
    std::filesystem::create_directory(dir / "status");
    write_file(dir / "status/x.yaml", peer("h", 1));
    std::filesystem::create_symlink("nowhere", dir / "dangling.yaml");
    std::filesystem::create_directory(dir / "folder.yaml");
    Agent agent(dir.path());
    CHECK(agent.peers.objects().size() == 1);
    CHECK(agent.as("a") == 1);
    CHECK(agent.problems.size() == 5);
    CHECK(agent.problem("a.yaml:1: Pod of v1"));
    CHECK(agent.problem("b.yaml:1: BGPPeer: apiVersion dunlin.io/v9 is not dunlin.io/v1"));
    CHECK(agent.problem("c.yaml:1: not an object"));
    CHECK(agent.problem("c.yaml:3: BGPPeer: metadata.name: missing"));
    CHECK(agent.problem("d.yaml: larger than 4096"));
}

TEST_CASE("Directory: one that goes away keeps its objects, and is found again when it is back") {
    TempDir dir;
    std::filesystem::create_directory(dir / "r");
    write_file(dir / "r/a.yaml", peer("a", 1));
    Agent agent(dir / "r");
    CHECK(agent.as("a") == 1);
    SUBCASE("deleted") { std::filesystem::remove_all(dir / "r"); }
    SUBCASE("renamed") { std::filesystem::rename(dir / "r", dir / "other"); }
    CHECK(agent.until([&] { return agent.problem("cannot be read"); }));
    CHECK(agent.peers.synced());
    std::filesystem::create_directory(dir / "r");
    write_file(dir / "r/b.yaml", peer("b", 2));
    CHECK(agent.until([&] { return agent.as("b") == 2 && agent.as("a") == 0; }));
    CHECK(agent.problems.empty());
    write_file(dir / "r/b.yaml", peer("b", 3));
    CHECK(agent.until([&] { return agent.as("b") == 3; }));
}

TEST_CASE("Directory: one that is not there yet leaves the stores unsynced") {
    TempDir dir;
    Agent agent(dir / "later");
    CHECK_FALSE(agent.peers.synced());
    CHECK(agent.problem("No such file"));
    std::filesystem::create_directory(dir / "later");
    CHECK(agent.until([&] { return agent.peers.synced(); }));
}

TEST_CASE("Directory: a ConfigMap volume that is swapped is followed") {
    TempDir dir;
    for (int i : {1, 2}) {
        const std::string version = dir / ("..v" + std::to_string(i));
        std::filesystem::create_directory(version);
        std::ofstream(version + "/a.yaml") << peer("a", i);
    }
    std::filesystem::create_symlink("..v1", dir / "..data");
    std::filesystem::create_symlink("..data/a.yaml", dir / "a.yaml");
    Agent agent(dir.path());
    CHECK(agent.as("a") == 1);
    std::filesystem::create_symlink("..v2", dir / "..tmp");
    std::filesystem::rename(dir / "..tmp", dir / "..data");
    CHECK(agent.until([&] { return agent.as("a") == 2; }));
}

TEST_CASE("Directory: it can go away while waiting") {
    TempDir dir;
    boost::asio::io_context io;
    Store peers(kPeers);
    {
        DirectorySource source(io, dir.path(), {&peers});
        source.start();
    }
    write_file(dir / "a.yaml", peer("a", 1));
    io.run_for(100ms);
    CHECK(peers.objects().empty());
}
