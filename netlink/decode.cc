#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "netlink/codec.h"

namespace dunlin::netlink {
namespace {

constexpr std::size_t align(std::size_t n) { return (n + 3) & ~std::size_t{3}; }

// A structure of the kernel from the front of the bytes, host byte order. Netlink pads everything to four
// octets.
template <class T>
std::optional<T> front(Bytes bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T out;
    std::memcpy(&out, bytes.data(), sizeof(T));
    return out;
}
Bytes after(Bytes bytes, std::size_t n) { return bytes.subspan(std::min(align(n), bytes.size())); }

// The payloads of the attributes by type; a type that comes twice keeps the last, one above the array is left
// out.
template <std::size_t kTypes>
class Attributes {
public:
    explicit Attributes(Bytes bytes) {
        for (;;) {
            const auto header = front<nlattr>(bytes);
            if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > bytes.size()) return;
            const std::size_t type = header->nla_type & NLA_TYPE_MASK;
            if (type < kTypes) {
                payloads_[type] = bytes.subspan(sizeof(nlattr), header->nla_len - sizeof(nlattr));
                present_[type] = true;
            }
            bytes = after(bytes, header->nla_len);
        }
    }

    bool has(std::size_t type) const { return present_[type]; }
    Bytes operator[](std::size_t type) const { return payloads_[type]; }
    template <class T>
    std::optional<T> number(std::size_t type) const {
        return front<T>(payloads_[type]);
    }
    // Up to a NUL or the end; printable ASCII only, as it ends in logs.
    std::string text(std::size_t type) const {
        std::string out;
        for (const std::uint8_t octet : payloads_[type]) {
            if (octet == 0) break;
            out.push_back(octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '?');
        }
        return out;
    }

private:
    std::array<Bytes, kTypes> payloads_{};
    std::array<bool, kTypes> present_{};
};
using RouteAttributes = Attributes<RTA_MAX + 1>;

std::optional<Family> family_of(unsigned number) {
    if (number == AF_INET) return Family::ipv4;
    if (number == AF_INET6) return Family::ipv6;
    return std::nullopt;
}

std::optional<IpAddress> address_of(Family family, Bytes octets) {
    const std::size_t size = bits(family) / 8;
    if (octets.size() != size) return std::nullopt;
    return IpAddress::from_bytes(octets);
}

std::optional<IpAddress> gateway_of(Family family, const RouteAttributes& attributes) {
    if (attributes.has(RTA_GATEWAY)) return address_of(family, attributes[RTA_GATEWAY]);
    const Bytes via = attributes[RTA_VIA];
    const auto number = front<std::uint16_t>(via);
    if (!number) return std::nullopt;
    const auto other = family_of(*number);
    return other ? address_of(*other, via.subspan(sizeof(std::uint16_t))) : std::nullopt;
}

std::vector<NextHop> multipath_of(Family family, Bytes bytes) {
    std::vector<NextHop> out;
    while (out.size() < kMaxNextHops) {
        const auto header = front<rtnexthop>(bytes);
        if (!header || header->rtnh_len < sizeof(rtnexthop) || header->rtnh_len > bytes.size()) break;
        const RouteAttributes attributes(
            bytes.subspan(sizeof(rtnexthop), header->rtnh_len - sizeof(rtnexthop)));
        NextHop hop{gateway_of(family, attributes), static_cast<unsigned>(header->rtnh_ifindex),
                    header->rtnh_hops + 1u, (header->rtnh_flags & RTNH_F_ONLINK) != 0};
        if (hop.gateway || hop.interface_index != 0) out.push_back(hop);
        bytes = after(bytes, header->rtnh_len);
    }
    return out;
}

std::vector<NextHop> next_hops_of(Family family, const rtmsg& header, const RouteAttributes& attributes) {
    if (attributes.has(RTA_MULTIPATH)) return multipath_of(family, attributes[RTA_MULTIPATH]);
    NextHop hop;
    hop.gateway = gateway_of(family, attributes);
    hop.interface_index = attributes.number<std::uint32_t>(RTA_OIF).value_or(0);
    hop.onlink = (header.rtm_flags & RTNH_F_ONLINK) != 0;
    if (!hop.gateway && hop.interface_index == 0) return {};
    return {hop};
}

std::optional<KernelRoute> decode_route(Bytes payload, const RouteFilter& filter) {
    const auto header = front<rtmsg>(payload);
    if (!header || (header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
    const auto family = family_of(header->rtm_family);
    // By source or by type of service: other kinds of routing, which we neither use nor learn.
    if (!family || header->rtm_src_len != 0 || header->rtm_tos != 0) return std::nullopt;
    const RouteAttributes attributes(after(payload, sizeof(rtmsg)));
    KernelRoute route;
    route.table = attributes.number<std::uint32_t>(RTA_TABLE).value_or(header->rtm_table);
    if (filter.table && *filter.table != route.table) return std::nullopt;

    auto address = std::optional(IpAddress::any(*family));
    if (attributes.has(RTA_DST)) address = address_of(*family, attributes[RTA_DST]);
    const auto prefix = address ? Prefix::from(*address, header->rtm_dst_len) : std::nullopt;
    if (!prefix) return std::nullopt;
    route.prefix = *prefix;
    route.priority = attributes.number<std::uint32_t>(RTA_PRIORITY).value_or(0);
    route.protocol = header->rtm_protocol;
    route.kind = static_cast<RouteKind>(header->rtm_type);
    route.next_hops = next_hops_of(*family, *header, attributes);
    return normalised(std::move(route));
}

std::optional<Event> link_event(std::uint16_t type, Bytes payload) {
    const auto header = front<ifinfomsg>(payload);
    // A bridge tells of its ports with its own family, also when a port leaves it; the link itself lives on.
    if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0) return std::nullopt;
    const auto index = static_cast<unsigned>(header->ifi_index);
    if (type == RTM_DELLINK) return LinkRemoved{index};
    const Attributes<IFLA_MAX + 1> attributes(after(payload, sizeof(ifinfomsg)));
    if (!attributes.has(IFLA_IFNAME)) return std::nullopt;
    Link link;
    link.index = index;
    link.name = attributes.text(IFLA_IFNAME);
    link.admin_up = (header->ifi_flags & IFF_UP) != 0;
    link.up =
        link.admin_up && (header->ifi_flags & IFF_LOWER_UP) != 0;  // IFF_RUNNING comes up to a second later
    link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
    link.mtu = attributes.number<std::uint32_t>(IFLA_MTU).value_or(0);
    return LinkChanged{std::move(link)};
}

std::optional<Event> address_event(std::uint16_t type, Bytes payload) {
    const auto header = front<ifaddrmsg>(payload);
    const auto family = header ? family_of(header->ifa_family) : std::nullopt;
    if (!family || header->ifa_prefixlen > bits(*family)) return std::nullopt;
    const Attributes<IFA_MAX + 1> attributes(after(payload, sizeof(ifaddrmsg)));
    // On a point-to-point link IFA_ADDRESS is the other end's; ours is IFA_LOCAL.
    const auto address =
        address_of(*family, attributes.has(IFA_LOCAL) ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS]);
    if (!address) return std::nullopt;
    LinkAddress out;
    out.index = header->ifa_index;
    out.address = {*address, header->ifa_prefixlen};
    out.scope = header->ifa_scope;
    out.flags = attributes.number<std::uint32_t>(IFA_FLAGS).value_or(header->ifa_flags);
    if (type == RTM_DELADDR) return AddressRemoved{out};
    return AddressAdded{out};
}

std::string extended_text(Bytes attributes) {
    return Attributes<NLMSGERR_ATTR_MAX + 1>(attributes).text(NLMSGERR_ATTR_MSG);
}

std::optional<Event> reply_event(const nlmsghdr& header, Bytes payload) {
    const auto reply = front<nlmsgerr>(payload);
    if (!reply) return std::nullopt;
    if (reply->error == 0) return Ack{};
    Failure failure{reply->error < 0 && reply->error > -4096 ? -reply->error : EINVAL, {}};
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
        // Without NETLINK_CAP_ACK the whole request stands between the error and its attributes.
        std::size_t at = sizeof(nlmsgerr);
        if ((header.nlmsg_flags & NLM_F_CAPPED) == 0 && reply->msg.nlmsg_len >= sizeof(nlmsghdr)) {
            at += reply->msg.nlmsg_len - sizeof(nlmsghdr);
        }
        failure.text = extended_text(after(payload, at));
    }
    return failure;
}

