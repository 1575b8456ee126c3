#include "tests/bench/lib/load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "bgp/wire/messages.h"

namespace dunlin::bench {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::size_t kWords = (std::size_t{1} << 26) / 64;

sockaddr_in socket_address(const IpAddress& address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(address.to_v4());
    return out;
}

unsigned two_octets(std::span<const std::uint8_t> at) { return static_cast<unsigned>(at[0] << 8 | at[1]); }

template <class Take>
void for_each_prefix(std::span<const std::uint8_t> field, Take take) {
    while (!field.empty()) {
        const std::size_t octets = (field[0] + 7u) / 8;
        if (octets > 4 || field.size() < 1 + octets)
            throw std::runtime_error("bench: bad prefix in an UPDATE");
        std::uint32_t address = 0;
        for (std::size_t i = 0; i < octets; ++i) address |= std::uint32_t{field[1 + i]} << (24 - 8 * i);
        take(address);
        field = field.subspan(1 + octets);
    }
}

}  // namespace

PrefixSet::PrefixSet()
    : words_(static_cast<std::uint64_t*>(mmap(nullptr, kWords * 8, PROT_READ | PROT_WRITE,
                                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    if (words_.get() == MAP_FAILED) throw std::runtime_error("bench: no memory");
}
void PrefixSet::Free::operator()(std::uint64_t* words) const { munmap(words, kWords * 8); }
void PrefixSet::clear() {
    madvise(words_.get(), kWords * 8, MADV_DONTNEED);
    size_ = 0;
}
bool PrefixSet::change(std::uint32_t address, bool wanted) {
    const std::uint32_t bit = address >> 6;
    std::uint64_t& word = words_.get()[bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << bit % 64;
    if (((word & mask) != 0) == wanted) return false;
    word ^= mask;
    size_ += wanted ? 1 : static_cast<std::size_t>(-1);
    return true;
}

Neighbour::Neighbour(int epoll, const NeighbourSettings& settings, const IpAddress& device)
    : epoll_(epoll),
      settings_(settings),
      device_(device),
      keepalive_(bgp::encode_keepalive()),
      input_(kBuffer) {
    bgp::Open open;
    open.asn = settings.as;
    open.hold_time = settings.hold;
    open.identifier = RouterId(settings.address.to_v4());
    open.capabilities.families = {bgp::unicast(Family::ipv4)};
    open.capabilities.four_octet_as = settings.as;
    open.capabilities.route_refresh = true;
    hello_ = bgp::encode_open(open);
}
Neighbour::~Neighbour() { close(); }

void Neighbour::dial() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_in from = socket_address(settings_.address, 0);
    const sockaddr_in to = socket_address(device_, bgp::kBgpPort);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
        throw std::runtime_error("bench: bind to " + settings_.address.to_string() + ": " +
                                 std::strerror(errno));
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
        throw std::runtime_error(std::string("bench: connect: ") + std::strerror(errno));
    filled_ = 0;
    queue_.clear();
    output_ = hello_;
    writable_watched_ = true;
    epoll_event event{EPOLLIN | EPOLLOUT, {.ptr = this}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
}

void Neighbour::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    greeted_ = established_ = false;
    prefixes_.clear();
}

void Neighbour::lost() {
    if (established_) throw std::runtime_error("bench: the device closed " + settings_.address.to_string());
    close();  // it was not ready yet: Load dials again
}

void Neighbour::send(std::span<const std::uint8_t> octets) {
    if (output_.empty()) {
        output_ = octets;
    } else {
        queue_.push_back(octets);
    }
    watch();
}

void Neighbour::watch() {
    const bool wanted = !output_.empty();
    if (wanted == writable_watched_ || fd_ < 0) return;
    writable_watched_ = wanted;
    epoll_event event{0, {.ptr = this}};
    if (reading_) event.events |= EPOLLIN;
    if (wanted) event.events |= EPOLLOUT;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void Neighbour::ready(std::uint32_t events) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return lost();
    if ((events & EPOLLIN) != 0) read();
    if (fd_ >= 0 && (events & EPOLLOUT) != 0) write();
}

void Neighbour::stop_reading() {
    reading_ = false;
    writable_watched_ = !writable_watched_;  // so that the change is told
    watch();
}

void Neighbour::keep_alive(Clock::time_point now) {
    if (!established_ || settings_.hold >= std::chrono::minutes(1)) return;
    if (reading_ && now - heard_ > settings_.hold)
        throw std::runtime_error("bench: the device let the hold time of " + settings_.address.to_string() +
                                 " expire");
    if (now - said_ < settings_.hold / 3 || !output_.empty()) return;
    said_ = now;
    send(keepalive_);
}

void Neighbour::write() {
    const std::size_t most = std::min(output_.size(), kBuffer);
    const ssize_t sent = ::send(fd_, output_.data(), most, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) lost();
        return;
    }
    output_ = output_.subspan(static_cast<std::size_t>(sent));
    if (output_.empty() && !queue_.empty()) {
        output_ = queue_.front();
        queue_.erase(queue_.begin());
    }
    watch();
}

void Neighbour::read() {
    const ssize_t got = recv(fd_, input_.data() + filled_, input_.size() - filled_, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lost();
    heard_ = Clock::now();
    filled_ += static_cast<std::size_t>(got);
    const std::size_t taken = take_messages(std::span(input_).first(filled_));
    std::memmove(input_.data(), input_.data() + taken, filled_ - taken);
    filled_ -= taken;
}

std::size_t Neighbour::take_messages(std::span<const std::uint8_t> input) {
    std::size_t taken = 0;
    while (input.size() - taken >= bgp::kHeaderLength) {
        const auto message = input.subspan(taken);
        const std::size_t length = two_octets(message.subspan(16));
        if (length < bgp::kHeaderLength) throw std::runtime_error("bench: bad message length");
        if (message.size() < length) break;
        greeted_ = true;
        const auto body = message.subspan(bgp::kHeaderLength, length - bgp::kHeaderLength);
        switch (static_cast<bgp::MessageType>(message[18])) {
            case bgp::MessageType::open:
                send(keepalive_);
                break;
            case bgp::MessageType::update:
                take_update(body);
                break;
            case bgp::MessageType::keepalive:
                established_ = true;
                break;
            case bgp::MessageType::notification:
                throw std::runtime_error("bench: the device says " +
                                         bgp::describe(bgp::decode_notification(Bytes(body))));
            case bgp::MessageType::route_refresh:
                break;
        }
        taken += length;
    }
    return taken;
}

void Neighbour::take_update(std::span<const std::uint8_t> body) {
    if (!settings_.counts_prefixes) return;
    const std::size_t withdrawn = two_octets(body);
    const std::size_t attributes = two_octets(body.subspan(2 + withdrawn));
    for_each_prefix(body.subspan(2, withdrawn), [&](std::uint32_t address) {
        ++withdrawals_;
        prefixes_.erase(address);
    });
    for_each_prefix(body.subspan(4 + withdrawn + attributes), [&](std::uint32_t address) {
        ++announcements_;
        prefixes_.insert(address);
    });
}

Listener::Listener(const IpAddress& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in own = socket_address(address, bgp::kBgpPort);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 || listen(fd_, 1) != 0)
        throw std::runtime_error(std::string("bench: listen: ") + std::strerror(errno));
}
Listener::~Listener() { ::close(fd_); }

void Listener::wait_for_octets(std::chrono::milliseconds limit) const {
    const auto readable = [&](int fd) {
        pollfd poll{fd, POLLIN, 0};
        if (::poll(&poll, 1, static_cast<int>(limit.count())) != 1)
            throw std::runtime_error("bench: the device does not dial");
    };
    readable(fd_);
    const int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    readable(connection);
    ::close(connection);
}

Load::Load(const IpAddress& device) : epoll_(epoll_create1(EPOLL_CLOEXEC)), device_(device) {}
Load::~Load() { ::close(epoll_); }

Neighbour& Load::add(const NeighbourSettings& settings) {
    neighbours_.push_back(std::make_unique<Neighbour>(epoll_, settings, device_));
    return *neighbours_.back();
}

void Load::run(const char* what, std::chrono::seconds limit, const std::function<bool()>& done) {
    const auto deadline = Clock::now() + limit;
    std::vector<epoll_event> events(64);
    while (!done()) {
        const auto now = Clock::now();
        for (const auto& each : neighbours_) each->keep_alive(now);
        if (now > deadline) throw std::runtime_error(std::string("bench: gave up waiting for ") + what);
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            static_cast<Neighbour*>(event.data.ptr)->ready(event.events);
        }
    }
}

void Load::establish(std::chrono::seconds limit) {
    constexpr int kDialling = 8;
    run("sessions", limit, [&] {
        int dialling = 0;
        bool all = true;
        for (const auto& each : neighbours_) {
            all = all && each->established();
            if (each->has_socket() && !each->greeted()) ++dialling;
        }
        for (const auto& each : neighbours_) {
            if (each->has_socket() || dialling >= kDialling) continue;
            each->dial();
            ++dialling;
        }
        return all;
    });
}

}  // namespace dunlin::bench
