// The attributes that we know, a row each: what the octets must look like and what a fault costs (RFC 7606
// 7).
#include <algorithm>
#include <array>
#include <bitset>
#include <set>
#include <span>

#include "bgp/wire/as_path_codec.h"
#include "bgp/wire/attribute_type.h"
#include "bgp/wire/numbers.h"
#include "bgp/wire/update.h"

namespace dunlin::bgp {
namespace {

struct Fault {
    UpdateError error;
    const char* text;
};
using MaybeFault = std::optional<Fault>;

constexpr Fault kBadLength{UpdateError::attribute_length_error, "a wrong length"};

// What the rows fill in. AS4_PATH and AS4_AGGREGATOR wait for the end: they need their partners.
struct Decoding {
    const WireContext& context;
    PathAttributes& out;
    std::optional<AsPath> as4_path;
    std::optional<Aggregator> as4_aggregator;
};

MaybeFault read_number(Bytes value, std::optional<std::uint32_t>& out) {
    if (value.size() != 4) return kBadLength;
    out = ByteReader(value).u32();
    return std::nullopt;
}

bool is_list(Bytes value, std::size_t each) { return !value.empty() && value.size() % each == 0; }

bool is_host_address(const IpAddress& address) {
    if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) return false;
    return !address.is_v4() || address.to_v4() < 0xe0000000;  // class D and E; RFC 4271 6.3
}

MaybeFault origin(Bytes value, Decoding& d) {  // RFC 7606 7.1
    if (value.size() != 1) return kBadLength;
    if (value[0] > 2) return Fault{UpdateError::invalid_origin_attribute, "an undefined value"};
    d.out.origin = static_cast<Origin>(value[0]);
    return std::nullopt;
}

MaybeFault as_path(Bytes value, Decoding& d) {  // RFC 7606 7.2, RFC 5065 5
    auto path = decode_as_path(value, d.context.as4);
    if (!path) return Fault{UpdateError::malformed_as_path, path.error()};
    const auto& segments = path->segments();
    const auto confed = [](const AsSegment& s) {
        return s.type == SegmentType::confed_sequence || s.type == SegmentType::confed_set;
    };
    if (!d.context.confed_member && std::any_of(segments.begin(), segments.end(), confed)) {
        return Fault{UpdateError::malformed_as_path, "a confederation segment from outside"};
    }
    const bool other_member = d.context.confed_member && !d.context.internal;
    if (other_member && (segments.empty() || segments.front().type != SegmentType::confed_sequence)) {
        return Fault{UpdateError::malformed_as_path, "no leading AS_CONFED_SEQUENCE"};
    }
    d.out.as_path = *std::move(path);
    return std::nullopt;
}

MaybeFault next_hop(Bytes value, Decoding& d) {  // RFC 7606 7.3, RFC 4271 6.3
    if (value.size() != 4) return kBadLength;
    d.out.next_hop = *IpAddress::from_bytes(value);
    if (!is_host_address(d.out.next_hop)) {
        return Fault{UpdateError::invalid_next_hop_attribute, "not an address of a host"};
    }
    return std::nullopt;
}

MaybeFault multi_exit_disc(Bytes value, Decoding& d) { return read_number(value, d.out.med); }
MaybeFault local_pref(Bytes value, Decoding& d) { return read_number(value, d.out.local_pref); }

MaybeFault atomic_aggregate(Bytes value, Decoding& d) {
    if (!value.empty()) return kBadLength;
    d.out.atomic_aggregate = true;
    return std::nullopt;
}

MaybeFault read_aggregator(Bytes value, bool as4, std::optional<Aggregator>& out) {
    if (value.size() != (as4 ? 8u : 6u)) return kBadLength;
    ByteReader in(value);
    const Asn asn(as4 ? in.u32() : in.u16());
    if (asn == Asn(0)) return Fault{UpdateError::optional_attribute_error, "AS 0"};  // RFC 7607 2
    out = Aggregator{asn, RouterId(in.u32())};
    return std::nullopt;
}
MaybeFault aggregator(Bytes value, Decoding& d) {
    return read_aggregator(value, d.context.as4, d.out.aggregator);
}
MaybeFault as4_aggregator(Bytes value, Decoding& d) { return read_aggregator(value, true, d.as4_aggregator); }

MaybeFault as4_path(Bytes value, Decoding& d) {  // RFC 6793 6
    auto path = decode_as_path(value, true);
    if (!path) return Fault{UpdateError::optional_attribute_error, path.error()};
    if (path->empty()) return kBadLength;
    d.as4_path = *std::move(path);
    return std::nullopt;
}

MaybeFault communities(Bytes value, Decoding& d) {
    if (!is_list(value, 4)) return kBadLength;
    for (ByteReader in(value); !in.empty();) d.out.communities.push_back(in.u32());
    return std::nullopt;
}

MaybeFault originator_id(Bytes value, Decoding& d) {
    if (value.size() != 4) return kBadLength;
    d.out.originator_id = RouterId(ByteReader(value).u32());
    return std::nullopt;
}

MaybeFault cluster_list(Bytes value, Decoding& d) {
    if (!is_list(value, 4)) return kBadLength;
    for (ByteReader in(value); !in.empty();) d.out.cluster_list.push_back(in.u32());
    return std::nullopt;
}

MaybeFault extended_communities(Bytes value, Decoding& d) {
    if (!is_list(value, 8)) return kBadLength;
    for (ByteReader in(value); !in.empty();) d.out.extended_communities.push_back(in.u64());
    return std::nullopt;
}

// RFC 5701. We have no use for them, but know what is wrong with them; they pass without the Partial bit.
MaybeFault ipv6_extended_communities(Bytes value, Decoding& d) {
    if (!is_list(value, 20)) return kBadLength;
    constexpr auto kType = static_cast<std::uint8_t>(AttributeType::ipv6_extended_communities);
    d.out.unknown.push_back({kOptional | kTransitive, kType, {value.begin(), value.end()}});
    return std::nullopt;
}

// RFC 8092 3: repeated ones are removed; the order stays.
void remove_doubles(std::vector<LargeCommunity>& list) {
    std::vector<LargeCommunity> sorted = list;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()) return;
    std::set<LargeCommunity> seen;
    list.erase(std::remove_if(list.begin(), list.end(),
                              [&seen](const LargeCommunity& c) { return !seen.insert(c).second; }),
               list.end());
}

