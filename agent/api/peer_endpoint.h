// The text of peerIP: "192.0.2.1", "192.0.2.1:1790", "2001:db8::1", "[2001:db8::1]:1790", "fe80::1%eth0".
#pragma once

#include <string_view>

#include "agent/api/bgp_peer.h"

namespace dunlin::agent {

// The error says what is wrong with the text, and quotes it.
Result<PeerEndpoint, Error> parse_peer_endpoint(std::string_view text);

}  // namespace dunlin::agent
