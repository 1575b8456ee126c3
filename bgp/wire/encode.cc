#include "bgp/wire/encode.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "bgp/wire/attribute_type.h"
#include "bgp/wire/nlri.h"

namespace dunlin::bgp {
namespace {

// An UPDATE header whose length is not known yet.
constexpr std::array<std::uint8_t, kHeaderLength> kEmptyHeader{
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0,
    0,
    static_cast<std::uint8_t>(MessageType::update)};

// One UPDATE at the end of a buffer. What does not fit is cut off again by the caller.
class UpdateWriter {
public:
    explicit UpdateWriter(std::vector<std::uint8_t>& buffer)
        : start_(buffer.size()), buffer_(buffer), out_(buffer) {
        buffer_.insert(buffer_.end(), kEmptyHeader.begin(), kEmptyHeader.end());
    }

    std::size_t size() const { return buffer_.size() - start_; }
    ByteWriter& out() { return out_; }

    // As many prefixes as fit into a message of `limit` octets; how many.
    std::size_t prefixes(std::span<const Nlri> nlri, bool add_path, std::size_t limit) {
        if (nlri.empty() || size() >= limit) return 0;
        const std::size_t most = max_nlri_size(nlri.front().prefix.family(), add_path);
        const std::size_t room = limit - size();
        const std::size_t begin = buffer_.size();
        // One more of the longest is room for the copy of a whole address at the very end.
        buffer_.resize(begin + std::min(room, nlri.size() * most) + most);
        std::uint8_t* const first = buffer_.data() + begin;
        std::uint8_t* at = first;
        std::size_t count = 0;
        for (const Nlri& each : nlri) {
            std::uint8_t* const end = encode_nlri(each, add_path, at);
            if (static_cast<std::size_t>(end - first) > room) break;
            at = end;
            ++count;
        }
        buffer_.resize(begin + static_cast<std::size_t>(at - first));
        return count;
    }

