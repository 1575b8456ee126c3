#include "bgp/rib/attribute_codec.h"

#include <cstring>
#include <type_traits>

namespace dunlin::bgp {
namespace {

enum Present : std::uint8_t {
    kMed = 1,
    kLocalPref = 2,
    kAtomic = 4,
    kAggregator = 8,
    kOriginator = 16,
    kOtc = 32,
    kLinkLocal = 64,
    kNextHopV6 = 128,
};

std::uint8_t present(const PathAttributes& a) {
    return static_cast<std::uint8_t>((a.med ? kMed : 0) | (a.local_pref ? kLocalPref : 0) |
                                     (a.atomic_aggregate ? kAtomic : 0) | (a.aggregator ? kAggregator : 0) |
                                     (a.originator_id ? kOriginator : 0) | (a.only_to_customer ? kOtc : 0) |
                                     (a.link_local_next_hop ? kLinkLocal : 0) |
                                     (a.next_hop.is_v4() ? 0 : kNextHopV6));
}

// Lists are counted with one octet, or five when they are long.
void count(std::size_t n, ByteWriter& out) {
    if (n < 0xff) {
        out.u8(static_cast<std::uint8_t>(n));
    } else {
        out.u8(0xff);
        out.u32(static_cast<std::uint32_t>(n));
    }
}
std::size_t count(ByteReader& in) {
    const std::uint8_t first = in.u8();
    return first < 0xff ? first : in.u32();
}

template <class T>
void list(const std::vector<T>& values, ByteWriter& out) {
    static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
    count(values.size(), out);
    out.bytes({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)});
}
template <class T>
void list(ByteReader& in, std::vector<T>& values) {
    const Bytes octets = in.take(count(in) * sizeof(T));
    values.resize(octets.size() / sizeof(T));
    if (!octets.empty()) std::memcpy(static_cast<void*>(values.data()), octets.data(), octets.size());
}

void path(const AsPath& as_path, ByteWriter& out) {
    count(as_path.segments().size(), out);
    for (const AsSegment& segment : as_path.segments()) {
        out.u8(static_cast<std::uint8_t>(segment.type));
        list(segment.asns, out);
    }
}
AsPath path(ByteReader& in) {
    std::vector<AsSegment> segments(count(in));
    for (AsSegment& segment : segments) {
        segment.type = static_cast<SegmentType>(in.u8());
        list(in, segment.asns);
    }
    return AsPath(std::move(segments));
}

void skip_path(ByteReader& in) {
    for (std::size_t left = count(in); left > 0; --left) {
        in.u8();
        in.take(count(in) * sizeof(Asn));
    }
}
IpAddress next_hop(ByteReader& in, std::uint8_t has) {
    return *IpAddress::from_bytes(in.take((has & kNextHopV6) != 0 ? 16 : 4));
}

void unknown(const std::vector<UnknownAttribute>& attributes, ByteWriter& out) {
    count(attributes.size(), out);
    for (const UnknownAttribute& each : attributes) {
        out.u8(each.flags);
        out.u8(each.type);
        list(each.value, out);
    }
}
void unknown(ByteReader& in, std::vector<UnknownAttribute>& attributes) {
    attributes.resize(count(in));
    for (UnknownAttribute& each : attributes) {
        each.flags = in.u8();
        each.type = in.u8();
        list(in, each.value);
    }
}

}  // namespace

void pack(const PathAttributes& a, std::vector<std::uint8_t>& buffer) {
    ByteWriter out(buffer);
    out.u8(present(a));
    out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(a.origin) | unsigned{a.partial} << 4));
    path(a.as_path, out);
    out.bytes(a.next_hop.bytes());
    if (a.link_local_next_hop) out.bytes(a.link_local_next_hop->bytes());
    if (a.med) out.u32(*a.med);
    if (a.local_pref) out.u32(*a.local_pref);
    if (a.aggregator) {
        out.u32(a.aggregator->asn.value());
        out.u32(a.aggregator->address.value());
    }
    if (a.originator_id) out.u32(a.originator_id->value());
    if (a.only_to_customer) out.u32(a.only_to_customer->value());
    list(a.communities, out);
    list(a.extended_communities, out);
    list(a.large_communities, out);
    list(a.cluster_list, out);
    unknown(a.unknown, out);
}

IpAddress unpack_next_hop(Bytes packed) {
    ByteReader in(packed);
    const std::uint8_t has = in.u8();
    in.u8();
    skip_path(in);
    return next_hop(in, has);
}

PathAttributes unpack(Bytes packed) {
    ByteReader in(packed);
    PathAttributes a;
    const std::uint8_t has = in.u8();
    const std::uint8_t origin = in.u8();
    a.origin = static_cast<Origin>(origin & 15);
    a.partial = static_cast<std::uint8_t>(origin >> 4);
    a.as_path = path(in);
    a.next_hop = next_hop(in, has);
    if ((has & kLinkLocal) != 0) a.link_local_next_hop = IpAddress::from_bytes(in.take(16));
    if ((has & kMed) != 0) a.med = in.u32();
    if ((has & kLocalPref) != 0) a.local_pref = in.u32();
    a.atomic_aggregate = (has & kAtomic) != 0;
    if ((has & kAggregator) != 0) {
        const Asn asn(in.u32());
        a.aggregator = Aggregator{asn, RouterId(in.u32())};
    }
    if ((has & kOriginator) != 0) a.originator_id = RouterId(in.u32());
    if ((has & kOtc) != 0) a.only_to_customer = Asn(in.u32());
    list(in, a.communities);
    list(in, a.extended_communities);
    list(in, a.large_communities);
    list(in, a.cluster_list);
    unknown(in, a.unknown);
    assert(in.ok());
    return a;
}

}  // namespace dunlin::bgp
