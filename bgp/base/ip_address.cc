#include "bgp/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace dunlin {

std::optional<IpAddress> IpAddress::from_bytes(Bytes octets) {
    if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
    IpAddress out;
    out.family_ = octets.size() == 4 ? Family::ipv4 : Family::ipv6;
    std::copy(octets.begin(), octets.end(), out.octets_.begin());
    return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string copy(text);
    IpAddress out;
    out.family_ = copy.find(':') == std::string::npos ? Family::ipv4 : Family::ipv6;
    if (inet_pton(out.is_v4() ? AF_INET : AF_INET6, copy.c_str(), out.octets_.data()) != 1)
        return std::nullopt;
    return out;
}

bool IpAddress::is_loopback() const {
    if (is_v4()) return octets_[0] == 127;
    return std::all_of(octets_.begin(), octets_.end() - 1, [](auto octet) { return octet == 0; }) &&
           octets_[15] == 1;
}

bool IpAddress::is_multicast() const { return is_v4() ? octets_[0] >> 4 == 0xe : octets_[0] == 0xff; }

bool IpAddress::is_link_local() const {
    if (is_v4()) return octets_[0] == 169 && octets_[1] == 254;
    return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
    return text;
}

std::string dotted(std::uint32_t host_order) { return IpAddress::v4(host_order).to_string(); }

}  // namespace dunlin
