// An address prefix whose host bits are zero, so that every Prefix is a valid key. Made by parse or from,
// both checked.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/ip_address.h"

namespace dunlin {

class Prefix {
public:
    constexpr Prefix() = default;  // 0.0.0.0/0

    // The prefix of `length` bits that holds `address`; host bits are cut off. Nothing when the length is too
    // large.
    static std::optional<Prefix> from(const IpAddress& address, unsigned length);
    // The same of the octets that hold those bits, as they stand on a wire; what follows them does not
    // matter. Nothing when there are too few. The usual case is inline, for a full table is a million of
    // these.
    static std::optional<Prefix> from_octets(Family family, Bytes octets, unsigned length) {
        if (family != Family::ipv4 || octets.size() < 4 || length > 32)
            return from_any(family, octets, length);
        const std::uint32_t value = std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 |
                                    std::uint32_t{octets[2]} << 8 | octets[3];
        const auto mask = static_cast<std::uint32_t>(0xffffffff00000000u >> length);
        return Prefix(IpAddress::v4(value & mask), length);
    }
    // "10.0.0.0/8": the length is required and host bits must be zero.
    static std::optional<Prefix> parse(std::string_view text);
    // /32 or /128.
    static Prefix host(const IpAddress& address) { return Prefix(address, bits(address.family())); }

    const IpAddress& address() const { return address_; }
    unsigned length() const { return length_; }
    Family family() const { return address_.family(); }
    bool is_host() const { return length_ == bits(family()); }
    bool contains(const IpAddress& address) const;
    bool contains(const Prefix& inner) const;  // itself too
    std::string to_string() const;

    friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;

private:
    static std::optional<Prefix> from_any(Family family, Bytes octets, unsigned length);
    constexpr Prefix(const IpAddress& address, unsigned length)
        : address_(address), length_(static_cast<std::uint8_t>(length)) {}

    IpAddress address_;
    std::uint8_t length_ = 0;
};

// An address together with the prefix length of its subnet ("10.0.0.9/24" of an interface or an annotation).
struct InterfaceAddress {
    IpAddress address;
    unsigned prefix_length = 0;

    // With a length, or without (then that of a host).
    static std::optional<InterfaceAddress> parse(std::string_view text);
    Prefix subnet() const { return *Prefix::from(address, prefix_length); }
    std::string to_string() const { return address.to_string() + "/" + std::to_string(prefix_length); }
    friend auto operator<=>(const InterfaceAddress&, const InterfaceAddress&) = default;
};

}  // namespace dunlin

template <>
struct std::hash<dunlin::Prefix> {
    std::size_t operator()(const dunlin::Prefix& prefix) const noexcept {
        return std::hash<dunlin::IpAddress>()(prefix.address()) * 31 + prefix.length();
    }
};