    void finish() {
        const std::size_t length = size();
        assert(length <= kMaxExtendedMessage);
        buffer_[start_ + 16] = static_cast<std::uint8_t>(length >> 8);
        buffer_[start_ + 17] = static_cast<std::uint8_t>(length);
    }
    void cancel() { buffer_.resize(start_); }

private:
    std::size_t start_;
    std::vector<std::uint8_t>& buffer_;
    ByteWriter out_;
};

// Where NEXT_HOP belongs in a block that is ordered by type: behind ORIGIN and AS_PATH.
std::size_t next_hop_position(Bytes attributes) {
    ByteReader in(attributes);
    std::size_t position = 0;
    while (!in.empty()) {
        const RawAttribute attribute = next_attribute(in);
        if (!in.ok() || attribute.type > static_cast<std::uint8_t>(AttributeType::next_hop)) break;
        position = attributes.size() - in.size();
    }
    return position;
}

bool is_multiprotocol(const PackContext& context, const NextHop& next_hop) {
    return context.family == Family::ipv6 || context.multiprotocol || !next_hop.address.is_v4();
}

// Flags, type and a length of two octets, to be patched.
std::size_t open_attribute(AttributeType type, ByteWriter& out) {
    out.u8(kOptional | kExtendedLength);
    out.u8(static_cast<std::uint8_t>(type));
    out.u16(0);
    return out.size() - 2;
}

void write_pair(Family family, ByteWriter& out) {
    out.u16(unicast(family).afi);
    out.u8(unicast(family).safi);
}

std::size_t announce_multiprotocol(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                                   const PackContext& context, UpdateWriter& update) {
    ByteWriter& out = update.out();
    out.u16(0);  // nothing withdrawn
    const std::size_t attributes_at = out.size();
    out.u16(0);
    const std::size_t value_at = open_attribute(AttributeType::mp_reach_nlri, out);
    write_pair(context.family, out);
    const bool two = next_hop.link_local && !next_hop.address.is_v4();
    out.u8(static_cast<std::uint8_t>(next_hop.address.bytes().size() * (two ? 2 : 1)));
    out.bytes(next_hop.address.bytes());
    if (two) out.bytes(next_hop.link_local->bytes());
    out.u8(0);
    if (update.size() + attributes.size() >= context.max_message) return 0;
    const std::size_t count =
        update.prefixes(nlri, context.add_path, context.max_message - attributes.size());
    out.patch_length(value_at, 2);
    out.bytes(attributes);
    out.patch_length(attributes_at, 2);
    return count;
}

std::size_t announce_classic(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                             const PackContext& context, UpdateWriter& update) {
    ByteWriter& out = update.out();
    constexpr std::size_t kNextHopSize = 7;
    if (update.size() + 4 + attributes.size() + kNextHopSize >= context.max_message) return 0;
    const std::size_t before = next_hop_position(attributes);
    out.u16(0);
    out.u16(static_cast<std::uint16_t>(attributes.size() + kNextHopSize));
    out.bytes(attributes.first(before));
    const Bytes address = next_hop.address.bytes();
    const std::array<std::uint8_t, kNextHopSize> attribute{
        kTransitive, static_cast<std::uint8_t>(AttributeType::next_hop),
        4,           address[0],
        address[1],  address[2],
        address[3]};
    out.bytes(attribute);
    out.bytes(attributes.subspan(before));
    return update.prefixes(nlri, context.add_path, context.max_message);
}

}  // namespace

std::size_t encode_announcement(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                                const PackContext& context, std::vector<std::uint8_t>& out) {
    assert(!nlri.empty());
    UpdateWriter update(out);
    const std::size_t count = is_multiprotocol(context, next_hop)
                                  ? announce_multiprotocol(nlri, attributes, next_hop, context, update)
                                  : announce_classic(nlri, attributes, next_hop, context, update);
    if (count == 0) {
        update.cancel();
    } else {
        update.finish();
    }
    return count;
}

std::size_t encode_withdrawal(std::span<const Nlri> nlri, const PackContext& context,
                              std::vector<std::uint8_t>& out) {
    assert(!nlri.empty());
    UpdateWriter update(out);
    ByteWriter& writer = update.out();
    std::size_t count = 0;
    if (context.family == Family::ipv4 && !context.multiprotocol) {
        const std::size_t length_at = writer.size();
        writer.u16(0);
        count = update.prefixes(nlri, context.add_path, context.max_message - 2);
        writer.patch_length(length_at, 2);
        writer.u16(0);  // no attributes
    } else {
        writer.u16(0);
        const std::size_t attributes_at = writer.size();
        writer.u16(0);
        const std::size_t value_at = open_attribute(AttributeType::mp_unreach_nlri, writer);
        write_pair(context.family, writer);
        count = update.prefixes(nlri, context.add_path, context.max_message);
        writer.patch_length(value_at, 2);
        writer.patch_length(attributes_at, 2);
    }
    assert(count > 0);
    update.finish();
    return count;
}

bool encode_announcements(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                          const PackContext& context, std::vector<std::uint8_t>& out) {
    while (!nlri.empty()) {
        const std::size_t count = encode_announcement(nlri, attributes, next_hop, context, out);
        if (count == 0) return false;
        nlri = nlri.subspan(count);
    }
    return true;
}

void encode_withdrawals(std::span<const Nlri> nlri, const PackContext& context,
                        std::vector<std::uint8_t>& out) {
    while (!nlri.empty()) nlri = nlri.subspan(encode_withdrawal(nlri, context, out));
}

void encode_end_of_rib(Family family, std::vector<std::uint8_t>& out) {
    UpdateWriter update(out);
    update.out().u16(0);
    if (family == Family::ipv4) {
        update.out().u16(0);
    } else {
        update.out().u16(6);
        update.out().u8(kOptional);
        update.out().u8(static_cast<std::uint8_t>(AttributeType::mp_unreach_nlri));
        update.out().u8(3);
        write_pair(family, update.out());
    }
    update.finish();
}

}  // namespace dunlin::bgp
