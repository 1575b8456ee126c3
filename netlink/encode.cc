#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstring>

#include "netlink/codec.h"

namespace dunlin::netlink {
namespace {

// The largest message: kMaxNextHops next hops of 40 octets at most, and what stands before them.
constexpr std::size_t kMessageRoom = 8 * 1024;

struct alignas(nlmsghdr) MessageBuffer {
    std::array<std::uint8_t, kMessageRoom> octets{};
};

std::uint8_t family_number(Family family) { return family == Family::ipv4 ? AF_INET : AF_INET6; }

void put_address(nlmsghdr* message, std::uint16_t type, const IpAddress& address) {
    const Bytes octets = address.bytes();
    mnl_attr_put(message, type, octets.size(), octets.data());
}

// RFC 8950 next hops: an IPv4 route through an IPv6 gateway goes by RTA_VIA.
void put_gateway(nlmsghdr* message, Family route, const IpAddress& gateway) {
    if (gateway.family() == route) {
        put_address(message, RTA_GATEWAY, gateway);
        return;
    }
    const Bytes octets = gateway.bytes();
    std::array<std::uint8_t, sizeof(std::uint16_t) + 16> via{};
    const std::uint16_t family = family_number(gateway.family());
    std::memcpy(via.data(), &family, sizeof(family));
    std::memcpy(via.data() + sizeof(family), octets.data(), octets.size());
    mnl_attr_put(message, RTA_VIA, sizeof(family) + octets.size(), via.data());
}

void put_next_hops(nlmsghdr* message, Family family, const std::vector<NextHop>& hops) {
    nlattr* const nest = mnl_attr_nest_start(message, RTA_MULTIPATH);
    for (std::size_t i = 0; i < hops.size() && i < kMaxNextHops; ++i) {
        const NextHop& hop = hops[i];
        auto* const one = static_cast<rtnexthop*>(mnl_nlmsg_get_payload_tail(message));
        std::memset(one, 0, sizeof(*one));
        message->nlmsg_len += static_cast<std::uint32_t>(sizeof(*one));
        if (hop.gateway) put_gateway(message, family, *hop.gateway);
        one->rtnh_ifindex = static_cast<int>(hop.interface_index);
        one->rtnh_hops = static_cast<unsigned char>(std::clamp(hop.weight, 1u, 256u) - 1);
        one->rtnh_flags = hop.onlink ? RTNH_F_ONLINK : 0;
        const auto* const end = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload_tail(message));
        one->rtnh_len = static_cast<std::uint16_t>(end - reinterpret_cast<const std::uint8_t*>(one));
    }
    mnl_attr_nest_end(message, nest);
}

std::uint8_t scope_of(const KernelRoute& route) {
    if (route.kind == RouteKind::local || route.kind == RouteKind::nat) return RT_SCOPE_HOST;
    if (route.kind != RouteKind::unicast) return RT_SCOPE_UNIVERSE;
    const bool gateway = std::any_of(route.next_hops.begin(), route.next_hops.end(),
                                     [](const NextHop& hop) { return hop.gateway.has_value(); });
    return gateway || route.prefix.family() == Family::ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

void put_destination(nlmsghdr* message, rtmsg& header, const Prefix& prefix, std::uint32_t table) {
    header.rtm_family = family_number(prefix.family());
    header.rtm_dst_len = static_cast<unsigned char>(prefix.length());
    header.rtm_table =
        table < 256 ? static_cast<unsigned char>(table) : static_cast<unsigned char>(RT_TABLE_UNSPEC);
    if (prefix.length() != 0) put_address(message, RTA_DST, prefix.address());
    mnl_attr_put_u32(message, RTA_TABLE, table);
}

void put_forwarding(nlmsghdr* message, rtmsg& header, const KernelRoute& route) {
    header.rtm_type = static_cast<unsigned char>(route.kind);
    header.rtm_scope = scope_of(route);
    if (discards(route.kind)) return;
    if (route.next_hops.size() > 1) {
        put_next_hops(message, route.prefix.family(), route.next_hops);
    } else if (!route.next_hops.empty()) {
        const NextHop& hop = route.next_hops.front();
        if (hop.gateway) put_gateway(message, route.prefix.family(), *hop.gateway);
        if (hop.interface_index != 0) mnl_attr_put_u32(message, RTA_OIF, hop.interface_index);
        if (hop.onlink) header.rtm_flags |= RTNH_F_ONLINK;
    }
}

std::uint16_t type_of(RouteAction action) {
    return action == RouteAction::remove ? RTM_DELROUTE : RTM_NEWROUTE;
}

std::uint16_t flags_of(RouteAction action) {
    switch (action) {
        case RouteAction::add:
            return NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
        case RouteAction::replace:
            return NLM_F_REQUEST | NLM_F_REPLACE;
        case RouteAction::remove:
            break;
    }
    return NLM_F_REQUEST;
}

nlmsghdr* encode_route(MessageBuffer& buffer, std::uint32_t sequence, RouteAction action,
                       const KernelRoute& route) {
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.octets.data());
    message->nlmsg_type = type_of(action);
    message->nlmsg_flags = flags_of(action);
    message->nlmsg_seq = sequence;
    auto& header = *static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
    header.rtm_protocol = route.protocol;
    put_destination(message, header, route.prefix, route.table);
    if (route.priority != 0) mnl_attr_put_u32(message, RTA_PRIORITY, route.priority);
    if (action == RouteAction::remove) {
        header.rtm_scope = RT_SCOPE_NOWHERE;  // any scope, any kind; the protocol still has to be ours
    } else {
        put_forwarding(message, header, route);
    }
    return message;
}

nlmsghdr* dump_header(MessageBuffer& buffer, std::uint16_t type, std::uint32_t sequence) {
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.octets.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = sequence;
    return message;
}

std::vector<std::uint8_t> octets_of(const nlmsghdr* message) {
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(message);
    return {begin, begin + message->nlmsg_len};
}

}  // namespace

