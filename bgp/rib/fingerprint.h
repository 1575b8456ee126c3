// SipHash-2-4 with 128 bits of result (Aumasson and Bernstein 2012): a name for a run of octets that a
// neighbour cannot forge without the seed, so that equal fingerprints can stand for equal octets.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "bgp/base/bytes.h"

namespace dunlin::bgp {

struct Fingerprint {
    std::uint64_t low = 0, high = 0;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

class SipHash {
public:
    SipHash(std::uint64_t seed, std::uint64_t salt)
        : v0_(0x736f6d6570736575 ^ seed),
          v1_(0x646f72616e646f6d ^ salt ^ 0xee),
          v2_(0x6c7967656e657261 ^ seed),
          v3_(0x7465646279746573 ^ salt) {}

    Fingerprint operator()(Bytes octets) {
        std::size_t at = 0;
        for (; at + 8 <= octets.size(); at += 8) mix(word(octets.data() + at, 8));
        mix(word(octets.data() + at, octets.size() - at) | std::uint64_t{octets.size()} << 56);
        v2_ ^= 0xee;
        Fingerprint out;
        out.low = finish();
        v1_ ^= 0xdd;
        out.high = finish();
        return out;
    }

private:
    static std::uint64_t word(const std::uint8_t* at, std::size_t size) {
        std::uint64_t out = 0;
        if (size > 0) std::memcpy(&out, at, size);
        return out;
    }
    void round() {
        v0_ += v1_, v1_ = std::rotl(v1_, 13), v1_ ^= v0_, v0_ = std::rotl(v0_, 32);
        v2_ += v3_, v3_ = std::rotl(v3_, 16), v3_ ^= v2_;
        v0_ += v3_, v3_ = std::rotl(v3_, 21), v3_ ^= v0_;
        v2_ += v1_, v1_ = std::rotl(v1_, 17), v1_ ^= v2_, v2_ = std::rotl(v2_, 32);
    }
    void mix(std::uint64_t m) {
        v3_ ^= m;
        round();
        round();
        v0_ ^= m;
    }
    std::uint64_t finish() {
        for (int i = 0; i < 4; ++i) round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

    std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace dunlin::bgp
