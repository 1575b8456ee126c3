// How a pod reaches its API server: two variables of the environment and the files of its ServiceAccount.
// Kubernetes documentation: "Accessing the Kubernetes API from a Pod".
#pragma once

#include <functional>
#include <string>

#include "bgp/base/result.h"
#include "k8s/access.h"

namespace dunlin::k8s {

inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// `variable` is getenv for the program; an empty result is the same as none.
Result<ClusterAccess, Error> in_cluster_access(const std::function<std::string(const char*)>& variable,
                                               const std::string& folder = kServiceAccountFolder);
Result<ClusterAccess, Error> in_cluster_access();

}  // namespace dunlin::k8s
