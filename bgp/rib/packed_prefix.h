// Prefixes as small keys: of the table of one family. Octets in network order.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "bgp/base/prefix.h"

namespace dunlin::bgp {

inline std::uint32_t mix_hash(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93;
    return static_cast<std::uint32_t>(value >> 32);
}

template <Family kFamily>
struct PackedPrefix {
    static constexpr std::size_t kWords = kFamily == Family::ipv4 ? 1 : 4;

    std::array<std::uint32_t, kWords> words{};
    std::uint8_t length = 0;

    static PackedPrefix from(const Prefix& prefix) {
        PackedPrefix out;
        std::memcpy(out.words.data(), prefix.address().bytes().data(), sizeof out.words);
        out.length = static_cast<std::uint8_t>(prefix.length());
        return out;
    }
    Prefix prefix() const {
        const auto* octets = reinterpret_cast<const std::uint8_t*>(words.data());
        return *Prefix::from_octets(kFamily, Bytes(octets, sizeof words), length);
    }
    std::uint32_t hash(std::uint64_t seed) const {
        std::uint64_t state = seed ^ length;
        if constexpr (kFamily == Family::ipv4) return mix_hash(state ^ std::uint64_t{words[0]} << 8);
        state = (state ^ (std::uint64_t{words[0]} << 32 | words[1])) * 0xff51afd7ed558ccd;
        state ^= state >> 29;
        if constexpr (kWords == 4) state ^= std::uint64_t{words[2]} << 32 | words[3];
        return mix_hash(state);
    }
    friend bool operator==(const PackedPrefix&, const PackedPrefix&) = default;
};

}  // namespace dunlin::bgp
