#include "bgp/io/listener.h"

#include <net/if.h>
#include <boost/asio/ip/v6_only.hpp>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "bgp/io/tcp_ao.h"
#include "bgp/io/tcp_options.h"

namespace dunlin::bgp::io {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kPause{100};  // when the process has no more descriptors

constexpr std::uint8_t kMaxTtl = 255;

dunlin::Error explain(const ListenAddress& address, int error) {
    const std::string where = address.address.to_string() + " port " + std::to_string(address.port);
    switch (error) {
        case EADDRINUSE:
            return {"cannot listen on " + where +
                    ": another program has it; stop the other BGP speaker or choose another port"};
        case EACCES:
        case EPERM:
            return {"cannot listen on " + where +
                    ": not permitted; run as root or with the capability NET_BIND_SERVICE"};
        case EADDRNOTAVAIL:
            return {"cannot listen on " + where + ": no interface of this machine has the address"};
        default:
            return {"cannot listen on " + where + ": " + std::generic_category().message(error)};
    }
}

}  // namespace

Listener::Listener(asio::io_context& context, const ListenAddress& address, Accepted accepted)
    : address_(address), acceptor_(context), pause_(context), accepted_(std::move(accepted)) {}

Result<Done, dunlin::Error> Listener::open() {
    const Family family = address_.address.family();
    boost::system::error_code error;
    acceptor_.open(protocol_of(family), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error && family == Family::ipv6) acceptor_.set_option(asio::ip::v6_only(true), error);
    const std::uint32_t scope = address_.interface.empty()
                                    ? 0
                                    : static_cast<std::uint32_t>(if_nametoindex(address_.interface.c_str()));
    if (!error) acceptor_.bind(endpoint_of(address_.address, address_.port, scope), error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    // RFC 5082 3: the neighbour drops our SYN+ACK below 255; what is accepted gets its own TTL.
    if (!error && set_ttl(acceptor_.native_handle(), family, kMaxTtl, 0) != 0) {
        error.assign(errno, boost::system::system_category());
    }
    if (error) {
        close();
        return Unexpected{explain(address_, errno_of(error))};
    }
    accept();
    return Done();
}

void Listener::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    accepted_ = nullptr;
}

int Listener::set_keys(const IpAddress& remote, const LiveTransport& keys) {
    if (remote.family() != address_.address.family()) return 0;
    const int socket = acceptor_.native_handle();
    const auto known = keys_.find(remote);
    const LiveTransport old = known == keys_.end() ? LiveTransport() : known->second;
    keys_.erase(remote);
    // The kernel takes no key of one kind beside one of the other: what goes goes first.
    int error = 0;
    if (keys.ao_keys.empty() && !old.ao_keys.empty())
        error = set_ao_keys(socket, SocketKind::listening, remote, {}, old.ao_keys);
    if (error == 0) error = set_md5_key(socket, remote, keys.md5_key);
    if (error == 0 && !keys.ao_keys.empty())
        error = set_ao_keys(socket, SocketKind::listening, remote, keys.ao_keys, old.ao_keys);
    if (error == 0 && keys.has_keys()) keys_.emplace(remote, keys);
    return error;
}

bool Listener::checks(const IpAddress& remote, const LiveTransport& keys) const {
    const auto found = keys_.find(remote);
    return found == keys_.end() ? !keys.has_keys() : found->second.same_keys(keys);
}

std::uint16_t Listener::port() const {
    boost::system::error_code error;
    const auto endpoint = acceptor_.local_endpoint(error);
    return error ? std::uint16_t{0} : endpoint.port();
}

void Listener::accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const boost::system::error_code& error, Tcp::socket socket) {
            if (!self->accepted_) return;
            if (error) {
                // Out of descriptors, or the neighbour is gone already: the next one may fare better, but not
                // at once.
                self->pause_.expires_after(kPause);
                self->pause_.async_wait([self](const boost::system::error_code& cancelled) {
                    if (!cancelled && self->accepted_) self->accept();
                });
                return;
            }
            boost::system::error_code gone;
            const auto remote = socket.remote_endpoint(gone);
            if (!gone) self->accepted_(*self, std::move(socket), address_of(remote));
            if (self->accepted_) self->accept();
        });
}

}  // namespace dunlin::bgp::io
