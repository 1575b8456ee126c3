// An IPv4 or IPv6 address as a value: 16 octets and a family. An IPv4 address stands in the first four
// octets, the rest is zero, so that the defaulted comparison is right. Text is that of RFC 5952 (canonical).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/bytes.h"

namespace dunlin {

enum class Family : std::uint8_t { ipv4, ipv6 };

constexpr unsigned bits(Family family) { return family == Family::ipv4 ? 32 : 128; }
constexpr std::string_view name(Family family) { return family == Family::ipv4 ? "ipv4" : "ipv6"; }

class IpAddress {
public:
    constexpr IpAddress() = default;  // 0.0.0.0

    static constexpr IpAddress v4(std::uint32_t host_order) {
        IpAddress out;
        for (std::size_t i = 0; i < 4; ++i)
            out.octets_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
        return out;
    }
    static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& octets) {
        IpAddress out;
        out.family_ = Family::ipv6;
        out.octets_ = octets;
        return out;
    }
    static constexpr IpAddress any(Family family) { return family == Family::ipv4 ? v4(0) : v6({}); }

    // From network order: 4 or 16 octets, nothing else.
    static std::optional<IpAddress> from_bytes(Bytes octets);
    // "192.0.2.1", "2001:db8::1"; no scope, no port, no prefix length.
    static std::optional<IpAddress> parse(std::string_view text);

    constexpr Family family() const { return family_; }
    constexpr bool is_v4() const { return family_ == Family::ipv4; }
    constexpr std::uint32_t to_v4() const {
        return std::uint32_t{octets_[0]} << 24 | std::uint32_t{octets_[1]} << 16 |
               std::uint32_t{octets_[2]} << 8 | octets_[3];
    }
    Bytes bytes() const { return Bytes(octets_).first(is_v4() ? 4 : 16); }
    bool is_unspecified() const { return *this == any(family_); }
    bool is_loopback() const;
    bool is_multicast() const;
    bool is_link_local() const;  // fe80::/10; 169.254.0.0/16
    std::string to_string() const;

    friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

private:
    Family family_ = Family::ipv4;
    std::array<std::uint8_t, 16> octets_{};
};

// "a.b.c.d" of a number in host order: router ids, cluster ids.
std::string dotted(std::uint32_t host_order);

}  // namespace dunlin

template <>
struct std::hash<dunlin::IpAddress> {
    // Inline: a full table is a million of these.
    std::size_t operator()(const dunlin::IpAddress& address) const noexcept {
        std::uint64_t words[2] = {0, 0};
        const dunlin::Bytes octets = address.bytes();
        std::memcpy(words, octets.data(), octets.size());
        std::uint64_t h = (words[0] ^ (words[1] * 0x9e3779b97f4a7c15ull)) + octets.size();
        h = (h ^ h >> 32) * 0xd6e8feb86659fd93ull;
        return static_cast<std::size_t>(h ^ h >> 32);
    }
};
