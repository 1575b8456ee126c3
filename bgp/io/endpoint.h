// IpAddress <-> the addresses of Asio.
#pragma once

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "bgp/base/ip_address.h"

namespace dunlin::bgp::io {

using Tcp = boost::asio::ip::tcp;

inline Tcp protocol_of(Family family) { return family == Family::ipv4 ? Tcp::v4() : Tcp::v6(); }

// scope: the index of the interface, for link-local IPv6 addresses.
inline Tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port, std::uint32_t scope = 0) {
    if (address.is_v4()) return {boost::asio::ip::address_v4(address.to_v4()), port};
    boost::asio::ip::address_v6::bytes_type octets{};
    const Bytes bytes = address.bytes();
    std::copy(bytes.begin(), bytes.end(), octets.begin());
    return {boost::asio::ip::address_v6(octets, scope), port};
}

inline IpAddress address_of(const Tcp::endpoint& endpoint) {
    const auto address = endpoint.address();
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    return IpAddress::v6(address.to_v6().to_bytes());
}

// The errno of an Asio error; 0 for the end of the stream.
inline int errno_of(const boost::system::error_code& error) {
    return error == boost::asio::error::eof ? 0 : error.value();
}

}  // namespace dunlin::bgp::io