MaybeFault large_communities(Bytes value, Decoding& d) {
    if (!is_list(value, 12)) return kBadLength;
    for (ByteReader in(value); !in.empty();) {
        LargeCommunity community;
        community.global = in.u32();
        community.local1 = in.u32();
        community.local2 = in.u32();
        d.out.large_communities.push_back(community);
    }
    remove_doubles(d.out.large_communities);
    return std::nullopt;
}

MaybeFault only_to_customer(Bytes value, Decoding& d) {  // RFC 9234 5
    if (value.size() != 4) return kBadLength;
    d.out.only_to_customer = Asn(ByteReader(value).u32());
    return std::nullopt;
}

// From whom an attribute is taken; from others it is discarded, whatever else is wrong with it.
enum class Source : std::uint8_t {
    any,
    inside,        // iBGP or a member of the confederation: LOCAL_PREF (RFC 7606 7.5, RFC 5065 4)
    internal,      // ORIGINATOR_ID, CLUSTER_LIST (RFC 7606 7.9, 7.10)
    old_neighbour  // AS4_PATH, AS4_AGGREGATOR (RFC 6793 4.1)
};

struct Row {
    AttributeType type;
    std::string_view name;
    std::uint8_t flags;  // Optional and Transitive as they must be
    MaybeFault (*decode)(Bytes value, Decoding& d);
    Repair::Cost if_bad;
    Source source = Source::any;
    std::uint8_t partial = 0;  // the bit of PathAttributes::partial
};

