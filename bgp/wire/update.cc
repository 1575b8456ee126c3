#include "bgp/wire/update.h"

#include "bgp/wire/attribute_type.h"
#include "bgp/wire/nlri.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

using Failure = std::optional<Notification>;  // nothing: all is well

NotificationData copy(Bytes octets) { return {octets.begin(), octets.end()}; }

Failure bad_mp_attribute(const RawAttribute& attribute) {
    return update_error(UpdateError::optional_attribute_error, copy(attribute.whole));
}

bool negotiated(const WireContext& context, Family family) {
    return family == Family::ipv4 ? context.ipv4 : context.ipv6;
}
bool add_path(const WireContext& context, Family family) {
    return family == Family::ipv4 ? context.add_path_v4 : context.add_path_v6;
}

void clear(UpdateParts& parts) {
    parts.withdrawn.clear();
    parts.announced.clear();
    parts.mp_announced.clear();
    parts.mp_family.reset();
    parts.mp_unreach = false;
    parts.ignored_family.reset();
    parts.end_of_rib.reset();
    parts.mp_next_hop.reset();
    parts.mp_link_local.reset();
}

// RFC 4760 3, RFC 2545 3, RFC 8950 3. False for a length that the family does not have.
bool read_next_hop(Bytes octets, Family family, const WireContext& context, UpdateParts& out) {
    const bool v4 = family == Family::ipv4;
    if (octets.size() == 4) {
        if (!v4) return false;
        out.mp_next_hop = IpAddress::from_bytes(octets);
        return true;
    }
    if ((octets.size() != 16 && octets.size() != 32) || (v4 && !context.extended_next_hop)) return false;
    out.mp_next_hop = IpAddress::from_bytes(octets.first(16));
    if (octets.size() == 32) {
        const auto second = IpAddress::from_bytes(octets.last(16));
        // Some send :: as the global address beside the link-local one.
        if (out.mp_next_hop->is_unspecified()) {
            out.mp_next_hop = second;
        } else if (second->is_link_local()) {
            out.mp_link_local = second;
        }
    }
    return true;
}

}  // namespace

class UpdateSplitter {
public:
    UpdateSplitter(const WireContext& context, UpdateParts& out) : context_(context), out_(out) {}

    Failure split(Bytes body) {
        clear(out_);
        out_.mp_reach_ = false;
        out_.attributes_.clear();
        ByteReader in(body);
        const Bytes withdrawn = in.take(in.u16());
        const Bytes attributes = in.take(in.u16());
        if (!in.ok()) return update_error(UpdateError::malformed_attribute_list);
        const Bytes announced = in.rest();
        if (auto failed = classic(withdrawn, announced)) return failed;
        if (auto failed = walk(attributes)) return failed;
        if (body.size() == 4) out_.end_of_rib = Family::ipv4;  // RFC 4724 2
        only_unreach_ = only_unreach_ && withdrawn.empty() && announced.empty() && out_.attributes_.empty();
        if (only_unreach_ && !out_.mp_reach_) out_.end_of_rib = empty_unreach_;
        make_keys();
        return std::nullopt;
    }

private:
    Failure classic(Bytes withdrawn, Bytes announced) {
        if (!context_.ipv4) {
            if (!withdrawn.empty() || !announced.empty()) out_.ignored_family = unicast(Family::ipv4);
            out_.mp_reach_ = !announced.empty();
            return std::nullopt;
        }
        if (!decode_nlri(withdrawn, Family::ipv4, context_.add_path_v4, out_.withdrawn) ||
            !decode_nlri(announced, Family::ipv4, context_.add_path_v4, out_.announced)) {
            return update_error(UpdateError::invalid_network_field);
        }
        return std::nullopt;
    }

