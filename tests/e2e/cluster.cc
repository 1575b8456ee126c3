#include "tests/e2e/cluster.h"

#include <doctest/doctest.h>

#include <memory>

namespace dunlin::test {

KubeCluster& shared_cluster() {
    static const std::unique_ptr<KubeCluster> cluster = [] {
        auto made = std::make_unique<KubeCluster>();
        made->install_crds(source_dir() / "crds");
        return made;
    }();
    return *cluster;
}

std::string object_text(const std::string& kind, const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\n" + rest + "\n";
}

bool skipped() {
    const std::optional<std::string> why = KubeCluster::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

}  // namespace dunlin::test
