// The manifests on a real API server: they apply, and the service account may do what the agent does and no
// more.
#include <doctest/doctest.h>

#include <sstream>

#include "tests/e2e/cluster.h"

namespace dunlin::test {
namespace {

const char* const kOverlay = "manifests/overlays/default";
const char* const kAccount = "system:serviceaccount:dunlin-system:dunlin";

struct Access {
    std::string verb, group, resource;
    std::string subresource = {}, name_space = {}, name = {};
};

std::string to_text(const Access& a) {
    return a.verb + " " + a.group + "/" + a.resource + "/" + a.subresource + " in '" + a.name_space +
           "' named '" + a.name + "'";
}

// What the server's authorizer says of each, in one run of kubectl.
std::vector<bool> allowed(const std::vector<Access>& questions) {
    std::string reviews;
    for (const Access& a : questions)
        reviews += "---\napiVersion: authorization.k8s.io/v1\nkind: SubjectAccessReview\nspec: {user: '" +
                   std::string(kAccount) +
                   "', groups: [system:serviceaccounts, system:authenticated, "
                   "'system:serviceaccounts:dunlin-system'], resourceAttributes: {verb: '" +
                   a.verb + "', group: '" + a.group + "', resource: '" + a.resource + "', subresource: '" +
                   a.subresource + "', namespace: '" + a.name_space + "', name: '" + a.name + "'}}\n";
    std::istringstream lines(shared_cluster().check_kubectl(
        {"create", "-f", "-", "-o", "jsonpath={.status.allowed}{\"\\n\"}"}, reviews));
    std::vector<bool> answers;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) answers.push_back(line == "true");
    return answers;
}

void check_access(const std::vector<Access>& questions, bool wanted) {
    const std::vector<bool> answers = allowed(questions);
    REQUIRE(answers.size() == questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i)
        CHECK_MESSAGE(answers[i] == wanted, to_text(questions[i]));
}

void install_manifests() {
    static const std::string done =
        shared_cluster().check_kubectl({"apply", "--server-side", "-k", (source_dir() / kOverlay).string()});
}

std::vector<Access> what_the_agent_does() {
    std::vector<Access> all;
    for (const std::string verb : {"get", "list", "watch"}) {
        for (const std::string kind :
             {"bgppeers", "bgpconfigurations", "bgpfilters", "ippools", "blockaffinities", "bgpnodestatuses"})
            all.push_back({verb, "dunlin.io", kind});
        all.push_back({verb, "", "nodes"});
        all.push_back({verb, "", "services"});
        all.push_back({verb, "discovery.k8s.io", "endpointslices"});
        all.push_back({verb, "", "secrets", "", "dunlin-system"});
    }
    for (const std::string kind :
         {"bgppeers", "bgpconfigurations", "bgpfilters", "ippools", "bgpnodestatuses"})
        all.push_back({"patch", "dunlin.io", kind, "status"});
    for (const std::string verb : {"create", "patch", "delete"})
        all.push_back({verb, "dunlin.io", "blockaffinities"});
    all.push_back({"create", "dunlin.io", "bgpnodestatuses"});
    all.push_back({"patch", "dunlin.io", "bgpnodestatuses"});
    all.push_back({"create", "events.k8s.io", "events", "", "default"});
    all.push_back({"patch", "events.k8s.io", "events", "", "default"});
    all.push_back({"create", "coordination.k8s.io", "leases", "", "dunlin-system"});
    for (const std::string verb : {"get", "update", "patch"})
        all.push_back({verb, "coordination.k8s.io", "leases", "", "dunlin-system", "dunlin"});
    return all;
}

std::vector<Access> what_it_must_not() {
    return {
        {"get", "", "secrets"},
        {"list", "", "secrets"},
        {"get", "", "secrets", "", "kube-system"},
        {"list", "", "secrets", "", "default"},
        {"create", "", "secrets", "", "dunlin-system"},
        {"update", "", "secrets", "", "dunlin-system"},
        {"delete", "", "secrets", "", "dunlin-system"},
        {"get", "", "pods"},
        {"list", "", "pods", "", "dunlin-system"},
        {"create", "", "pods", "", "dunlin-system"},
        {"create", "", "pods", "exec", "dunlin-system"},
        {"get", "", "configmaps", "", "kube-system"},
        {"create", "", "serviceaccounts", "token", "dunlin-system"},
        {"patch", "", "nodes"},
        {"patch", "", "nodes", "status"},
        {"update", "", "nodes"},
        {"delete", "", "nodes"},
        {"patch", "", "services"},
        {"create", "dunlin.io", "bgppeers"},
        {"patch", "dunlin.io", "bgppeers"},
        {"update", "dunlin.io", "bgppeers"},
        {"delete", "dunlin.io", "bgppeers"},
        {"update", "dunlin.io", "bgppeers", "status"},
        {"patch", "dunlin.io", "ippools"},
        {"delete", "dunlin.io", "ippools"},
        {"patch", "dunlin.io", "bgpconfigurations"},
        {"patch", "dunlin.io", "bgpfilters"},
        {"delete", "dunlin.io", "bgpnodestatuses"},
        {"deletecollection", "dunlin.io", "blockaffinities"},
        {"update", "dunlin.io", "blockaffinities"},
        {"create", "events.k8s.io", "events", "", "kube-system"},
        {"delete", "events.k8s.io", "events", "", "default"},
        {"list", "events.k8s.io", "events"},
        {"get", "coordination.k8s.io", "leases", "", "dunlin-system", "other"},
        {"update", "coordination.k8s.io", "leases", "", "kube-system", "dunlin"},
        {"delete", "coordination.k8s.io", "leases", "", "dunlin-system", "dunlin"},
        {"get", "apiextensions.k8s.io", "customresourcedefinitions"},
        {"get", "rbac.authorization.k8s.io", "clusterroles"},
        {"bind", "rbac.authorization.k8s.io", "clusterroles"},
        {"patch", "apps", "daemonsets", "", "dunlin-system"},
        {"impersonate", "", "users"},
        {"*", "*", "*"},
    };
}

TEST_CASE(
    "kubectl apply -k of the default overlay works on an empty cluster, and nothing differs afterwards") {
    if (skipped()) return;
    const KubeCluster cluster;
    const std::string overlay = (source_dir() / kOverlay).string();
    const Completed first = cluster.kubectl({"apply", "-k", overlay});
    CHECK(first.exit_code == 0);
    CHECK(first.err.empty());
    CHECK(first.out.find("daemonset.apps/dunlin created") != std::string::npos);
    CHECK(cluster.kubectl({"diff", "-k", overlay}).exit_code == 0);
    CHECK(cluster.kubectl({"delete", "-k", overlay, "--wait=false"}).exit_code == 0);
}

TEST_CASE("kubectl apply --server-side -k works as well, over definitions that are there already") {
    if (skipped()) return;
    const Completed done =
        shared_cluster().kubectl({"apply", "--server-side", "-k", (source_dir() / kOverlay).string()});
    CHECK(done.exit_code == 0);
    CHECK(done.err.empty());
}

TEST_CASE("the service account may do what the agent does") {
    if (skipped()) return;
    install_manifests();
    check_access(what_the_agent_does(), true);
}

TEST_CASE("the service account may do nothing else") {
    if (skipped()) return;
    install_manifests();
    check_access(what_it_must_not(), false);
}

TEST_CASE("no rule of the manifests has a wildcard") {
    if (skipped()) return;
    const std::string text =
        shared_cluster().check_kubectl({"kustomize", (source_dir() / kOverlay).string()});
    for (const std::string wildcard : {"- '*'", "- \"*\"", "- */"})
        CHECK(text.find(wildcard) == std::string::npos);
}

TEST_CASE("a token of the service account makes its node status and a claim, and cannot read other secrets") {
    if (skipped()) return;
    install_manifests();
    KubeCluster& cluster = shared_cluster();
    const std::string config =
        "--kubeconfig=" + cluster.service_account_kubeconfig("dunlin-system", "dunlin");
    const Argv apply{config, "apply", "--server-side", "--field-manager=dunlin", "-f", "-"};

    CHECK(cluster.kubectl(apply, object_text("BGPNodeStatus", "by-token", "")).err == "");
    Argv apply_status = apply;
    apply_status.insert(apply_status.begin() + 2, "--subresource=status");
    const std::string status = "status: {routerID: 192.0.2.1}";
    CHECK(cluster.kubectl(apply_status, object_text("BGPNodeStatus", "by-token", status)).err == "");
    const std::string claim =
        object_text("BlockAffinity", "10-6-0-0-26", "spec: {cidr: 10.6.0.0/26, node: by-token}");
    CHECK(cluster.kubectl({config, "create", "-f", "-"}, claim).err == "");
    const Completed taken = cluster.kubectl({config, "create", "-f", "-"}, claim);
    CHECK(taken.err.find("AlreadyExists") != std::string::npos);
    CHECK(cluster.kubectl({config, "delete", "ba", "10-6-0-0-26"}).err == "");
    CHECK(cluster.kubectl({config, "get", "secrets", "-n", "dunlin-system"}).exit_code == 0);
    const Completed refused = cluster.kubectl({config, "get", "secrets", "-n", "kube-system"});
    CHECK(refused.err.find("Forbidden") != std::string::npos);
}

}  // namespace
}  // namespace dunlin::test