    // RFC 7606 4: where the list breaks, the rest is kept as it is, so that the second stage meets the same
    // fault.
    Failure walk(Bytes attributes) {
        ByteReader in(attributes);
        bool reach_seen = false;
        while (!in.empty()) {
            const Bytes from_here = in.rest();
            const RawAttribute attribute = next_attribute(in);
            const bool reach = attribute.type == static_cast<std::uint8_t>(AttributeType::mp_reach_nlri);
            const bool unreach = attribute.type == static_cast<std::uint8_t>(AttributeType::mp_unreach_nlri);
            if (!in.ok() || (!reach && !unreach)) {
                const Bytes kept = in.ok() ? attribute.whole : from_here;
                out_.attributes_.insert(out_.attributes_.end(), kept.begin(), kept.end());
                continue;
            }
            bool& seen = reach ? reach_seen : out_.mp_unreach;
            if (seen) return update_error(UpdateError::malformed_attribute_list);  // RFC 7606 3 g
            seen = true;
            if ((attribute.flags & (kOptional | kTransitive)) != kOptional)
                return bad_mp_attribute(attribute);
            if (auto failed = reach ? mp_reach(attribute) : mp_unreach(attribute)) return failed;
        }
        return std::nullopt;
    }

    Failure mp_reach(const RawAttribute& attribute) {
        ByteReader in(attribute.value);
        const std::uint16_t afi = in.u16();
        const AfiSafi pair{afi, in.u8()};
        const Bytes next_hop = in.take(in.u8());
        in.u8();  // reserved; ignored (RFC 4760 3)
        if (!in.ok()) return bad_mp_attribute(attribute);
        const auto family = unicast_family(pair);
        if (!family || !negotiated(context_, *family)) {
            out_.ignored_family = pair;
            out_.mp_reach_ = true;
            return std::nullopt;
        }
        if (!read_next_hop(next_hop, *family, context_, out_)) return bad_mp_attribute(attribute);
        if (!decode_nlri(in.rest(), *family, add_path(context_, *family), out_.mp_announced)) {
            return bad_mp_attribute(attribute);
        }
        out_.mp_family = family;
        mp_head_ = attribute.value.first(4 + next_hop.size());
        return std::nullopt;
    }

    Failure mp_unreach(const RawAttribute& attribute) {
        ByteReader in(attribute.value);
        const std::uint16_t afi = in.u16();
        const AfiSafi pair{afi, in.u8()};
        if (!in.ok()) return bad_mp_attribute(attribute);
        const auto family = unicast_family(pair);
        if (!family || !negotiated(context_, *family)) {
            out_.ignored_family = pair;
            return std::nullopt;
        }
        only_unreach_ = in.empty();
        empty_unreach_ = family;
        if (!decode_nlri(in.rest(), *family, add_path(context_, *family), out_.withdrawn)) {
            return bad_mp_attribute(attribute);
        }
        return std::nullopt;
    }

    // Behind the attributes stand octets that no other combination can give: read from the end it is kind and
    // context, then for the multiprotocol kind the length of what precedes it.
    void make_keys() {
        const auto flags = static_cast<std::uint8_t>(
            (context_.as4 ? 1 : 0) | (context_.internal ? 2 : 0) | (context_.confed_member ? 4 : 0) |
            (context_.accept_as_sets ? 8 : 0) | (out_.reachable() ? 16 : 0));
        out_.key_.assign(out_.attributes_.begin(), out_.attributes_.end());
        // A NEXT_HOP is required only where there are prefixes.
        out_.key_.push_back(static_cast<std::uint8_t>(flags | (out_.announced.empty() ? 64 : 0)));
        if (!out_.mp_family) {
            out_.mp_key_.clear();
            return;
        }
        out_.mp_key_.assign(out_.attributes_.begin(), out_.attributes_.end());
        out_.mp_key_.insert(out_.mp_key_.end(), mp_head_.begin(), mp_head_.end());
        out_.mp_key_.push_back(static_cast<std::uint8_t>(mp_head_.size()));
        out_.mp_key_.push_back(static_cast<std::uint8_t>(flags | 32));
    }

    const WireContext& context_;
    UpdateParts& out_;
    Bytes mp_head_;  // AFI, SAFI, length and next hop
    bool only_unreach_ = false;
    std::optional<Family> empty_unreach_;
};

Result<Done, Notification> split_update(Bytes body, const WireContext& context, UpdateParts& out) {
    if (auto failed = UpdateSplitter(context, out).split(body)) return Unexpected{std::move(*failed)};
    return Done();
}

}  // namespace dunlin::bgp
