#include "bgp/wire/as_path_codec.h"

#include <algorithm>

#include "bgp/wire/message.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kSegmentLimit = 255;

// The first `wanted` ASes of a path; confederation segments before and between them come along.
std::vector<AsSegment> leading(const AsPath& path, std::size_t wanted) {
    std::vector<AsSegment> out;
    for (const AsSegment& segment : path.segments()) {
        const std::size_t size = AsPath({segment}).length();
        if (size == 0) {  // confederation
            out.push_back(segment);
            continue;
        }
        if (wanted == 0) break;
        AsSegment part = segment;
        if (segment.type == SegmentType::sequence) part.asns.resize(std::min(wanted, size));
        wanted -= std::min(wanted, size);
        out.push_back(std::move(part));
    }
    return out;
}

}  // namespace

Result<AsPath, const char*> decode_as_path(Bytes value, bool four_octets) {
    std::vector<AsSegment> segments;
    ByteReader in(value);
    while (!in.empty()) {
        const std::uint8_t type = in.u8();
        const std::size_t count = in.u8();
        ByteReader numbers(in.take(count * (four_octets ? 4 : 2)));
        if (!in.ok()) return Unexpected{"a segment beyond the end"};
        if (type < 1 || type > 4) return Unexpected{"an unknown segment type"};
        if (count == 0) return Unexpected{"an empty segment"};
        AsSegment segment{static_cast<SegmentType>(type), {}};
        segment.asns.reserve(count);
        while (!numbers.empty()) segment.asns.emplace_back(four_octets ? numbers.u32() : numbers.u16());
        if (std::find(segment.asns.begin(), segment.asns.end(), Asn(0)) != segment.asns.end()) {
            return Unexpected{"AS 0"};  // RFC 7607 2
        }
        segments.push_back(std::move(segment));
    }
    return AsPath(std::move(segments));
}

void encode_as_path(const AsPath& path, bool four_octets, std::vector<std::uint8_t>& out) {
    ByteWriter writer(out);
    for (const AsSegment& segment : path.segments()) {
        for (std::size_t from = 0; from < segment.asns.size(); from += kSegmentLimit) {
            const std::size_t count = std::min(kSegmentLimit, segment.asns.size() - from);
            writer.u8(static_cast<std::uint8_t>(segment.type));
            writer.u8(static_cast<std::uint8_t>(count));
            for (std::size_t i = from; i < from + count; ++i) {
                const std::uint32_t asn = segment.asns[i].value();
                if (four_octets) {
                    writer.u32(asn);
                } else {
                    writer.u16(asn > 0xffff ? kAsTrans : static_cast<std::uint16_t>(asn));
                }
            }
        }
    }
}

AsPath merge_as4_path(const AsPath& as_path, AsPath as4_path) {
    as4_path.remove_confederation();
    const std::size_t have = as_path.length();
    const std::size_t known = as4_path.length();
    if (have < known || known == 0) return as_path;
    std::vector<AsSegment> merged = leading(as_path, have - known);
    for (const AsSegment& segment : as4_path.segments()) {
        const bool joins = !merged.empty() && merged.back().type == SegmentType::sequence &&
                           segment.type == SegmentType::sequence &&
                           merged.back().asns.size() + segment.asns.size() <= kSegmentLimit;
        if (joins) {
            merged.back().asns.insert(merged.back().asns.end(), segment.asns.begin(), segment.asns.end());
        } else {
            merged.push_back(segment);
        }
    }
    return AsPath(std::move(merged));
}

bool needs_four_octets(const AsPath& path) {
    return std::any_of(path.segments().begin(), path.segments().end(), [](const AsSegment& segment) {
        return std::any_of(segment.asns.begin(), segment.asns.end(),
                           [](Asn asn) { return asn.value() > 0xffff; });
    });
}

}  // namespace dunlin::bgp
