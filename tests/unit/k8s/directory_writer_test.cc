#include "k8s/directory_writer.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "k8s/directory_source.h"
#include "tests/support/temp_dir.h"

using namespace dunlin;
using namespace dunlin::k8s;
using nlohmann::json;
using test::read_file;
using test::TempDir;

namespace {
const Resource kBlocks{"dunlin.io", "v1",         "blockaffinities", "BlockAffinity",
                       false,       std::nullopt, std::nullopt};
const Resource kNodes{"dunlin.io", "v1",         "bgpnodestatuses", "BGPNodeStatus",
                      false,       std::nullopt, std::nullopt};

json claim(const std::string& name, const std::string& node) {
    return {{"metadata", {{"name", name}}}, {"spec", {{"cidr", "10.0.0.0/26"}, {"node", node}}}};
}

struct Writer {
    explicit Writer(const std::string& path) : writer(io, path, {"BGPNodeStatus"}) {}
    Result<Created, WriteError> create(const json& object) {
        Result<Created, WriteError> out = Unexpected{WriteError{}};
        writer.create(kBlocks, object, [&](auto answer) { out = answer; });
        io.restart();
        io.run();
        return out;
    }
    Result<Done, WriteError> apply(const Resource& resource, const std::string& name, const json& object,
                                   std::string_view sub) {
        Result<Done, WriteError> out = Unexpected{WriteError{}};
        writer.apply(resource, {"", name}, object, sub, [&](auto answer) { out = answer; });
        io.restart();
        io.run();
        return out;
    }
    boost::asio::io_context io;
    DirectoryWriter writer;
};
}  // namespace

TEST_CASE("DirectoryWriter: of many who claim one name at once one gets it") {
    TempDir dir;
    std::vector<int> won(8, 0);
    std::vector<std::thread> agents;
    for (std::size_t i = 0; i < won.size(); ++i) {
        agents.emplace_back([&, i] {
            Writer writer(dir.path());
            for (int block = 0; block < 50; ++block) {
                const auto got = writer.create(claim("b-" + std::to_string(block), "n" + std::to_string(i)));
                if (got && *got == Created::created) ++won[i];
            }
        });
    }
    for (auto& agent : agents) agent.join();
    int sum = 0;
    for (const int count : won) sum += count;
    CHECK(sum == 50);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 50);
}

TEST_CASE("DirectoryWriter: a claim is read back by a source, and goes when it is removed") {
    TempDir dir;
    Writer writer(dir.path());
    CHECK(*writer.create(claim("10-0-0-0-26", "n1")) == Created::created);
    CHECK(*writer.create(claim("10-0-0-0-26", "n2")) == Created::already_exists);
    CHECK(std::filesystem::exists(dir / "blockaffinity-10-0-0-0-26.yaml"));
    Store store(kBlocks);
    boost::asio::io_context io;
    DirectorySource source(io, dir.path(), {&store});
    source.start();
    REQUIRE(store.find({"", "10-0-0-0-26"}));
    CHECK((*store.find({"", "10-0-0-0-26"})->json)["spec"]["node"] == "n1");
    for (int i = 0; i < 2; ++i) {
        bool done = false;
        writer.writer.remove(kBlocks, {"", "10-0-0-0-26"}, [&](auto answer) { done = answer.has_value(); });
        writer.io.restart();
        writer.io.run();
        CHECK(done);
    }
    CHECK_FALSE(std::filesystem::exists(dir / "blockaffinity-10-0-0-0-26.yaml"));
}

TEST_CASE("DirectoryWriter: status and output objects go below status/") {
    TempDir dir;
    Writer writer(dir.path());
    const json status = {{"kind", "BlockAffinity"}, {"status", {{"state", "up"}}}};
    CHECK(writer.apply(kBlocks, "b", status, "status"));
    CHECK(read_file(dir / "status/blockaffinity-b.yaml") == "kind: BlockAffinity\nstatus:\n  state: up\n");
    CHECK(writer.apply(kNodes, "n", {{"status", {{"a", 1}}}}, "status"));
    CHECK(writer.apply(kNodes, "n", {{"kind", "BGPNodeStatus"}}, ""));
    CHECK(read_file(dir / "status/bgpnodestatus-n.yaml") == "status:\n  a: 1\n");
}

TEST_CASE("DirectoryWriter: names that leave the directory are refused, and so is a directory that is none") {
    TempDir dir;
    Writer writer(dir.path());
    for (const char* name : {"../x", "a/b", ".x", "A"}) {
        CHECK(writer.create(claim(name, "n")).error().kind == WriteError::Kind::invalid);
    }
    Writer nowhere(dir / "nowhere");
    const auto error = nowhere.create(claim("a", "n"));
    REQUIRE_FALSE(error);
    CHECK(error.error().message.find("No such file") != std::string::npos);
    CHECK_FALSE(nowhere.apply(kBlocks, "b", json::object(), "status"));
    Writer system("/proc");
    CHECK_FALSE(system.create(claim("a", "n")));
}

TEST_CASE("DirectoryWriter: no answer comes after it was destroyed") {
    TempDir dir;
    boost::asio::io_context io;
    bool answered = false;
    {
        DirectoryWriter writer(io, dir.path());
        writer.create(kBlocks, claim("a", "n"), [&](auto) { answered = true; });
    }
    io.run();
    CHECK_FALSE(answered);
}
