// Path attributes as one run of octets for the store: equal attributes give equal octets and the other way
// round. It never leaves the process. Not the wire format (bgp/wire).
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

void pack(const PathAttributes& attributes, std::vector<std::uint8_t>& out);  // appends
PathAttributes unpack(Bytes packed);  // what pack made; more behind it is ignored
IpAddress unpack_next_hop(Bytes packed);

}  // namespace dunlin::bgp
