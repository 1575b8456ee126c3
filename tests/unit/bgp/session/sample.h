// The two sides that the tests of this folder use: we are AS 65001, 10.0.0.1; the neighbour is AS 65002,
// 10.0.0.2.
#pragma once

#include <chrono>

#include "bgp/session/config.h"
#include "bgp/session/negotiate.h"

namespace dunlin::bgp::test {

inline constexpr Time kStart = Time(std::chrono::hours(1));

inline SessionConfig config_of(std::uint32_t local_as, std::uint32_t router_id, std::uint32_t peer_as) {
    SessionConfig out;
    out.transport.peer_address = IpAddress::v4(0xc0000202);
    out.offer.local_as = Asn(local_as);
    out.offer.peer_as = Asn(peer_as);
    out.offer.router_id = RouterId(router_id);
    out.offer.families = {Family::ipv4, Family::ipv6};
    return out;
}
inline SessionConfig ours() { return config_of(65001, 0x0a000001, 65002); }
inline SessionConfig theirs() { return config_of(65002, 0x0a000002, 65001); }
inline Open their_open() { return our_open(theirs(), {}); }

}  // namespace dunlin::bgp::test
