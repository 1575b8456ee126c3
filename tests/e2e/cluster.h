// The one control plane that the cases of this program share, with the definitions of crds/ in it. Cases that
// stop or restart servers, or need them in a network namespace, make their own KubeCluster.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/kube.h"

namespace dunlin::test {

inline const std::filesystem::path& source_dir() {
    static const std::filesystem::path dir = DUNLIN_SOURCE_DIR;
    return dir;
}

// Started by the first case that asks. Only if KubeCluster::unavailable() is nothing.
KubeCluster& shared_cluster();
// An object of dunlin.io/v1; `rest` is "spec: {...}", "status: {...}" or nothing.
std::string object_text(const std::string& kind, const std::string& name, const std::string& rest);
// Says so in the output of the test if there can be no cluster: `if (skipped()) return;`.
bool skipped();

}  // namespace dunlin::test
