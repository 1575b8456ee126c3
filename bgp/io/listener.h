// One listening socket. It hands on what it accepts; which neighbour that is, and whether it may, is asked
// elsewhere.
#pragma once

#include "bgp/io/endpoint.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bgp/base/result.h"
#include "bgp/io/speaker_io.h"

namespace dunlin::bgp::io {

class Listener : public std::enable_shared_from_this<Listener> {
public:
    using Accepted = std::function<void(Listener& listener, Tcp::socket socket, const IpAddress& remote)>;

    Listener(boost::asio::io_context& context, const ListenAddress& address, Accepted accepted);

    // The error says what a person has to do about it.
    Result<Done, Error> open();
    void close();

    // TCP MD5 or TCP-AO for connections from this neighbour; 0 or an errno. Of another family: nothing to do.
    int set_keys(const IpAddress& remote, const LiveTransport& keys);
    // Whether a connection from there was checked with these keys.
    bool checks(const IpAddress& remote, const LiveTransport& keys) const;
    std::uint16_t port() const;

private:
    void accept();

    ListenAddress address_;
    Tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    Accepted accepted_;
    std::map<IpAddress, LiveTransport> keys_;  // that the kernel has
};

}  // namespace dunlin::bgp::io