constexpr auto kWithdraw = Repair::Cost::route;
constexpr auto kDiscard = Repair::Cost::attribute;
constexpr std::uint8_t kOptionalTransitive = kOptional | kTransitive;
using T = AttributeType;
constexpr std::array kRows{
    Row{T::origin, "ORIGIN", kTransitive, origin, kWithdraw},
    Row{T::as_path, "AS_PATH", kTransitive, as_path, kWithdraw},
    Row{T::next_hop, "NEXT_HOP", kTransitive, next_hop, kWithdraw},
    Row{T::multi_exit_disc, "MULTI_EXIT_DISC", kOptional, multi_exit_disc, kWithdraw},
    Row{T::local_pref, "LOCAL_PREF", kTransitive, local_pref, kWithdraw, Source::inside},
    Row{T::atomic_aggregate, "ATOMIC_AGGREGATE", kTransitive, atomic_aggregate, kDiscard},
    Row{T::aggregator, "AGGREGATOR", kOptionalTransitive, aggregator, kDiscard, Source::any, 1},
    Row{T::communities, "COMMUNITIES", kOptionalTransitive, communities, kWithdraw, Source::any, 2},
    Row{T::originator_id, "ORIGINATOR_ID", kOptional, originator_id, kWithdraw, Source::internal},
    Row{T::cluster_list, "CLUSTER_LIST", kOptional, cluster_list, kWithdraw, Source::internal},
    Row{T::extended_communities, "EXTENDED COMMUNITIES", kOptionalTransitive, extended_communities, kWithdraw,
        Source::any, 4},
    Row{T::as4_path, "AS4_PATH", kOptionalTransitive, as4_path, kDiscard, Source::old_neighbour},
    Row{T::as4_aggregator, "AS4_AGGREGATOR", kOptionalTransitive, as4_aggregator, kDiscard,
        Source::old_neighbour},
    Row{T::ipv6_extended_communities, "IPv6 EXTENDED COMMUNITIES", kOptionalTransitive,
        ipv6_extended_communities, kWithdraw},
    Row{T::large_communities, "LARGE_COMMUNITY", kOptionalTransitive, large_communities, kWithdraw,
        Source::any, 8},
    Row{T::only_to_customer, "OTC", kOptionalTransitive, only_to_customer, kWithdraw},
};

const Row* find_row(std::uint8_t type) {
    const auto row = std::find_if(kRows.begin(), kRows.end(),
                                  [type](const Row& r) { return static_cast<std::uint8_t>(r.type) == type; });
    return row == kRows.end() ? nullptr : &*row;
}

bool taken_from(Source source, const WireContext& context) {
    switch (source) {
        case Source::any:
            return true;
        case Source::inside:
            return context.internal || context.confed_member;
        case Source::internal:
            return context.internal;
        case Source::old_neighbour:
            return !context.as4;
    }
    return false;
}

class AttributeDecoder {
public:
    AttributeDecoder(const UpdateParts& parts, const WireContext& context, NlriKind kind)
        : parts_(parts), context_(context), kind_(kind), decoding_{context, result_.attributes, {}, {}} {}

    AttributeOutcome run() && {
        ByteReader in(parts_.attributes());
        while (!in.empty()) {
            const RawAttribute attribute = next_attribute(in);
            if (!in.ok()) {  // RFC 7606 4
                add({0, kWithdraw, {}},
                    {UpdateError::malformed_attribute_list, "an attribute beyond the end"}, {});
                break;
            }
            if (seen_.test(attribute.type)) {  // RFC 7606 3 g: the first counts
                add({attribute.type, kDiscard, {}}, {UpdateError::malformed_attribute_list, "repeated"},
                    attribute.whole);
                continue;
            }
            seen_.set(attribute.type);
            take(attribute);
        }
        finish();
        return std::move(result_);
    }

private:
    void take(const RawAttribute& attribute) {
        const Row* row = find_row(attribute.type);
        if (row == nullptr) return take_unknown(attribute);
        // RFC 4760 3: beside MP_REACH_NLRI alone it means nothing.
        if (row->type == T::next_hop && kind_ == NlriKind::multiprotocol) return;
        if (!taken_from(row->source, context_)) {
            const Fault fault{UpdateError::optional_attribute_error, "not taken from this neighbour"};
            return add({attribute.type, kDiscard, {}}, fault, attribute.whole);
        }
        if ((attribute.flags & kOptionalTransitive) != row->flags) {  // RFC 7606 3 c
            const Fault fault{UpdateError::attribute_flags_error, "wrong flags"};
            return add({attribute.type, kWithdraw, {}}, fault, attribute.whole);
        }
        if (const auto fault = row->decode(attribute.value, decoding_)) {
            return add({attribute.type, row->if_bad, {}}, *fault, attribute.whole);
        }
        if ((attribute.flags & kPartial) != 0) {
            result_.attributes.partial = static_cast<std::uint8_t>(result_.attributes.partial | row->partial);
        }
    }

