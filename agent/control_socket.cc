#include "agent/control_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "agent/one_shot_server.h"

namespace dunlin::agent {
namespace {

using Local = boost::asio::local::stream_protocol;

// A user may see and change sessions with it: not for everyone.
constexpr mode_t kMode = 0660;

Error failure(const std::string& path, const std::string& what, int code) {
    std::string text = "control socket " + path + ": " + what + ": " + std::strerror(code);
    if (code == EACCES || code == EPERM || code == EROFS) {
        text += "; run as root, or give another place with --control-socket";
    }
    return Error{std::move(text)};
}

// Removes what a dead agent left behind; nothing else.
std::optional<Error> make_room(boost::asio::io_context& io, const std::string& path) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0) {
        return errno == ENOENT ? std::nullopt : std::optional(failure(path, "cannot look", errno));
    }
    if (!S_ISSOCK(found.st_mode)) {
        return Error{"control socket " + path +
                     ": there is a file that is no socket; remove it, or give another " +
                     "place with --control-socket"};
    }
    Local::socket probe(io);
    boost::system::error_code failed;
    probe.connect(Local::endpoint(path), failed);
    if (!failed) {
        return Error{"control socket " + path +
                     ": another agent answers there; stop it, or give another place with " +
                     "--control-socket"};
    }
    if (failed != boost::asio::error::connection_refused)
        return failure(path, "cannot connect", failed.value());
    if (unlink(path.c_str()) != 0) return failure(path, "cannot remove the old one", errno);
    return std::nullopt;
}

std::optional<Error> make_folder(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code failed;
    if (folder.empty() || std::filesystem::is_directory(folder, failed)) return std::nullopt;
    std::filesystem::create_directories(folder, failed);
    if (failed) return failure(path, "cannot make the folder", failed.value());
    return std::nullopt;
}

std::optional<Error> listen(Local::acceptor& acceptor, const std::string& path) {
    boost::system::error_code failed;
    acceptor.open(Local(), failed);
    if (!failed) acceptor.bind(Local::endpoint(path), failed);
    if (failed) return failure(path, "cannot bind", failed.value());
    // Before listen: until then nobody can connect.
    if (chmod(path.c_str(), kMode) != 0) return failure(path, "cannot set its mode", errno);
    acceptor.listen(16, failed);
    if (failed) return failure(path, "cannot listen", failed.value());
    return std::nullopt;
}

std::string respond(const ControlSocket::Answer& answer, std::string_view line) {
    const auto request = parse_request(line);
    return encode_reply(request ? answer(*request) : Reply{false, request.error().message + "\n"});
}

}  // namespace

struct ControlSocket::Server {
    Server(Local::acceptor acceptor, std::string where, Answer answer)
        : path(std::move(where)),
          server(std::move(acceptor), "\n", ServerLimits{.connections = 16, .request = kMaxRequest},
                 [answer = std::move(answer)](std::string_view line) { return respond(answer, line); }) {
        struct stat found {};
        if (lstat(path.c_str(), &found) == 0) inode = found.st_ino;
    }
    ~Server() {
        struct stat found {};
        // Another agent may have put its own there.
        if (lstat(path.c_str(), &found) == 0 && found.st_ino == inode) unlink(path.c_str());
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string path;
    ino_t inode = 0;
    OneShotServer<Local> server;
};

ControlSocket::ControlSocket(std::unique_ptr<Server> server) : server_(std::move(server)) {}
ControlSocket::~ControlSocket() = default;

Result<std::unique_ptr<ControlSocket>, Error> ControlSocket::open(boost::asio::io_context& io,
                                                                  const std::string& path, Answer answer) {
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
        return Unexpected{Error{"control socket \"" + path + "\": the path has to have 1 to " +
                                std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " octets"}};
    }
    if (auto error = make_folder(path)) return Unexpected{std::move(*error)};
    if (auto error = make_room(io, path)) return Unexpected{std::move(*error)};
    Local::acceptor acceptor(io);
    if (auto error = listen(acceptor, path)) return Unexpected{std::move(*error)};
    auto server = std::make_unique<Server>(std::move(acceptor), path, std::move(answer));
    return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(server)));
}

}  // namespace dunlin::agent
