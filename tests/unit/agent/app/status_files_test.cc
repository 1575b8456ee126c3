#include "agent/app/status_files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

// By renaming, as the writer does.
void replace(const test::TempDir& dir, const std::string& name, const std::string& text) {
    std::filesystem::create_directories(dir / "status");
    test::write_file(dir / "new", text);
    std::filesystem::rename(dir / "new", dir / "status/" + name);
}

TEST_CASE("Status files: what has changed is read again, what has not is the same object") {
    const test::TempDir dir;
    StatusFiles files(dir.path());
    CHECK(files.node_statuses().empty());
    replace(dir, "bgpnodestatus-n1.yaml", "status: {established: 0/1}\n");
    replace(dir, "bgpnodestatus-n2.yaml", "- no object\n");
    replace(dir, "bgppeer-tor.yaml", "status: {established: 3/3}\n");
    const auto first = files.node_statuses();
    REQUIRE(first.size() == 1);
    CHECK((*first[0])["status"]["established"] == "0/1");
    CHECK(files.node_statuses() == first);
    CHECK(files.status_of("BGPPeer", "tor") == json{{"established", "3/3"}});
    CHECK(files.status_of("BGPPeer", "other").is_null());

    replace(dir, "bgpnodestatus-n1.yaml", "status: {established: 1/1}\n");
    const auto second = files.node_statuses();
    REQUIRE(second.size() == 1);
    CHECK((*second[0])["status"]["established"] == "1/1");
    std::filesystem::remove(dir / "status/bgpnodestatus-n1.yaml");
    CHECK(files.node_statuses().empty());
}

TEST_CASE("Status files: what we wrote is not parsed, and what another wrote after it is") {
    const test::TempDir dir;
    StatusFiles files(dir.path());
    const json ours{{"status", {{"established", "2/2"}}}};
    files.wrote("BGPNodeStatus", "n1", ours);  // it is not there: nothing is known
    CHECK(files.node_statuses().empty());
    replace(dir, "bgpnodestatus-n1.yaml", "status: {established: as written}\n");
    files.wrote("BGPNodeStatus", "n1", ours);
    REQUIRE(files.node_statuses().size() == 1);
    CHECK(*files.node_statuses()[0] == ours);
    replace(dir, "bgpnodestatus-n1.yaml", "status: {established: of another}\n");
    CHECK((*files.node_statuses()[0])["status"]["established"] == "of another");
}

}  // namespace
}  // namespace dunlin::agent
