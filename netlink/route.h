// Routes, links and addresses of the kernel as plain values, as rtnetlink(7) has them. No sockets, no
// messages. `normalised` gives the one form in which a wanted route and the kernel's own telling of it are
// equal.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/prefix.h"

namespace dunlin::netlink {

inline constexpr std::uint32_t kMainTable = 254;
inline constexpr std::uint32_t kIpv6DefaultPriority = 1024;  // what the kernel makes of 0 for IPv6
inline constexpr std::size_t kMaxNextHops = 128;  // more than that the codec neither sends nor reads

// Numbers of RTN_*.
enum class RouteKind : std::uint8_t {
    unspecified = 0,
    unicast = 1,
    local = 2,
    broadcast = 3,
    anycast = 4,
    multicast = 5,
    blackhole = 6,
    unreachable = 7,
    prohibit = 8,
    throw_next_table = 9,
    nat = 10
};

// Kinds that drop or refuse: they have no next hop, whatever device the kernel names for them.
constexpr bool discards(RouteKind kind) {
    return kind == RouteKind::blackhole || kind == RouteKind::unreachable || kind == RouteKind::prohibit ||
           kind == RouteKind::throw_next_table;
}

struct NextHop {
    std::optional<IpAddress> gateway;  // may be of the other family (RTA_VIA); none: on the link itself
    unsigned interface_index = 0;      // 0 in a wanted route: whichever the kernel finds for the gateway
    unsigned weight = 1;               // 1..256
    bool onlink = false;               // the gateway is taken to be on the link, in no subnet of it

    friend auto operator<=>(const NextHop&, const NextHop&) = default;
};

// What tells one route of the kernel from another.
struct RouteKey {
    Prefix prefix;
    std::uint32_t table = kMainTable;
    std::uint32_t priority = 0;  // the metric: lower is better

    friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
};

struct KernelRoute {
    Prefix prefix;
    std::uint32_t table = kMainTable;
    std::uint32_t priority = 0;
    std::uint8_t protocol = 0;  // RTPROT_*: who made it
    RouteKind kind = RouteKind::unicast;
    std::vector<NextHop> next_hops;

    RouteKey key() const { return {prefix, table, priority}; }
    friend bool operator==(const KernelRoute&, const KernelRoute&) = default;
};

struct Link {
    unsigned index = 0;
    std::string name;
    bool up = false;        // may carry packets: administratively up and with a carrier
    bool admin_up = false;  // IFF_UP alone
    bool loopback = false;
    unsigned mtu = 0;

    friend bool operator==(const Link&, const Link&) = default;
};

struct LinkAddress {
    unsigned index = 0;  // of the link
    InterfaceAddress address;
    std::uint8_t scope = 0;   // RT_SCOPE_*: 0 global, 253 link, 254 host
    std::uint32_t flags = 0;  // IFA_F_*

    bool global() const { return scope == 0; }
    bool usable() const;  // not tentative, not a failed duplicate

    friend auto operator<=>(const LinkAddress&, const LinkAddress&) = default;
};
inline bool LinkAddress::usable() const {
    constexpr std::uint32_t kDuplicate = 0x08, kTentative = 0x40;  // IFA_F_DADFAILED, IFA_F_TENTATIVE
    return (flags & (kDuplicate | kTentative)) == 0;
}

inline RouteKey normalised(RouteKey key) {
    if (key.prefix.family() == Family::ipv6 && key.priority == 0) key.priority = kIpv6DefaultPriority;
    return key;
}

// Order and weight of next hops as the kernel would not keep them; a weight says nothing of a single one.
inline void normalise(RouteKind kind, std::vector<NextHop>& hops) {
    if (discards(kind)) {
        hops.clear();
        return;
    }
    std::sort(hops.begin(), hops.end());
    const auto same = [](const NextHop& a, const NextHop& b) {
        return a.gateway == b.gateway && a.interface_index == b.interface_index;
    };
    hops.erase(std::unique(hops.begin(), hops.end(), same), hops.end());
    if (hops.size() == 1) hops.front().weight = 1;
}

inline KernelRoute normalised(KernelRoute route) {
    route.priority = normalised(route.key()).priority;
    normalise(route.kind, route.next_hops);
    return route;
}

}  // namespace dunlin::netlink
