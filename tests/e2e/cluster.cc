#include "tests/e2e/cluster.h"

#include <doctest/doctest.h>

namespace dunlin::test {

KubeCluster& shared_cluster() {
    static const std::unique_ptr<KubeCluster> cluster = [] {
        auto made = std::make_unique<KubeCluster>();
        made->install_crds(source_dir() / "crds");
        return made;
    }();
    return *cluster;
}

bool skipped() {
    const std::optional<std::string> why = KubeCluster::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

}  // namespace dunlin::test
