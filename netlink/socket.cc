#include "netlink/socket.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dunlin::netlink {
namespace {

constexpr std::chrono::milliseconds kReplyLimit{5000};

template <class T>
int set_option(int fd, int level, int name, const T& value) {
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : errno;
}

Error no_socket(int error) { return {"cannot open an rtnetlink socket: " + describe(error)}; }

}  // namespace

std::string describe(int error, const std::string& text) {
    if (error == 0) return text;
    const std::string plain = std::strerror(error);
    return text.empty() ? plain : plain + ": " + text;
}

// Socket

Result<Socket, Error> Socket::open(const Options& options) {
    const int kind = SOCK_RAW | SOCK_CLOEXEC | (options.time_limit.count() == 0 ? SOCK_NONBLOCK : 0);
    const int fd = ::socket(AF_NETLINK, kind, NETLINK_ROUTE);
    if (fd < 0) return Unexpected{no_socket(errno)};
    Socket socket(fd);
    if (const int error = socket.set_up(options)) return Unexpected{no_socket(error)};
    return socket;
}

int Socket::set_up(const Options& options) const {
    const int on = 1;
    if (set_option(fd_, SOL_SOCKET, SO_RCVBUFFORCE, options.receive_buffer) != 0) {
        set_option(fd_, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
    }
    // Texts and short replies are a comfort; the strict check is what makes the filter of a dump hold, and a
    // kernel without it (before 4.20) sends all tables, which decoding filters.
    set_option(fd_, SOL_NETLINK, NETLINK_EXT_ACK, on);
    set_option(fd_, SOL_NETLINK, NETLINK_CAP_ACK, on);
    set_option(fd_, SOL_NETLINK, NETLINK_GET_STRICT_CHK, on);
    if (options.time_limit.count() != 0) {
        timeval limit{};
        limit.tv_sec = options.time_limit.count() / 1000;
        limit.tv_usec = (options.time_limit.count() % 1000) * 1000;
        if (const int error = set_option(fd_, SOL_SOCKET, SO_RCVTIMEO, limit)) return error;
    }
    sockaddr_nl own{};
    own.nl_family = AF_NETLINK;
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0) return errno;
    for (const unsigned group : options.groups) {
        if (const int error = set_option(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) return error;
    }
    return 0;
}

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)), many_(std::move(other.many_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(buffer_, other.buffer_);
    std::swap(many_, other.many_);
    return *this;
}

Socket::~Socket() {
    if (fd_ >= 0) close(fd_);
}

int Socket::send(Bytes message) const {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent = -1;
    do {
        sent = sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                      sizeof(kernel));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno;
    return static_cast<std::size_t>(sent) == message.size() ? 0 : EMSGSIZE;
}

Socket::Received Socket::receive() {
    for (;;) {
        sockaddr_nl from{};
        iovec into{buffer_.data(), buffer_.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof(from);
        message.msg_iov = &into;
        message.msg_iovlen = 1;
        const ssize_t size = recvmsg(fd_, &message, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return {errno == EWOULDBLOCK ? EAGAIN : errno, {}};
        if (message.msg_namelen != sizeof(from) || from.nl_pid != 0) continue;
        if ((message.msg_flags & MSG_TRUNC) != 0) return {ENOBUFS, {}};
        return {0, Bytes(buffer_).first(static_cast<std::size_t>(size))};
    }
}

// The kernel tells of each route by a datagram of its own.
int Socket::receive_many(const std::function<void(Bytes)>& take) {
    if (many_ == nullptr) many_ = std::make_unique_for_overwrite<std::uint8_t[]>(kMany * kReceiveSize);
    std::array<sockaddr_nl, kMany> from{};
    std::array<iovec, kMany> into{};
    std::array<mmsghdr, kMany> messages{};
    for (std::size_t i = 0; i < kMany; ++i) {
        into[i] = {many_.get() + i * kReceiveSize, kReceiveSize};
        messages[i].msg_hdr.msg_name = &from[i];
        messages[i].msg_hdr.msg_namelen = sizeof(from[i]);
        messages[i].msg_hdr.msg_iov = &into[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int got = -1;
    do {
        got = recvmmsg(fd_, messages.data(), kMany, MSG_DONTWAIT, nullptr);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EWOULDBLOCK ? EAGAIN : errno;
    int error = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
        if (messages[i].msg_hdr.msg_namelen != sizeof(from[i]) || from[i].nl_pid != 0) continue;
        if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0)
            error = ENOBUFS;
        else
            take(Bytes(many_.get() + i * kReceiveSize, messages[i].msg_len));
    }
    return error;
}

// RequestSocket

Result<RequestSocket, Error> RequestSocket::open() {
    auto socket = Socket::open({{}, 1024 * 1024, kReplyLimit});
    if (!socket) return Unexpected{socket.error()};
    return RequestSocket(std::move(*socket));
}

void RequestSocket::reopen() {
    dumping_ = false;
    auto fresh = Socket::open({{}, 1024 * 1024, kReplyLimit});
    // Without a fresh one (no descriptors left) the old one serves: old replies are known by their numbers.
    if (fresh) socket_ = std::move(*fresh);
}

Result<Done, Error> RequestSocket::check_privilege() {
    const std::uint32_t sequence = next_sequence();
    const int failed = socket_.send(privilege_probe_request(sequence));
    int error = failed;
    while (error == 0) {
        const auto got = socket_.receive();
        if (got.error != 0) {
            error = got.error;
            break;
        }
        decode(got.bytes, {}, [&](std::uint32_t number, Event&& event) {
            const auto* const failure = std::get_if<Failure>(&event);
            if (number == sequence && failure != nullptr) error = failure->error;
        });
    }
    if (error == EPERM || error == EACCES) {
        return Unexpected{Error{"may not change the kernel's routes: needs CAP_NET_ADMIN"}};
    }
    if (failed != 0 || error == EAGAIN || error == ENOBUFS) {
        return Unexpected{Error{"no answer from the kernel on rtnetlink: " + describe(error)}};
    }
    return Done{};
}

RequestSocket::Outcome RequestSocket::execute(Batch& batch) {
    Outcome outcome;
    if (batch.empty()) return outcome;
    const std::uint32_t first = batch.first_sequence(), last = batch.last_sequence();
    sequence_ = last;
    outcome.lost = socket_.send(batch.finish());
    bool answered = false;
    while (outcome.lost == 0 && !answered) {
        const auto got = socket_.receive();
        if (got.error != 0) {
            outcome.lost = got.error;
            break;
        }
        decode(got.bytes, {}, [&](std::uint32_t sequence, Event&& event) {
            if (sequence - first >= batch.size()) return;  // of an earlier request
            answered = answered || sequence == last;
            if (auto* const failure = std::get_if<Failure>(&event)) {
                outcome.refusals.push_back({sequence - first, failure->error, std::move(failure->text)});
            }
        });
    }
    if (outcome.lost != 0) reopen();
    return outcome;
}

Result<Done, Error> RequestSocket::begin_dump(Bytes request, std::uint32_t sequence) {
    if (dumping_) reopen();
    dump_sequence_ = sequence;
    dump_interrupted_ = false;
    if (const int error = socket_.send(request)) {
        return Unexpected{Error{"cannot ask the kernel for a dump: " + describe(error)}};
    }
    dumping_ = true;
    return Done{};
}

RequestSocket::DumpState RequestSocket::continue_dump(std::size_t datagrams, const RouteFilter& filter,
                                                      const EventSink& sink) {
    for (std::size_t i = 0; i < datagrams && dumping_; ++i) {
        const auto got = socket_.receive();
        if (got.error != 0) {
            dump_error_ = describe(got.error);
            reopen();
            return DumpState::failed;
        }
        std::optional<DumpDone> done;
        const auto decoded = decode(got.bytes, filter, [&](std::uint32_t sequence, Event&& event) {
            if (sequence != dump_sequence_) return;
            if (const auto* const end = std::get_if<DumpDone>(&event)) {
                done = *end;
            } else if (const auto* const failure = std::get_if<Failure>(&event)) {
                done = DumpDone{failure->error, failure->text};
            } else {
                sink(sequence, std::move(event));
            }
        });
        dump_interrupted_ = dump_interrupted_ || decoded.interrupted || decoded.malformed;
        if (done) return end_dump(*done, dump_interrupted_);
    }
    return dumping_ ? DumpState::more : DumpState::failed;
}

RequestSocket::DumpState RequestSocket::end_dump(const DumpDone& done, bool interrupted) {
    dumping_ = false;
    const bool absent = done.error == ENOENT || done.error == EAFNOSUPPORT || done.error == EOPNOTSUPP;
    if (done.error != 0 && !absent) {
        dump_error_ = describe(done.error, done.text);
        return DumpState::failed;
    }
    return interrupted ? DumpState::interrupted : DumpState::done;
}

}  // namespace dunlin::netlink
