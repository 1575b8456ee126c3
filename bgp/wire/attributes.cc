#include "bgp/wire/attributes.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

constexpr std::size_t kSegmentLimit = 255;  // RFC 4271 4.3: the count of a segment is one octet

bool is_confed(SegmentType type) {
    return type == SegmentType::confed_sequence || type == SegmentType::confed_set;
}

void append(std::string& out, const AsSegment& segment) {
    static constexpr const char* kOpen[] = {"", "{", "", "(", "["};
    static constexpr const char* kClose[] = {"", "}", "", ")", "]"};
    const auto type = static_cast<std::size_t>(segment.type);
    if (!out.empty()) out += ' ';
    out += kOpen[type];
    for (std::size_t i = 0; i < segment.asns.size(); ++i) {
        if (i > 0) out += ' ';
        out += std::to_string(segment.asns[i].value());
    }
    out += kClose[type];
}

class Hasher {
public:
    void add(std::uint64_t value) {
        state_ = (state_ ^ value) * 0x9e3779b97f4a7c15u;
        state_ ^= state_ >> 29;
    }
    void add(Bytes octets) {
        add(octets.size());
        std::uint64_t word = 0;
        std::size_t in_word = 0;
        for (const std::uint8_t octet : octets) {
            word = word << 8 | octet;
            if (++in_word == 8) {
                add(word);
                word = in_word = 0;
            }
        }
        if (in_word > 0) add(word);
    }
    void add(const IpAddress& address) {
        add(static_cast<std::uint64_t>(address.family()));
        add(address.bytes());
    }
    template <class T, class F>
    void add_optional(const std::optional<T>& value, F number) {
        add(value ? 1 + static_cast<std::uint64_t>(number(*value)) : 0);
    }
    std::size_t result() const { return state_; }

private:
    std::uint64_t state_ = 0x243f6a8885a308d3u;
};

void add_lists(Hasher& hash, const PathAttributes& a) {
    hash.add(a.communities.size());
    for (const std::uint32_t community : a.communities) hash.add(community);
    hash.add(a.extended_communities.size());
    for (const std::uint64_t community : a.extended_communities) hash.add(community);
    hash.add(a.large_communities.size());
    for (const LargeCommunity& community : a.large_communities) {
        hash.add(community.global);
        hash.add(std::uint64_t{community.local1} << 32 | community.local2);
    }
    hash.add(a.cluster_list.size());
    for (const std::uint32_t cluster : a.cluster_list) hash.add(cluster);
    for (const UnknownAttribute& attribute : a.unknown) {
        hash.add(std::uint64_t{attribute.flags} << 8 | attribute.type);
        hash.add(Bytes(attribute.value));
    }
}

}  // namespace

AsPath AsPath::sequence(std::vector<Asn> asns) {
    AsPath out;
    for (auto rest = asns.begin(); rest != asns.end();) {
        const auto size = std::min<std::ptrdiff_t>(asns.end() - rest, kSegmentLimit);
        out.segments_.push_back({SegmentType::sequence, {rest, rest + size}});
        rest += size;
    }
    return out;
}

std::size_t AsPath::length() const {
    std::size_t length = 0;
    for (const AsSegment& segment : segments_) {
        if (segment.type == SegmentType::sequence) length += segment.asns.size();
        if (segment.type == SegmentType::set) ++length;
    }
    return length;
}

std::size_t AsPath::count(Asn asn) const {
    std::size_t found = 0;
    for (const AsSegment& segment : segments_) {
        found += static_cast<std::size_t>(std::count(segment.asns.begin(), segment.asns.end(), asn));
    }
    return found;
}

std::size_t AsPath::count_in_confederation(Asn asn) const {
    std::size_t found = 0;
    for (const AsSegment& segment : segments_) {
        if (!is_confed(segment.type)) continue;
        found += static_cast<std::size_t>(std::count(segment.asns.begin(), segment.asns.end(), asn));
    }
    return found;
}

std::optional<Asn> AsPath::first() const {
    const auto outside = std::find_if(segments_.begin(), segments_.end(),
                                      [](const AsSegment& segment) { return !is_confed(segment.type); });
    if (outside == segments_.end() || outside->type != SegmentType::sequence || outside->asns.empty())
        return std::nullopt;
    return outside->asns.front();
}

std::optional<Asn> AsPath::origin_as() const {
    if (empty() || segments_.back().type != SegmentType::sequence || segments_.back().asns.empty())
        return std::nullopt;
    return segments_.back().asns.back();
}

bool AsPath::has_set() const {
    return std::any_of(segments_.begin(), segments_.end(), [](const AsSegment& segment) {
        return segment.type == SegmentType::set || segment.type == SegmentType::confed_set;
    });
}

void AsPath::prepend(Asn asn, std::size_t times) {
    for (; times > 0; --times) {
        const bool room = !empty() && segments_.front().type == SegmentType::sequence &&
                          segments_.front().asns.size() < kSegmentLimit;
        if (!room) segments_.insert(segments_.begin(), AsSegment{SegmentType::sequence, {}});
        auto& asns = segments_.front().asns;
        asns.insert(asns.begin(), asn);
    }
}

void AsPath::prepend_confederation(Asn member) {
    const bool room = !empty() && segments_.front().type == SegmentType::confed_sequence &&
                      segments_.front().asns.size() < kSegmentLimit;
    if (!room) segments_.insert(segments_.begin(), AsSegment{SegmentType::confed_sequence, {}});
    auto& asns = segments_.front().asns;
    asns.insert(asns.begin(), member);
}

void AsPath::remove_confederation() {
    segments_.erase(std::remove_if(segments_.begin(), segments_.end(),
                                   [](const AsSegment& segment) { return is_confed(segment.type); }),
                    segments_.end());
}

std::string AsPath::to_string() const {
    std::string out;
    for (const AsSegment& segment : segments_) append(out, segment);
    return out;
}

bool has_community(const PathAttributes& attributes, std::uint32_t community) {
    const auto& list = attributes.communities;
    return std::find(list.begin(), list.end(), community) != list.end();
}

std::size_t hash_of(const PathAttributes& a) {
    Hasher hash;
    const auto number = [](std::uint32_t value) { return value; };
    const auto strong = [](auto value) { return value.value(); };
    hash.add(static_cast<std::uint64_t>(a.origin) << 16 | std::uint64_t{a.partial} << 1 |
             (a.atomic_aggregate ? 1u : 0u));
    for (const AsSegment& segment : a.as_path.segments()) {
        hash.add(static_cast<std::uint64_t>(segment.type) << 32 | segment.asns.size());
        for (const Asn asn : segment.asns) hash.add(asn.value());
    }
    hash.add(a.next_hop);
    hash.add(a.link_local_next_hop.has_value());
    if (a.link_local_next_hop) hash.add(*a.link_local_next_hop);
    hash.add_optional(a.med, number);
    hash.add_optional(a.local_pref, number);
    hash.add(a.aggregator.has_value());
    if (a.aggregator) {
        hash.add(std::uint64_t{a.aggregator->asn.value()} << 32 | a.aggregator->address.value());
    }
    hash.add_optional(a.originator_id, strong);
    hash.add_optional(a.only_to_customer, strong);
    add_lists(hash, a);
    return hash.result();
}

}  // namespace dunlin::bgp
