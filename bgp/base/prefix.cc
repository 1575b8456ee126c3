#include "bgp/base/prefix.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace dunlin {
namespace {

std::optional<unsigned> parse_length(std::string_view text) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    unsigned length = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return length;
}

IpAddress masked(const IpAddress& address, unsigned length) {
    std::array<std::uint8_t, 16> octets{};
    const Bytes from = address.bytes();
    for (unsigned i = 0; i < from.size() && i * 8 < length; ++i) {
        const unsigned kept = length - i * 8;
        octets[i] = kept >= 8 ? from[i] : static_cast<std::uint8_t>(from[i] & (0xff00u >> kept));
    }
    return *IpAddress::from_bytes(Bytes(octets).first(from.size()));
}

}  // namespace

std::optional<Prefix> Prefix::from(const IpAddress& address, unsigned length) {
    if (length > bits(address.family())) return std::nullopt;
    return Prefix(masked(address, length), length);
}

std::optional<Prefix> Prefix::from_any(Family family, Bytes octets, unsigned length) {
    const std::size_t size = (length + 7) / 8;
    if (length > bits(family) || octets.size() < size) return std::nullopt;
    std::array<std::uint8_t, 16> all{};
    std::copy_n(octets.begin(), size, all.begin());
    if (length % 8 != 0) all[size - 1] = static_cast<std::uint8_t>(all[size - 1] & 0xff00u >> length % 8);
    return Prefix(*IpAddress::from_bytes(Bytes(all).first(family == Family::ipv4 ? 4 : 16)), length);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(text.substr(0, slash));
    const auto length = parse_length(text.substr(slash + 1));
    if (!address || !length) return std::nullopt;
    const auto prefix = from(*address, *length);
    if (!prefix || prefix->address() != *address) return std::nullopt;
    return prefix;
}

bool Prefix::contains(const IpAddress& address) const {
    return address.family() == family() && masked(address, length_) == address_;
}

bool Prefix::contains(const Prefix& inner) const {
    return inner.length() >= length_ && contains(inner.address());
}

std::string Prefix::to_string() const { return address_.to_string() + "/" + std::to_string(length_); }

std::optional<InterfaceAddress> InterfaceAddress::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == std::string_view::npos) return InterfaceAddress{*address, bits(address->family())};
    const auto length = parse_length(text.substr(slash + 1));
    if (!length || *length > bits(address->family())) return std::nullopt;
    return InterfaceAddress{*address, *length};
}

}  // namespace dunlin
