// TCP-AO (RFC 5925) by the socket options of Linux, from 6.7 on where the kernel was built with it. Debian 12
// has no header for them, so they stand here.
#pragma once

#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/session/config.h"

namespace dunlin::bgp::io {

// Asked of the kernel, with a socket.
bool kernel_has_tcp_ao();

enum class SocketKind : bool { listening, connection };

// Makes the socket's keys for `peer` those in `wanted`, of which the first is sent with and asked for;
// `known` are those that it has. New ones come first and old ones go last, so that a running session always
// has one. 0 or an errno.
[[nodiscard]] int set_ao_keys(int socket, SocketKind kind, const IpAddress& peer,
                              const std::vector<AoKey>& wanted, const std::vector<AoKey>& known);

}  // namespace dunlin::bgp::io
