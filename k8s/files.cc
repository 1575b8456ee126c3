#include "k8s/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace dunlin::k8s {

Result<std::string, Error> read_small_file(const std::string& path, std::size_t most) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text;
    for (char chunk[65536]; in && text.size() <= most;) {
        in.read(chunk, sizeof chunk);
        text.append(chunk, static_cast<std::size_t>(in.gcount()));
    }
    if (!in.is_open() || in.bad()) {
        return Unexpected{Error{path + ": " + (errno != 0 ? std::strerror(errno) : "cannot be read")}};
    }
    if (text.size() > most) return Unexpected{Error{path + ": too large"}};
    return text;
}

}  // namespace dunlin::k8s