    // RFC 4271 5 and 6.3: unknown and not optional is the one fault of a list that still resets.
    void take_unknown(const RawAttribute& attribute) {
        if ((attribute.flags & kOptional) == 0) {
            const Fault fault{UpdateError::unrecognized_well_known_attribute, "unknown, and not optional"};
            return add({attribute.type, Repair::Cost::session, {}}, fault, attribute.whole);
        }
        if ((attribute.flags & kTransitive) == 0) return;
        const auto flags = static_cast<std::uint8_t>(attribute.flags & ~kExtendedLength);
        result_.attributes.unknown.push_back(
            {flags, attribute.type, {attribute.value.begin(), attribute.value.end()}});
    }

    void finish() {
        merge_as4();
        if (!context_.accept_as_sets && result_.attributes.as_path.has_set()) {
            const Fault fault{UpdateError::malformed_as_path, "an AS_SET"};
            add({static_cast<std::uint8_t>(T::as_path), kWithdraw, {}}, fault, {});
        }
        if (kind_ == NlriKind::multiprotocol) take_mp_next_hop();
        if (!parts_.nlri(kind_).empty()) {  // RFC 7606 3 d
            require(T::origin);
            require(T::as_path);
            if (kind_ == NlriKind::classic) require(T::next_hop);
        }
        auto& unknown = result_.attributes.unknown;
        std::sort(unknown.begin(), unknown.end(),
                  [](const auto& a, const auto& b) { return a.type < b.type; });
    }

    // RFC 6793 4.2.3: with an AGGREGATOR that is not AS_TRANS both are ignored.
    void merge_as4() {
        auto& out = result_.attributes;
        const bool both = out.aggregator && decoding_.as4_aggregator;
        if (both && out.aggregator->asn != Asn(kAsTrans)) return;
        if (both) out.aggregator = decoding_.as4_aggregator;
        if (decoding_.as4_path) out.as_path = merge_as4_path(out.as_path, *std::move(decoding_.as4_path));
    }

    void take_mp_next_hop() {
        if (!parts_.mp_next_hop) return;
        result_.attributes.next_hop = *parts_.mp_next_hop;
        result_.attributes.link_local_next_hop = parts_.mp_link_local;
        if (is_host_address(*parts_.mp_next_hop)) return;
        const Fault fault{UpdateError::invalid_next_hop_attribute,
                          "the next hop is not an address of a host"};
        add({static_cast<std::uint8_t>(T::mp_reach_nlri), kWithdraw, {}}, fault, {});
    }

    void require(AttributeType type) {
        const auto code = static_cast<std::uint8_t>(type);
        if (seen_.test(code)) return;
        const std::array<std::uint8_t, 1> data{code};
        add({code, kWithdraw, {}}, {UpdateError::missing_well_known_attribute, "missing"}, data);
    }

    // RFC 7606 5.2: what would withdraw resets when no prefix is announced.
    void add(Repair repair, const Fault& fault, Bytes data) {
        if (repair.cost == kWithdraw && !parts_.reachable()) repair.cost = Repair::Cost::session;
        repair.text = (repair.type == 0 ? "attributes" : attribute_name(repair.type)) + ": " + fault.text;
        if (repair.cost == Repair::Cost::session && result_.verdict != Verdict::session_reset) {
            result_.verdict = Verdict::session_reset;
            result_.reset = update_error(fault.error, {data.begin(), data.end()});
        }
        if (repair.cost == kWithdraw) result_.verdict = std::max(result_.verdict, Verdict::treat_as_withdraw);
        result_.repairs.push_back(std::move(repair));
    }

    const UpdateParts& parts_;
    const WireContext& context_;
    NlriKind kind_;
    AttributeOutcome result_;
    Decoding decoding_;
    std::bitset<256> seen_;
};

}  // namespace

AttributeOutcome decode_attributes(const UpdateParts& parts, const WireContext& context, NlriKind kind) {
    return AttributeDecoder(parts, context, kind).run();
}

std::string attribute_name(std::uint8_t type) {
    if (type == static_cast<std::uint8_t>(T::mp_reach_nlri)) return "MP_REACH_NLRI";
    if (type == static_cast<std::uint8_t>(T::mp_unreach_nlri)) return "MP_UNREACH_NLRI";
    const Row* row = find_row(type);
    return row != nullptr ? std::string(row->name) : "attribute " + std::to_string(type);
}

bool is_known_attribute(std::uint8_t type) { return find_row(type) != nullptr; }

}  // namespace dunlin::bgp
