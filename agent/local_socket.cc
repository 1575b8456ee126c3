#include "agent/local_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

namespace dunlin::agent {
namespace {

using Local = boost::asio::local::stream_protocol;

constexpr mode_t kMode = 0660;

Error wrong(const LocalSocketName& name, const std::string& what, const std::string& advice) {
    return Error{name.what + " " + name.path + ": " + what + "; " + advice + "give another place with " +
                 name.flag};
}

Error failure(const LocalSocketName& name, const std::string& what, int code) {
    std::string text = name.what + " " + name.path + ": " + what + ": " + std::strerror(code);
    if (code == EACCES || code == EPERM || code == EROFS) {
        text += "; run as root, or give another place with " + name.flag;
    }
    return Error{std::move(text)};
}

std::optional<Error> make_room(boost::asio::io_context& io, const LocalSocketName& name) {
    struct stat found {};
    if (lstat(name.path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::nullopt : std::optional(failure(name, "cannot look", errno));
    }
    if (!S_ISSOCK(found.st_mode)) return wrong(name, "there is a file that is no socket", "remove it, or ");
    Local::socket probe(io);
    boost::system::error_code failed;
    probe.connect(Local::endpoint(name.path), failed);
    if (!failed) return wrong(name, "another agent answers there", "stop it, or ");
    if (failed != boost::asio::error::connection_refused) {
        return failure(name, "cannot connect", failed.value());
    }
    if (unlink(name.path.c_str()) != 0) return failure(name, "cannot remove the old one", errno);
    return std::nullopt;
}

std::optional<Error> make_folder(const LocalSocketName& name) {
    const std::filesystem::path folder = std::filesystem::path(name.path).parent_path();
    std::error_code failed;
    if (folder.empty() || std::filesystem::is_directory(folder, failed)) return std::nullopt;
    std::filesystem::create_directories(folder, failed);
    if (failed) return failure(name, "cannot make the folder", failed.value());
    return std::nullopt;
}

std::optional<Error> listen(LocalAcceptor& acceptor, const LocalSocketName& name) {
    boost::system::error_code failed;
    acceptor.open(Local(), failed);
    if (!failed) acceptor.bind(Local::endpoint(name.path), failed);
    if (failed) return failure(name, "cannot bind", failed.value());
    // Before listen: until then nobody can connect.
    if (chmod(name.path.c_str(), kMode) != 0) return failure(name, "cannot set its mode", errno);
    acceptor.listen(16, failed);
    if (failed) return failure(name, "cannot listen", failed.value());
    return std::nullopt;
}

}  // namespace

Result<LocalAcceptor, Error> listen_locally(boost::asio::io_context& io, const LocalSocketName& name) {
    if (name.path.empty() || name.path.size() >= sizeof(sockaddr_un::sun_path)) {
        return Unexpected{Error{name.what + " \"" + name.path + "\": the path has to have 1 to " +
                                std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " octets"}};
    }
    if (auto error = make_folder(name)) return Unexpected{std::move(*error)};
    if (auto error = make_room(io, name)) return Unexpected{std::move(*error)};
    LocalAcceptor acceptor(io);
    if (auto error = listen(acceptor, name)) return Unexpected{std::move(*error)};
    return acceptor;
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
    struct stat found {};
    if (lstat(path_.c_str(), &found) == 0) inode_ = found.st_ino;
}

SocketFile::~SocketFile() {
    struct stat found {};
    if (lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace dunlin::agent
