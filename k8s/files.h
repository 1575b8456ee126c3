// Reading a small file as a whole: tokens, certificates, kubeconfigs. They are opened anew each time, since
// what rotates is a link to another file.
#pragma once

#include <cstddef>
#include <string>

#include "bgp/base/result.h"

namespace dunlin::k8s {

// The error names the file. More than `most` octets are refused.
Result<std::string, Error> read_small_file(const std::string& path, std::size_t most = std::size_t{4} << 20);

}  // namespace dunlin::k8s
