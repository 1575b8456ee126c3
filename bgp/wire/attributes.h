// Path attributes of one route as values (RFC 4271 5, RFC 1997, 4360, 4456, 6793, 8092, 9234). NLRI is not in
// it, the next hop is: a set of attributes is what routes share. AS numbers always have four octets here (RFC
// 6793).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/base/strong.h"

namespace dunlin::bgp {

enum class Origin : std::uint8_t { igp = 0, egp = 1, incomplete = 2 };

enum class SegmentType : std::uint8_t { set = 1, sequence = 2, confed_sequence = 3, confed_set = 4 };
struct AsSegment {
    SegmentType type = SegmentType::sequence;
    std::vector<Asn> asns;
    friend bool operator==(const AsSegment&, const AsSegment&) = default;
};

class AsPath {
public:
    AsPath() = default;
    explicit AsPath(std::vector<AsSegment> segments) : segments_(std::move(segments)) {}
    static AsPath sequence(std::vector<Asn> asns);

    const std::vector<AsSegment>& segments() const { return segments_; }
    bool empty() const { return segments_.empty(); }
    // RFC 4271 9.1.2.2 a: a set counts one; RFC 5065 5.3: confederation segments count nothing.
    std::size_t length() const;
    std::size_t count(Asn asn) const;  // how often it stands in the path, in any segment (loop check)
    std::size_t count_in_confederation(Asn asn) const;  // in AS_CONFED_SEQUENCE and AS_CONFED_SET
    // Leftmost AS of a leading AS_SEQUENCE: the neighbour AS. RFC 5065 5.3: behind confederation segments.
    std::optional<Asn> first() const;
    std::optional<Asn> origin_as() const;  // rightmost AS of a final AS_SEQUENCE
    bool has_set() const;                  // AS_SET or AS_CONFED_SET (RFC 9774)
    void prepend(Asn asn,
                 std::size_t times = 1);     // RFC 4271 5.1.2: a new segment when the first is full (255)
    void prepend_confederation(Asn member);  // RFC 5065 5.3 b: in a leading AS_CONFED_SEQUENCE
    void remove_confederation();             // RFC 5065 5.3 c: where a path leaves the confederation
    std::string to_string() const;           // as birdc prints it: "65001 65002 {65003}"
    friend bool operator==(const AsPath&, const AsPath&) = default;

private:
    std::vector<AsSegment> segments_;
};

struct Aggregator {
    Asn asn;
    RouterId address;
    friend bool operator==(const Aggregator&, const Aggregator&) = default;
};
struct LargeCommunity {  // RFC 8092 3
    std::uint32_t global = 0, local1 = 0, local2 = 0;
    friend auto operator<=>(const LargeCommunity&, const LargeCommunity&) = default;
};
struct UnknownAttribute {  // optional transitive ones only: the others are dropped on receipt (RFC 4271 5)
    std::uint8_t flags = 0;
    std::uint8_t type = 0;
    std::vector<std::uint8_t> value;
    friend bool operator==(const UnknownAttribute&, const UnknownAttribute&) = default;
};

inline constexpr std::uint32_t kNoExport = 0xffffff01;  // RFC 1997
inline constexpr std::uint32_t kNoAdvertise = 0xffffff02;
inline constexpr std::uint32_t kNoExportSubconfed = 0xffffff03;
inline constexpr std::uint32_t kGracefulShutdown = 0xffff0000;  // RFC 8326
inline constexpr std::uint32_t kLlgrStale = 0xffff0006;         // RFC 9494 4.6
inline constexpr std::uint32_t kNoLlgr = 0xffff0007;
inline constexpr std::uint32_t kDefaultLocalPref = 100;

struct PathAttributes {
    Origin origin = Origin::igp;
    AsPath as_path;
    IpAddress next_hop;                            // unspecified: a route of our own, the session fills it in
    std::optional<IpAddress> link_local_next_hop;  // RFC 2545 3
    std::optional<std::uint32_t> med;
    std::optional<std::uint32_t> local_pref;
    bool atomic_aggregate = false;
    std::optional<Aggregator> aggregator;
    std::vector<std::uint32_t> communities;
    std::vector<std::uint64_t> extended_communities;  // RFC 4360, eight octets each
    std::vector<LargeCommunity> large_communities;    // no doubles (RFC 8092 3)
    std::optional<RouterId> originator_id;
    std::vector<std::uint32_t> cluster_list;
    std::optional<Asn> only_to_customer;    // RFC 9234 5
    std::vector<UnknownAttribute> unknown;  // ordered by type
    std::uint8_t partial =
        0;  // bit 0 aggregator, 1 communities, 2 extended, 3 large: Partial was set and stays set
    friend bool operator==(const PathAttributes&, const PathAttributes&) = default;
};

bool has_community(const PathAttributes& attributes, std::uint32_t community);

// A hash of all fields, for interning.
std::size_t hash_of(const PathAttributes& attributes);

}  // namespace dunlin::bgp
