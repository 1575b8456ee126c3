// Octets for the tests of the wire: hex text, and UPDATEs put together from their fields.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bgp/wire/update.h"

namespace dunlin::bgp {

using Octets = std::vector<std::uint8_t>;

// "40 01 01 00": spaces are for the reader.
inline Octets hex(std::string_view text) {
    Octets out;
    int high = -1;
    for (const char c : text) {
        if (c == ' ') continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    return out;
}

inline Octets operator+(Octets left, const Octets& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// The body of an UPDATE.
inline Octets update_body(const Octets& withdrawn, const Octets& attributes, const Octets& nlri) {
    Octets out;
    ByteWriter writer(out);
    writer.u16(static_cast<std::uint16_t>(withdrawn.size()));
    writer.bytes(withdrawn);
    writer.u16(static_cast<std::uint16_t>(attributes.size()));
    writer.bytes(attributes);
    writer.bytes(nlri);
    return out;
}

inline const Octets kOrigin = hex("40 01 01 00");
inline const Octets kAsPath = hex("40 02 06 02 01 00 00 fd e9");  // 65001
inline const Octets kNextHop = hex("40 03 04 c0 00 02 01");       // 192.0.2.1
inline const Octets kMandatory = kOrigin + kAsPath + kNextHop;
inline const Octets kNlri = hex("18 0a 01 02");  // 10.1.2.0/24

inline Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }
inline IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

// With UPDATE_GOLDEN=1 what the tests decode becomes the corpus that a fuzz target begins with.
inline void keep_as_seed(const char* target, const Octets& octets) {
    if (std::getenv("UPDATE_GOLDEN") == nullptr) return;
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: one file for what is equal
    for (const std::uint8_t octet : octets) hash = (hash ^ octet) * 0x100000001b3;
    char name[17];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(hash));
    const std::filesystem::path folder = std::string(DUNLIN_SOURCE_DIR "/tests/fuzz/corpus/") + target;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
}

// As tests/fuzz/update.cc reads it.
inline void keep_update_as_seed(const Octets& body, const WireContext& c) {
    const unsigned context = (c.as4 ? 1U : 0) | (c.internal ? 2U : 0) | (c.confed_member ? 4U : 0) |
                             (c.ipv4 ? 0 : 8U) | (c.ipv6 ? 0 : 16U) | (c.add_path_v4 ? 32U : 0) |
                             (c.extended_next_hop ? 64U : 0) | (c.accept_as_sets ? 128U : 0);
    keep_as_seed("update", Octets{static_cast<std::uint8_t>(context)} + body);
}

// An UPDATE with these attributes and one IPv4 prefix, read in both stages.
inline AttributeOutcome outcome_of(const Octets& attributes, const WireContext& context = {},
                                   const Octets& nlri = kNlri, const Octets& withdrawn = {}) {
    UpdateParts parts;
    const Octets body = update_body(withdrawn, attributes, nlri);
    keep_update_as_seed(body, context);
    if (const auto done = split_update(body, context, parts); !done) {
        AttributeOutcome out;
        out.verdict = Verdict::session_reset;
        out.reset = done.error();
        return out;
    }
    return decode_attributes(parts, context, parts.mp_family ? NlriKind::multiprotocol : NlriKind::classic);
}

}  // namespace dunlin::bgp
