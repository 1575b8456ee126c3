// Type codes and flags of path attributes (RFC 4271 4.3 and the registry), and the walk over their headers.
#pragma once

#include <cstdint>

#include "bgp/base/bytes.h"

namespace dunlin::bgp {

enum class AttributeType : std::uint8_t {
    origin = 1,
    as_path = 2,
    next_hop = 3,
    multi_exit_disc = 4,
    local_pref = 5,
    atomic_aggregate = 6,
    aggregator = 7,
    communities = 8,
    originator_id = 9,
    cluster_list = 10,
    mp_reach_nlri = 14,
    mp_unreach_nlri = 15,
    extended_communities = 16,
    as4_path = 17,
    as4_aggregator = 18,
    ipv6_extended_communities = 25,
    large_communities = 32,
    only_to_customer = 35,
};

inline constexpr std::uint8_t kOptional = 0x80;
inline constexpr std::uint8_t kTransitive = 0x40;
inline constexpr std::uint8_t kPartial = 0x20;
inline constexpr std::uint8_t kExtendedLength = 0x10;

struct RawAttribute {
    std::uint8_t flags = 0;
    std::uint8_t type = 0;
    Bytes value;
    Bytes whole;  // with flags, type and length: the data of an error (RFC 4271 6.3)
};

// The next attribute; in.ok() is false when its header or value goes beyond the end.
inline RawAttribute next_attribute(ByteReader& in) {
    const Bytes start = in.rest();
    RawAttribute out;
    out.flags = in.u8();
    out.type = in.u8();
    const std::size_t length = (out.flags & kExtendedLength) != 0 ? in.u16() : in.u8();
    out.value = in.take(length);
    out.whole = start.first(start.size() - in.size());
    return out;
}

}  // namespace dunlin::bgp
