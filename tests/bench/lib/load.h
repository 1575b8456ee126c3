// The load of a benchmark: many BGP neighbours played by one thread on one epoll, from addresses of a
// namespace. They speak just enough to be believed: OPEN, KEEPALIVE, prepared UPDATEs out, prefixes counted
// in. IPv4 only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/base/strong.h"
#include "tests/support/netns.h"

namespace dunlin::bench {

using Octets = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

struct NeighbourSettings {
    IpAddress address;  // ours, and our router id
    Asn as;
    // With one below a minute it sends KEEPALIVEs, and the device has to.
    std::chrono::seconds hold{240};
    bool counts_prefixes = true;  // false: UPDATEs are read and forgotten
};

// A bit for each /26 (a shorter prefix is known by its first): which prefixes a neighbour has at the moment.
// The kernel gives memory for the parts that are used.
class PrefixSet {
public:
    PrefixSet();
    bool insert(std::uint32_t address) { return change(address, true); }
    bool erase(std::uint32_t address) { return change(address, false); }
    std::size_t size() const { return size_; }
    void clear();

private:
    bool change(std::uint32_t address, bool wanted);

    struct Free {
        void operator()(std::uint64_t* words) const;
    };
    std::unique_ptr<std::uint64_t, Free> words_;
    std::size_t size_ = 0;
};

class Neighbour {
public:
    Neighbour(int epoll, const NeighbourSettings& settings, const IpAddress& device);
    ~Neighbour();
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;

    bool established() const { return established_; }
    // Sent after what was given before; must outlive the sending.
    void send(std::span<const std::uint8_t> octets);
    std::size_t unsent() const { return output_.size(); }
    const PrefixSet& prefixes() const { return prefixes_; }
    std::uint64_t announcements() const { return announcements_; }  // prefixes, doubles counted
    std::uint64_t withdrawals() const { return withdrawals_; }
    void stop_reading();
    void close();  // as a neighbour that dies: the device sees the end of the connection

    // For Load.
    void dial();
    bool has_socket() const { return fd_ >= 0; }
    bool greeted() const { return greeted_; }  // the device has said something
    void ready(std::uint32_t events);
    void keep_alive(Clock::time_point now);  // throws std::runtime_error when the device was silent too long

private:
    void read();
    void write();
    void lost();
    void watch();
    std::size_t take_messages(std::span<const std::uint8_t> input);
    void take_update(std::span<const std::uint8_t> body);

    int epoll_;
    NeighbourSettings settings_;
    IpAddress device_;
    int fd_ = -1;
    bool greeted_ = false, established_ = false, writable_watched_ = false, reading_ = true;
    Clock::time_point heard_, said_;
    Octets hello_, keepalive_;
    std::span<const std::uint8_t> output_;
    std::vector<std::span<const std::uint8_t>> queue_;
    Octets input_;
    std::size_t filled_ = 0;
    PrefixSet prefixes_;
    std::uint64_t announcements_ = 0, withdrawals_ = 0;
};

class Load {
public:
    // Sockets are made in the calling thread's namespace at the time of a call to run().
    explicit Load(const IpAddress& device);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    Neighbour& add(const NeighbourSettings& settings);
    // Turns until `done`; throws std::runtime_error when that takes longer than the limit.
    void run(const char* what, std::chrono::seconds limit, const std::function<bool()>& done);
    // Dials until all that are there are established, a few at a time: BIRD's socket has a queue of eight.
    void establish(std::chrono::seconds limit);
    const std::vector<std::unique_ptr<Neighbour>>& neighbours() const { return neighbours_; }

private:
    int epoll_;
    IpAddress device_;
    std::vector<std::unique_ptr<Neighbour>> neighbours_;
};

// A neighbour that is dialled: waits for one connection and its first octets.
class Listener {
public:
    explicit Listener(const IpAddress& address);  // port 179
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    void wait_for_octets(std::chrono::milliseconds limit) const;  // throws std::runtime_error

private:
    int fd_;
};

}  // namespace dunlin::bench
