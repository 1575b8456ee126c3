#include "k8s/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace dunlin::k8s {

Result<std::string, Error> read_small_file(const std::string& path) {
    constexpr std::size_t most = 4u << 20;
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(most + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        return Unexpected{Error{path + ": " + (errno != 0 ? std::strerror(errno) : "cannot be read")}};
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) return Unexpected{Error{path + ": too large"}};
    text.shrink_to_fit();
    return text;
}

}  // namespace dunlin::k8s
