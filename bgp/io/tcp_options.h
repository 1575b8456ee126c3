// The socket options that BGP needs and Asio has no names for, on native sockets. They decide nothing.
// RFC 2385 (TCP MD5), RFC 5082 (GTSM).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "bgp/base/ip_address.h"
#include "bgp/session/config.h"

namespace dunlin::bgp::io {

sockaddr_storage socket_address(const IpAddress& address);  // port 0

// All return 0 or the errno.

// The key for segments from and to `peer`; empty takes it away. A listening socket may have one for each
// neighbour. At most 80 octets (EINVAL).
[[nodiscard]] int set_md5_key(int socket, const IpAddress& peer, const std::string& key);
// What is sent, and below which a received segment is dropped (0: none is).
[[nodiscard]] int set_ttl(int socket, Family family, std::uint8_t ttl, std::uint8_t min_ttl);
// All of a neighbour's settings that can be set on a live socket.
[[nodiscard]] int apply_live(int socket, const IpAddress& peer, const LiveTransport& live);
[[nodiscard]] int set_no_delay(int socket);

// How often TCP has sent the oldest unanswered segment again; 0: none, or nothing is known.
unsigned retransmissions(int socket);

inline constexpr std::size_t kMaxMd5Key = 80;

}  // namespace dunlin::bgp::io