std::optional<Event> done_event(const nlmsghdr& header, Bytes payload) {
    const int error = front<int>(payload).value_or(0);
    DumpDone done{error < 0 && error > -4096 ? -error : 0, {}};
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0) done.text = extended_text(after(payload, sizeof(int)));
    return done;
}

std::optional<Event> decode_message(const nlmsghdr& header, Bytes payload, const RouteFilter& filter) {
    switch (header.nlmsg_type) {
        case NLMSG_ERROR:
            return reply_event(header, payload);
        case NLMSG_DONE:
            return done_event(header, payload);
        case RTM_NEWROUTE:
        case RTM_DELROUTE: {
            auto route = decode_route(payload, filter);
            if (!route) return std::nullopt;
            if (header.nlmsg_type == RTM_DELROUTE) return RouteRemoved{std::move(*route)};
            return RouteAdded{std::move(*route), (header.nlmsg_flags & NLM_F_REPLACE) != 0};
        }
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return link_event(header.nlmsg_type, payload);
        case RTM_NEWADDR:
        case RTM_DELADDR:
            return address_event(header.nlmsg_type, payload);
        default:
            return std::nullopt;
    }
}

}  // namespace

Decoded decode(Bytes datagram, const RouteFilter& filter, const EventSink& sink) {
    Decoded out;
    while (!datagram.empty()) {
        const auto header = front<nlmsghdr>(datagram);
        if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) {
            out.malformed = true;
            return out;
        }
        out.interrupted = out.interrupted || (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        const Bytes payload = datagram.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
        auto event = decode_message(*header, payload, filter);
        if (event) sink(header->nlmsg_seq, std::move(*event));
        datagram = after(datagram, header->nlmsg_len);
    }
    return out;
}

}  // namespace dunlin::netlink
