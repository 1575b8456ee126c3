// Capabilities inside an OPEN: octets <-> values. What both sides agree on is not decided here
// (session/negotiate). RFC 5492 4, and of each capability: RFC 2918, 4724, 4760, 6793, 7313, 7911, 8538,
// 8654, 8950, 9234, 9494.
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/base/result.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

enum class CapabilityCode : std::uint8_t {
    multiprotocol = 1,
    route_refresh = 2,
    extended_next_hop = 5,
    extended_message = 6,
    role = 9,
    graceful_restart = 64,
    four_octet_as = 65,
    add_path = 69,
    enhanced_route_refresh = 70,
    long_lived_graceful_restart = 71,
};

// Adds the capabilities of one Capabilities parameter to `out`. A known one of a wrong length is an OPEN
// error.
Result<Done, Notification> decode_capabilities(Bytes parameter, Capabilities& out);

// The capabilities one after the other, without the parameter around them.
void encode_capabilities(const Capabilities& capabilities, std::vector<std::uint8_t>& out);

}  // namespace dunlin::bgp
