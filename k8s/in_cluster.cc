#include "k8s/in_cluster.h"

#include <cstdlib>

#include "k8s/files.h"

namespace dunlin::k8s {

Result<ClusterAccess, Error> in_cluster_access(const std::function<std::string(const char*)>& variable,
                                               const std::string& folder) {
    std::string host = variable("KUBERNETES_SERVICE_HOST");
    const std::string port = variable("KUBERNETES_SERVICE_PORT");
    if (host.empty() || port.empty()) {
        return Unexpected{
            Error{"not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not "
                  "set (give --kubeconfig FILE or --resources DIR)"}};
    }
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    ClusterAccess out;
    out.server = "https://" + host + ":" + port;
    out.certificate_authority.file = folder + "/ca.crt";
    out.token.file = folder + "/token";
    for (const std::string& file : {out.certificate_authority.file, out.token.file}) {
        if (const auto text = read_small_file(file); !text) return Unexpected{text.error()};
    }
    if (const auto space = read_small_file(folder + "/namespace"); space && !space->empty()) {
        out.namespace_ = space->substr(0, space->find_first_of(" \r\n"));
    }
    return out;
}

Result<ClusterAccess, Error> in_cluster_access() {
    return in_cluster_access([](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value != nullptr ? value : "");
    });
}

}  // namespace dunlin::k8s
