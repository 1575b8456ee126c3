#include "bgp/io/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dunlin::bgp::io {
namespace {

static_assert(kMaxMd5Key == TCP_MD5SIG_MAXKEYLEN);

int set(int socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof value) == 0 ? 0 : errno;
}

}  // namespace

sockaddr_storage socket_address(const IpAddress& address) {
    sockaddr_storage out{};
    if (address.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
        std::memcpy(&out, &v4, sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
        std::memcpy(&out, &v6, sizeof v6);
    }
    return out;
}

int set_md5_key(int socket, const IpAddress& peer, const std::string& key) {
    if (key.size() > kMaxMd5Key) return EINVAL;
    tcp_md5sig option{};
    const sockaddr_storage address = socket_address(peer);
    static_assert(sizeof option.tcpm_addr == sizeof address);
    std::memcpy(&option.tcpm_addr, &address, sizeof address);
    option.tcpm_keylen = static_cast<std::uint16_t>(key.size());
    std::copy(key.begin(), key.end(), option.tcpm_key);
    if (setsockopt(socket, IPPROTO_TCP, TCP_MD5SIG, &option, sizeof option) == 0) return 0;
    // There was none to take away, or this kernel has no TCP MD5: both leave a socket without a key.
    if (key.empty() && (errno == ENOENT || errno == ENOPROTOOPT)) return 0;
    return errno;
}

int set_ttl(int socket, Family family, std::uint8_t ttl, std::uint8_t min_ttl) {
    if (family == Family::ipv4) {
        if (const int error = set(socket, IPPROTO_IP, IP_TTL, ttl); error != 0) return error;
        return set(socket, IPPROTO_IP, IP_MINTTL, min_ttl);
    }
    if (const int error = set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl); error != 0) return error;
    constexpr int kIpv6MinHopCount = 73;  // of <linux/in6.h>, which does not go with <netinet/in.h>
    return set(socket, IPPROTO_IPV6, kIpv6MinHopCount, min_ttl);
}

int apply_live(int socket, const IpAddress& peer, const LiveTransport& live) {
    if (const int error = set_md5_key(socket, peer, live.md5_key); error != 0) return error;
    return set_ttl(socket, peer.family(), live.ttl, live.min_ttl);
}

unsigned retransmissions(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_retransmits : 0;
}

int set_no_delay(int socket) { return set(socket, IPPROTO_TCP, TCP_NODELAY, 1); }

}  // namespace dunlin::bgp::io
