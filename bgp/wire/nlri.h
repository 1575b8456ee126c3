// Prefixes in an UPDATE: length in bits, then as many octets as hold them, with a path id before them where
// add-path is in use. RFC 4271 4.3, RFC 4760 5, RFC 7911 3. Inline: a full table is a million of these.
#pragma once

#include <cstring>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// Appends the prefixes of `field` to `out`. False when one is too long or is cut off.
inline bool decode_nlri(Bytes field, Family family, bool add_path, std::vector<Nlri>& out) {
    const std::uint8_t* at = field.data();
    const std::uint8_t* const end = at + field.size();
    const std::ptrdiff_t head = add_path ? 5 : 1;
    while (at != end) {
        if (end - at < head) return false;
        std::uint32_t id = 0;
        if (add_path) {
            id = std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
        }
        at += head;
        const unsigned length = at[-1];
        const auto prefix = Prefix::from_octets(family, Bytes(at, end), length);
        if (!prefix) return false;
        at += (length + 7) / 8;
        out.push_back({*prefix, PathId(id)});
    }
    return true;
}

// The most octets that one prefix takes.
constexpr std::size_t max_nlri_size(Family family, bool add_path) {
    return (family == Family::ipv4 ? 5 : 17) + (add_path ? 4 : 0);
}

// Writes one prefix at `at`, where max_nlri_size octets are free, and returns the end.
inline std::uint8_t* encode_nlri(const Nlri& nlri, bool add_path, std::uint8_t* at) {
    if (add_path) {
        const std::uint32_t id = nlri.path_id.value();
        for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(id >> shift);
    }
    const unsigned length = nlri.prefix.length();
    *at++ = static_cast<std::uint8_t>(length);
    const Bytes octets = nlri.prefix.address().bytes();
    std::memcpy(at, octets.data(), octets.size());
    return at + (length + 7) / 8;
}

}  // namespace dunlin::bgp
