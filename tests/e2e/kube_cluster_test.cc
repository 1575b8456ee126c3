// The harness itself: what the other cases take for granted about it.
#include <doctest/doctest.h>

#include "tests/e2e/cluster.h"

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

}  // namespace
}  // namespace dunlin::test
