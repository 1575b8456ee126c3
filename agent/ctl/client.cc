#include "agent/ctl/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dunlin::agent {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

Error no_agent(const std::string& path, int code) {
    const std::string text = "cannot reach the agent at " + path + ": " + std::strerror(code);
    if (code == EACCES || code == EPERM) return Error{text + "; run as root or in the group of the socket"};
    return Error{text + "; start dunlind, or name its socket with -s"};
}
Error broken(const std::string& path, const std::string& what) {
    return Error{"the agent at " + path + " " + what + "; its log may say why"};
}

// True when it is ready before the time is over.
bool wait(int fd, short what, Time until) {
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return false;
        pollfd one{fd, what, 0};
        const int ready = poll(&one, 1, static_cast<int>(std::min<long>(left, 1'000'000)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

int connect_to(int fd, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    path.copy(address.sun_path, path.size());
    return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

bool send_all(int fd, std::string_view bytes, Time until) {
    while (!bytes.empty()) {
        if (!wait(fd, POLLOUT, until)) return false;
        const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

// Until the agent closes. Nothing: time is over, or it is too long.
std::optional<std::string> receive_all(int fd, Time until) {
    std::string out;
    char chunk[65536];
    while (out.size() < kMaxReply) {
        if (!wait(fd, POLLIN, until)) return std::nullopt;
        const ssize_t count = recv(fd, chunk, sizeof chunk, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return out;  // a reply that was cut off is found out by its length
        out.append(chunk, static_cast<std::size_t>(count));
    }
    return std::nullopt;
}

}  // namespace

Result<Reply, Error> ask_agent(const std::string& path, const std::string& line, Duration patience) {
    const Time until = Clock::now() + patience;
    if (line.size() + 1 > kMaxRequest) return Unexpected{Error{"that is too long for a request"}};
    const Descriptor socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket_fd.get() < 0) return Unexpected{no_agent(path, errno)};
    if (const int code = connect_to(socket_fd.get(), path); code != 0)
        return Unexpected{no_agent(path, code)};
    if (!send_all(socket_fd.get(), line + "\n", until)) return Unexpected{broken(path, "takes no request")};
    const auto bytes = receive_all(socket_fd.get(), until);
    if (!bytes) return Unexpected{broken(path, "does not answer in time")};
    auto reply = decode_reply(*bytes);
    if (!reply) return Unexpected{broken(path, "broke off its answer")};
    return *std::move(reply);
}

}  // namespace dunlin::agent
