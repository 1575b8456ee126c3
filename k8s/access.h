// How an API server is reached: what a kubeconfig or the files of a pod say. Values only; files are named
// here and read when a connection or a request is made, since they rotate.
#pragma once

#include <string>

namespace dunlin::k8s {

// The text itself, or the file that has it; the file counts if both are there.
struct TextOrFile {
    std::string text, file;

    bool empty() const { return text.empty() && file.empty(); }
    friend bool operator==(const TextOrFile&, const TextOrFile&) = default;
};

struct ClusterAccess {
    std::string server;                // "https://10.0.0.1:6443", a path may follow
    std::string tls_server_name;       // the name in the server's certificate, if not that of the URL
    TextOrFile certificate_authority;  // empty: those of the system
    TextOrFile client_certificate, client_key;
    TextOrFile token;
    std::string namespace_ = "default";
};

}  // namespace dunlin::k8s
