// The harness itself: what the other cases take for granted about it.
#include <doctest/doctest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/netns.h"

namespace dunlin::test {
namespace {

TEST_CASE("a cluster of its own survives a stop, a kill and a restart of its API server with what is in it") {
    if (skipped()) return;
    KubeCluster cluster;
    cluster.check_kubectl({"create", "namespace", "kept"});

    cluster.stop_apiserver();
    CHECK_FALSE(cluster.kubectl({"get", "--raw", "/readyz", "--request-timeout=2s"}).ok());
    cluster.start_apiserver();
    CHECK(cluster.kubectl({"get", "namespace", "kept"}).ok());

    cluster.kill_apiserver();
    cluster.start_apiserver();
    CHECK(cluster.kubectl({"get", "namespace", "kept"}).ok());
}

TEST_CASE(
    "a service account's kubeconfig authenticates as that service account and may do nothing at first") {
    if (skipped()) return;
    KubeCluster& cluster = shared_cluster();
    cluster.check_kubectl({"create", "serviceaccount", "plain", "-n", "default"});
    const std::string config = cluster.service_account_kubeconfig("default", "plain");

    CHECK(cluster.kubectl({"--kubeconfig=" + config, "auth", "whoami"})
              .out.find("system:serviceaccount:default:plain") != std::string::npos);
    const Completed refused = cluster.kubectl({"--kubeconfig=" + config, "get", "nodes"});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("Forbidden") != std::string::npos);
}

TEST_CASE("a cluster in a network namespace is reached from another one, by its kubeconfig") {
    if (skipped()) return;
    if (!NetNs::available()) {
        MESSAGE("SKIPPED: no network namespaces");
        return;
    }
    NetNs::clear_stale();
    const NetNs control("control"), node("node");
    control.add_bridge({"br0", {"10.99.0.1/24"}});
    control.plug("br0", "node", node, {"eth0", {"10.99.0.2/24"}});
    KubeCluster::Options options;
    options.netns = &control;
    options.address = "10.99.0.1";
    const KubeCluster cluster(options);

    CHECK(cluster.kubectl({"get", "namespace", "default"}).ok());
    CHECK(node.exec({(*KubeCluster::program_dir() / "kubectl").string(),
                     "--kubeconfig=" + cluster.admin_kubeconfig(), "get", "namespace", "default"})
              .ok());
}

}  // namespace
}  // namespace dunlin::test
