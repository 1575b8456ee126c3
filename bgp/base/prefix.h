// An address prefix whose host bits are zero, so that every Prefix is a valid key. Made by parse or from,
// both checked.
#pragma once

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
