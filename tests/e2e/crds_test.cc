// The definitions of crds/ on a real API server: they install, take the samples, refuse what makes no sense
// with a message that says why, explain every field, and print the columns that people look at.
#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/bad_objects.h"
#include "tests/e2e/cluster.h"

namespace dunlin::test {
namespace {

using nlohmann::json;

std::vector<std::filesystem::path> files_of(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    return files;
}

json definitions() {
    json all = json::parse(shared_cluster().check_kubectl({"get", "crds", "-o", "json"}));
    return all.at("items");
}

std::vector<BadObject> all_bad_objects() {
    std::vector<BadObject> all;
    for (const auto& part :
         {bad_peers(), bad_peer_values(), bad_configurations(), bad_filters(), bad_pools_and_blocks()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

void check_refused(const std::vector<BadObject>& objects) {
    KubeCluster& cluster = shared_cluster();
    for (const BadObject& object : objects) {
        CAPTURE(object.spec);
        if (!object.before.empty())
            cluster.apply(object_text(object.kind, object.name, "spec: " + object.before));
        const Completed done = cluster.kubectl({"apply", "--server-side", "--dry-run=server", "-f", "-"},
                                               object_text(object.kind, object.name, "spec: " + object.spec));
        CHECK(done.exit_code == 1);
        CAPTURE(done.err);
        CHECK(done.err.find(object.says) != std::string::npos);
        if (!object.before.empty()) cluster.check_kubectl({"delete", object.kind, object.name});
    }
}

// Calls `visit` with every schema below this one and the path to it.
void walk(const json& schema, const std::string& path,
          const std::function<void(const std::string&, const json&)>& visit) {
    visit(path, schema);
    if (schema.contains("properties"))
        for (const auto& [name, property] : schema["properties"].items())
            walk(property, path + "." + name, visit);
    if (schema.contains("items")) walk(schema["items"], path + "[]", visit);
}

void walk_definitions(const std::function<void(const std::string&, const json&)>& visit) {
    for (const json& definition : definitions())
        walk(definition.at("spec").at("versions").at(0).at("schema").at("openAPIV3Schema"),
             definition.at("spec").at("names").at("kind"), visit);
}

TEST_CASE("the six definitions install without a warning and nothing differs when they are applied again") {
    if (skipped()) return;
    const std::string folder = (source_dir() / "crds").string();
    const Completed again = shared_cluster().kubectl({"apply", "--server-side", "-f", folder});
    CHECK(again.exit_code == 0);
    CHECK(again.err.empty());
    CHECK(shared_cluster().kubectl({"diff", "--server-side", "-f", folder}).exit_code == 0);
    CHECK(definitions().size() == files_of("crds").size());
    for (const json& definition : definitions()) {
        CAPTURE(definition.at("metadata").at("name").get<std::string>());
        // Not structural, or a schema that breaks a rule: the server says so here and not when it is applied.
        for (const json& condition : definition.at("status").at("conditions"))
            CHECK(condition.at("type") != "NonStructuralSchema");
        CHECK(definition.at("spec").at("versions").at(0).at("subresources").contains("status"));
        CHECK(definition.at("spec").at("names").at("categories").at(0) == "dunlin");
    }
}

TEST_CASE("every kind has a sample and every sample is accepted, also its status") {
    if (skipped()) return;
    const KubeCluster& cluster = shared_cluster();
    CHECK(files_of("crds/samples").size() == files_of("crds").size());
    for (const std::filesystem::path& file : files_of("crds/samples")) {
        CAPTURE(file.string());
        const Completed done = cluster.kubectl({"apply", "--server-side", "-f", file.string()});
        CHECK(done.exit_code == 0);
        CHECK(done.err.empty());
    }
    const std::string status = (source_dir() / "crds/samples/bgpnodestatus.yaml").string();
    cluster.check_kubectl({"apply", "--server-side", "--subresource=status", "-f", status});
    const std::string nodes = cluster.check_kubectl({"get", "bgpns"});
    CHECK(nodes.find("NAME     ROUTER-ID   AS      SESSIONS   BLOCKS   ROUTES   READY   AGE") == 0);
    CHECK(nodes.find("node-7   10.0.0.7    64513   1/2        1        412      False") != std::string::npos);
}

TEST_CASE("kubectl get bgppeers answers whether it is up, and if not, why") {
    if (skipped()) return;
    const KubeCluster& cluster = shared_cluster();
    cluster.apply(object_text("BGPPeer", "printed",
                              "spec: {peerIP: 192.0.2.2, asNumber: 64512, nodeSelector: rack=='b'}"));
    cluster.check_kubectl(
        {"apply", "--server-side", "--subresource=status", "--field-manager=dunlin", "-f", "-"},
        object_text(
            "BGPPeer", "printed",
            "status: {established: 11/12, reason: ASMismatch, sessions: {desired: 12, established: 11}, "
            "conditions: [{type: Ready, status: 'False', reason: ASMismatch, message: AS 1, "
            "lastTransitionTime: '2026-01-01T00:00:00Z'}]}"));
    const std::string text = cluster.check_kubectl({"get", "bgppeers", "printed"});
    CHECK(text.find("NAME      PEER        ASN     SELECTS     ESTABLISHED   READY   REASON       AGE") == 0);
    CHECK(text.find("printed   192.0.2.2   64512   rack=='b'   11/12         False   ASMismatch") !=
          std::string::npos);
    cluster.check_kubectl({"delete", "bgppeer", "printed"});
}

TEST_CASE("a peer that contradicts itself is refused with the rule that it breaks") {
    if (!skipped()) check_refused(bad_peers());
}
TEST_CASE("a peer with a value out of its range is refused") {
    if (!skipped()) check_refused(bad_peer_values());
}
TEST_CASE("a bad configuration is refused with the rule that it breaks") {
    if (!skipped()) check_refused(bad_configurations());
}
TEST_CASE("a bad filter rule is refused in each of the four lists") {
    if (!skipped()) check_refused(bad_filters());
}
TEST_CASE("a bad pool or block, and a change of what cannot change, are refused") {
    if (!skipped()) check_refused(bad_pools_and_blocks());
}

TEST_CASE("a node status with a session state or reason that is not in the list is refused") {
    if (skipped()) return;
    const KubeCluster& cluster = shared_cluster();
    cluster.apply(object_text("BGPNodeStatus", "bad-status", ""));
    const Argv write{"apply", "--server-side", "--subresource=status", "-f", "-"};
    for (const std::string session : {"state: Up", "state: Active, reason: Tired"}) {
        const std::string status = "status: {sessions: [{name: a, " + session + "}]}";
        const Completed done = cluster.kubectl(write, object_text("BGPNodeStatus", "bad-status", status));
        CHECK(done.exit_code == 1);
        CHECK(done.err.find("supported values") != std::string::npos);
    }
    cluster.check_kubectl({"delete", "bgpns", "bad-status"});
}

TEST_CASE("every rule of every definition has a bad object in this program") {
    if (skipped()) return;
    const std::vector<BadObject> objects = all_bad_objects();
    walk_definitions([&](const std::string& path, const json& schema) {
        if (!schema.contains("x-kubernetes-validations")) return;
        for (const json& rule : schema["x-kubernetes-validations"]) {
            const std::string message = rule.at("message");
            const std::string kind = path.substr(0, path.find('.'));
            bool found = false;
            for (const BadObject& object : objects)
                found = found || (object.kind == kind && message.find(object.says) != std::string::npos);
            CAPTURE(path);
            CAPTURE(message);
            CHECK(found);
        }
    });
}

TEST_CASE("every field has a description, which is what kubectl explain prints") {
    if (skipped()) return;
    std::set<std::string> silent;
    walk_definitions([&](const std::string& path, const json& schema) {
        const bool plain_item = path.ends_with("[]") && !schema.contains("properties");
        if (!schema.contains("description") && !plain_item) silent.insert(path);
    });
    std::erase_if(silent, [](const std::string& path) { return path.ends_with(".metadata"); });
    CHECK_MESSAGE(silent.empty(), "without a description: " << (silent.empty() ? "" : *silent.begin()));
    const std::string text = shared_cluster().check_kubectl({"explain", "bgppeer.spec.peerIP"});
    CHECK(text.find("Address of the one neighbour") != std::string::npos);
}

TEST_CASE("the blocks of one node can be asked for by a field selector") {
    if (skipped()) return;
    const KubeCluster& cluster = shared_cluster();
    for (const std::string node : {"sel-a", "sel-b"})
        cluster.apply(
            object_text("BlockAffinity", "of-" + node, "spec: {cidr: 10.7.0.0/26, node: " + node + "}"));
    CHECK(cluster.check_kubectl({"get", "ba", "--field-selector=spec.node=sel-b", "-o", "name"}) ==
          "blockaffinity.dunlin.io/of-sel-b\n");
    cluster.check_kubectl({"delete", "ba", "of-sel-a", "of-sel-b"});
}

}  // namespace
}  // namespace dunlin::test
