// OPEN, NOTIFICATION, KEEPALIVE and ROUTE-REFRESH: octets <-> values. Decoders are given what the framer
// found; encoders make the whole message. UPDATE is in update.h and encode.h. RFC 4271 4.2 to 4.5 and 6.2,
// RFC 2918 3, RFC 5492, RFC 6286 2.1, RFC 6793 4.1, RFC 7313, RFC 7607, RFC 9072.
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/base/result.h"
#include "bgp/wire/framer.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// Checks what can be checked without the configuration: version, AS 0, identifier 0, hold time 1 and 2,
// parameters.
Result<Open, Notification> decode_open(Bytes body);
std::vector<std::uint8_t> encode_open(const Open& open);

Notification decode_notification(Bytes body);
// Data that does not fit a message of max_length is cut: a NOTIFICATION must always go out.
std::vector<std::uint8_t> encode_notification(const Notification& notification,
                                              std::size_t max_length = kMaxMessage);

std::vector<std::uint8_t> encode_keepalive();

// `enhanced`: the neighbour offered RFC 7313; without it the subtype is a reserved octet and reads as 0. A
// subtype above 2 is given as it came, and is to be ignored (RFC 7313 5).
Result<RouteRefresh, Notification> decode_route_refresh(const Frame& frame, bool enhanced);
std::vector<std::uint8_t> encode_route_refresh(const RouteRefresh& refresh);

}  // namespace dunlin::bgp
