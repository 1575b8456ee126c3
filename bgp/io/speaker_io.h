// Drives the speaker: does what its actions say with sockets and timers, and gives it the octets, the events
// and the time. It decides nothing about BGP. One thread; everything runs from the io_context.
// RFC 4486 4 (connections of strangers), RFC 2385, RFC 5082.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bgp/base/result.h"
#include "bgp/speaker.h"

namespace boost::asio {
class io_context;
}

namespace dunlin::bgp::io {

struct ListenAddress {
    IpAddress address;  // the unspecified one of a family: all
    std::uint16_t port = kBgpPort;
    std::string interface;  // of a link-local address
    friend auto operator<=>(const ListenAddress&, const ListenAddress&) = default;
};

struct IoCounters {
    std::uint64_t accepted = 0;
    std::uint64_t strangers = 0;           // connections from addresses that are no neighbour's
    std::uint64_t strangers_answered = 0;  // with Cease/Connection Rejected; at most ten a second
    std::uint64_t refused = 0;             // a neighbour's that may not be taken now
};

// What others want to hear. All are optional, and called from the io_context.
struct IoHooks {
    // Each action of a neighbour, before it is done: for the log.
    std::function<void(PeerId, const PeerAction&)> action;
    // For the log, too.
    std::function<void(const MalformedUpdate&)> malformed;
    // After every batch of work: routes or sessions may have changed.
    std::function<void()> progress;
    // Something that a person should know ("TCP MD5 for 192.0.2.1: not permitted").
    std::function<void(const std::string&)> problem;
};

class SpeakerIo {
public:
    SpeakerIo(boost::asio::io_context& context, Speaker& speaker, IoHooks hooks = {});
    ~SpeakerIo();
    SpeakerIo(const SpeakerIo&) = delete;
    SpeakerIo& operator=(const SpeakerIo&) = delete;

    // All addresses to listen on: those that are not among them are closed. Of several errors the first is
    // returned; the others are listened on all the same.
    Result<Done, Error> listen(const std::vector<ListenAddress>& addresses);
    // To be called after anything was done to the speaker from outside (configure, announce, withdraw,
    // reset).
    void wake();
    // Ends all sockets without a word, so that graceful restart carries the routes (RFC 4724).
    void close_all();
    // The port of a listening socket that was opened with port 0; 0: there is none.
    std::uint16_t port_of(const ListenAddress& address) const;
    const IoCounters& counters() const;

private:
    class Driver;
    std::shared_ptr<Driver> driver_;
};

}  // namespace dunlin::bgp::io
