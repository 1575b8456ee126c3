// Reads a kubeconfig file. Ways to log in that need a program or a browser are refused with what to do
// instead; nothing is skipped in silence, least of all the check of the server's certificate.
#pragma once

#include <string>
#include <string_view>

#include "bgp/base/result.h"
#include "k8s/access.h"

namespace dunlin::k8s {

// `context` empty: the current one. Relative paths in the file are relative to its folder.
Result<ClusterAccess, Error> read_kubeconfig(const std::string& path, const std::string& context = {});
Result<ClusterAccess, Error> parse_kubeconfig(std::string_view text, const std::string& folder,
                                              const std::string& context = {});

}  // namespace dunlin::k8s
