// Sets of path attributes, each kept once, counted and never changed; compared by their number. A set also
// has a summary: all that the decision process reads. One thread. A block of octets that was seen before is
// found by its fingerprint and need not be decoded again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/rib/chunked_pool.h"
#include "bgp/rib/fingerprint.h"
#include "bgp/rib/id_index.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

using AttributesId = std::uint32_t;  // 0: none
using NextHopId = std::uint32_t;     // next_hop.h; 0: none

// Of LOCAL_PREF, MED and so on the value that counts where there is none.
struct AttributeSummary {
    std::uint32_t local_pref = kDefaultLocalPref;
    std::uint32_t med = 0;
    std::uint32_t neighbour_as = 0;   // 0: made in our AS, so that MED is compared among those
    std::uint32_t originator_id = 0;  // 0: none
    NextHopId next_hop = 0;
    std::uint16_t as_path_length = 0;
    std::uint16_t cluster_list_length = 0;
    Origin origin = Origin::igp;
    bool llgr_stale = false;  // RFC 9494 4.3: least preferred
    bool no_llgr = false;     // RFC 9494 4.2: does not outlast the restart time
};

class AttributeStore {
public:
    explicit AttributeStore(std::uint64_t seed) : seed_(seed) {}

    // What the octets of a neighbour were seen to mean: found by their fingerprint, until that set is gone.
    // `salt`: whatever else has a say in the meaning.
    Fingerprint fingerprint(Bytes octets, std::uint64_t salt) const { return SipHash(seed_, salt)(octets); }
    AttributesId find(const Fingerprint& known_as) const;  // counts no reference
    void remember(const Fingerprint& known_as, AttributesId id);

    // The set with this next hop, with one more reference.
    AttributesId intern(const PathAttributes& attributes, NextHopId next_hop);
    // A route of our own: it has a next hop and nothing else.
    AttributesId intern_local(NextHopId next_hop);

    void add_reference(AttributesId id) { ++sets_[id].references; }
    // True: that was the last reference and the set is gone; `next_hop` is no longer used by it.
    bool release(AttributesId id, NextHopId& next_hop);

    const AttributeSummary& summary(AttributesId id) const { return sets_[id].summary; }
    PathAttributes attributes(AttributesId id) const;  // decodes
    IpAddress next_hop(AttributesId id) const;         // of these, alone
    std::uint32_t references(AttributesId id) const { return sets_[id].references; }

    std::uint32_t size() const { return sets_.used(); }
    std::size_t bytes() const;

private:
    struct Set {
        AttributeSummary summary;
        std::uint32_t references = 0;
        std::uint32_t hash = 0;
        std::uint32_t size = 0;
        std::uint32_t known_high = 0;
        std::uint64_t known_low = 0;  // fingerprint of octets that mean this; 0: none
        std::unique_ptr<std::uint8_t[]> octets;
        Bytes packed() const { return {octets.get(), size}; }
    };
    AttributesId intern_packed(const AttributeSummary& summary);
    void forget(AttributesId id);
    static std::uint32_t known_hash(std::uint64_t low) { return static_cast<std::uint32_t>(low >> 16); }

    std::uint64_t seed_;
    ChunkedPool<Set, 8> sets_;
    IdIndex by_content_, by_fingerprint_;
    std::vector<std::uint8_t> scratch_;
    std::size_t octets_ = 0;
};

}  // namespace dunlin::bgp