bool Batch::add(RouteAction action, const KernelRoute& route) {
    if (count_ == kMaxMessages) return false;
    MessageBuffer buffer;
    const nlmsghdr* const message =
        encode_route(buffer, first_ + static_cast<std::uint32_t>(count_), action, route);
    const std::size_t length = MNL_ALIGN(message->nlmsg_len);
    assert(length <= kMessageRoom);
    if (bytes_.size() + length > kMaxBytes) return false;
    last_at_ = bytes_.size();
    bytes_.insert(bytes_.end(), buffer.octets.data(), buffer.octets.data() + length);
    ++count_;
    return true;
}

Bytes Batch::finish() {
    if (count_ == 0) return {};
    nlmsghdr last{};
    std::memcpy(&last, bytes_.data() + last_at_, sizeof(last));
    last.nlmsg_flags |= NLM_F_ACK;
    std::memcpy(bytes_.data() + last_at_, &last, sizeof(last));
    return bytes_;
}

std::vector<std::uint8_t> route_dump_request(std::uint32_t sequence, Family family, std::uint32_t table,
                                             std::optional<std::uint8_t> protocol) {
    MessageBuffer buffer;
    nlmsghdr* const message = dump_header(buffer, RTM_GETROUTE, sequence);
    auto& header = *static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
    header.rtm_family = family_number(family);
    header.rtm_protocol = protocol.value_or(0);
    mnl_attr_put_u32(message, RTA_TABLE, table);
    return octets_of(message);
}

std::vector<std::uint8_t> link_dump_request(std::uint32_t sequence) {
    MessageBuffer buffer;
    nlmsghdr* const message = dump_header(buffer, RTM_GETLINK, sequence);
    mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg));
    mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return octets_of(message);
}

std::vector<std::uint8_t> address_dump_request(std::uint32_t sequence) {
    MessageBuffer buffer;
    nlmsghdr* const message = dump_header(buffer, RTM_GETADDR, sequence);
    mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg));
    return octets_of(message);
}

std::vector<std::uint8_t> privilege_probe_request(std::uint32_t sequence) {
    MessageBuffer buffer;
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.octets.data());
    message->nlmsg_type = RTM_DELROUTE;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = sequence;
    auto& header = *static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
    header.rtm_family = AF_INET;
    header.rtm_dst_len = 33;  // refused as such, after the check of the right
    return octets_of(message);
}

}  // namespace dunlin::netlink
