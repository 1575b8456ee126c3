#include <algorithm>

#include "bgp/wire/as_path_codec.h"
#include "bgp/wire/attribute_type.h"
#include "bgp/wire/encode.h"

namespace dunlin::bgp {
namespace {

using T = AttributeType;
constexpr std::uint8_t kOptionalTransitive = kOptional | kTransitive;

// RFC 4271 4.3: one octet of length, or two with the Extended Length bit.
void write(std::uint8_t flags, std::uint8_t type, Bytes value, std::vector<std::uint8_t>& out) {
    ByteWriter writer(out);
    const bool extended = value.size() > 0xff;
    writer.u8(static_cast<std::uint8_t>(extended ? flags | kExtendedLength : flags & ~kExtendedLength));
    writer.u8(type);
    if (extended) {
        writer.u16(static_cast<std::uint16_t>(value.size()));
    } else {
        writer.u8(static_cast<std::uint8_t>(value.size()));
    }
    writer.bytes(value);
}

class AttributeEncoder {
public:
    AttributeEncoder(const PathAttributes& attributes, const EncodeContext& context,
                     std::vector<std::uint8_t>& out)
        : a_(attributes), context_(context), out_(out) {}

    void run() {
        value().u8(static_cast<std::uint8_t>(a_.origin));
        put(kTransitive, T::origin);
        value();
        encode_as_path(a_.as_path, context_.as4, scratch_);
        put(kTransitive, T::as_path);
        if (a_.med) number(kOptional, T::multi_exit_disc, *a_.med);
        if (a_.local_pref && context_.internal) number(kTransitive, T::local_pref, *a_.local_pref);
        if (a_.atomic_aggregate) empty(kTransitive, T::atomic_aggregate);
        if (a_.aggregator) aggregator(partial(0), T::aggregator, context_.as4);
        communities();
        if (context_.internal) reflection();
        extended_communities();
        if (!context_.as4) as4();
        last();
    }

private:
    ByteWriter value() {
        scratch_.clear();
        return ByteWriter(scratch_);
    }
    // Unknown attributes stand among ours where their type says.
    void put(std::uint8_t flags, T type) {
        const auto code = static_cast<std::uint8_t>(type);
        unknown_below(code);
        write(flags, code, scratch_, out_);
    }
    void unknown_below(unsigned type) {
        for (; next_unknown_ < a_.unknown.size() && a_.unknown[next_unknown_].type < type; ++next_unknown_) {
            const UnknownAttribute& attribute = a_.unknown[next_unknown_];
            write(attribute.flags, attribute.type, attribute.value, out_);
        }
    }
    std::uint8_t partial(unsigned bit) const {
        return (a_.partial >> bit & 1) != 0 ? kOptionalTransitive | kPartial : kOptionalTransitive;
    }
    void number(std::uint8_t flags, T type, std::uint32_t what) {
        value().u32(what);
        put(flags, type);
    }
    void empty(std::uint8_t flags, T type) {
        value();
        put(flags, type);
    }

    void aggregator(std::uint8_t flags, T type, bool four_octets) {
        ByteWriter writer = value();
        const std::uint32_t asn = a_.aggregator->asn.value();
        if (four_octets) {
            writer.u32(asn);
        } else {
            writer.u16(asn > 0xffff ? kAsTrans : static_cast<std::uint16_t>(asn));
        }
        writer.u32(a_.aggregator->address.value());
        put(flags, type);
    }

    void communities() {
        if (a_.communities.empty()) return;
        ByteWriter writer = value();
        for (const std::uint32_t community : a_.communities) writer.u32(community);
        put(partial(1), T::communities);
    }

    void reflection() {
        if (a_.originator_id) number(kOptional, T::originator_id, a_.originator_id->value());
        if (a_.cluster_list.empty()) return;
        ByteWriter writer = value();
        for (const std::uint32_t cluster : a_.cluster_list) writer.u32(cluster);
        put(kOptional, T::cluster_list);
    }

    void extended_communities() {
        if (a_.extended_communities.empty()) return;
        ByteWriter writer = value();
        for (const std::uint64_t community : a_.extended_communities) writer.u64(community);
        put(partial(2), T::extended_communities);
    }

    // RFC 6793 4.2.2: only where something did not fit, and never with confederation segments.
    void as4() {
        AsPath outside = a_.as_path;
        outside.remove_confederation();
        if (needs_four_octets(outside)) {
            value();
            encode_as_path(outside, true, scratch_);
            put(kOptionalTransitive, T::as4_path);
        }
        if (a_.aggregator && a_.aggregator->asn.value() > 0xffff) {
            aggregator(kOptionalTransitive, T::as4_aggregator, true);
        }
    }

    void last() {
        if (!a_.large_communities.empty()) {
            ByteWriter writer = value();
            for (const LargeCommunity& community : a_.large_communities) {
                writer.u32(community.global);
                writer.u32(community.local1);
                writer.u32(community.local2);
            }
            put(partial(3), T::large_communities);
        }
        if (a_.only_to_customer)
            number(kOptionalTransitive, T::only_to_customer, a_.only_to_customer->value());
        unknown_below(256);
    }

    const PathAttributes& a_;
    const EncodeContext& context_;
    std::vector<std::uint8_t>& out_;
    std::vector<std::uint8_t> scratch_;
    std::size_t next_unknown_ = 0;
};

}  // namespace

void encode_attributes(const PathAttributes& attributes, const EncodeContext& context,
                       std::vector<std::uint8_t>& out) {
    AttributeEncoder(attributes, context, out).run();
}

}  // namespace dunlin::bgp
