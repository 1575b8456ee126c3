// Hears what changes in the kernel: links, addresses, routes of one table. Reads in slices of bounded work
// and hands over what it read as one batch. It judges nothing: lost messages are reported as such, and what
// then is to be done is for others.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bgp/base/result.h"
#include "netlink/codec.h"
#include "netlink/socket.h"

namespace dunlin::netlink {

class Monitor {
public:
    struct Callbacks {
        std::function<void(std::vector<Event>&&)> on_events;
        std::function<void()> on_lost;  // the receive buffer was full: any number of events is missing
        std::function<void(int error)> on_broken;  // the socket can no longer be read
    };

    Monitor(boost::asio::io_context& io, RouteFilter filter, int receive_buffer)
        : io_(io), filter_(filter), receive_buffer_(receive_buffer) {}
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;
    ~Monitor();

    // Listens from now on, paused: what comes waits in the socket. Also to start over with a fresh socket.
    Result<Done, Error> open(const Callbacks& callbacks);
    void pause() { paused_ = true; }
    void resume();

private:
    void wait();
    void read();
    void post_read();

    boost::asio::io_context& io_;
    RouteFilter filter_;
    int receive_buffer_;
    Callbacks callbacks_;
    std::optional<Socket> socket_;
    // Waits on the descriptor, which stays the socket's.
    std::optional<boost::asio::posix::stream_descriptor> readable_;
    bool paused_ = true, waiting_ = false;
    // Renewed by open(): what was posted before is of no interest, nor after the end.
    std::shared_ptr<const bool> alive_;
};

}  // namespace dunlin::netlink
