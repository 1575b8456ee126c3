#include "bgp/rib/attribute_store.h"

#include <algorithm>
#include <cstring>

#include "bgp/rib/attribute_codec.h"

namespace dunlin::bgp {
namespace {

std::uint16_t narrow(std::size_t n) { return static_cast<std::uint16_t>(std::min<std::size_t>(n, 0xffff)); }

AttributeSummary summarise(const PathAttributes& a, NextHopId next_hop) {
    AttributeSummary out;
    out.local_pref = a.local_pref.value_or(kDefaultLocalPref);
    out.med = a.med.value_or(0);
    out.neighbour_as = a.as_path.first().value_or(Asn(0)).value();
    out.originator_id = a.originator_id.value_or(RouterId(0)).value();
    out.next_hop = next_hop;
    out.as_path_length = narrow(a.as_path.length());
    out.cluster_list_length = narrow(a.cluster_list.size());
    out.origin = a.origin;
    out.llgr_stale = has_community(a, kLlgrStale);
    out.no_llgr = has_community(a, kNoLlgr);
    return out;
}

}  // namespace

AttributesId AttributeStore::find(const Fingerprint& known_as) const {
    return by_fingerprint_.find(known_hash(known_as.low), [&](AttributesId id) {
        const Set& set = sets_[id];
        return set.known_low == known_as.low && set.known_high == static_cast<std::uint32_t>(known_as.high);
    });
}

void AttributeStore::remember(const Fingerprint& known_as, AttributesId id) {
    if (known_as.low == 0) return;  // stands for none
    forget(id);
    Set& set = sets_[id];
    set.known_low = known_as.low;
    set.known_high = static_cast<std::uint32_t>(known_as.high);
    by_fingerprint_.insert(known_hash(known_as.low), id,
                           [this](AttributesId other) { return known_hash(sets_[other].known_low); });
}

void AttributeStore::forget(AttributesId id) {
    Set& set = sets_[id];
    if (set.known_low == 0) return;
    by_fingerprint_.erase(known_hash(set.known_low), id);
    set.known_low = 0;
}

AttributesId AttributeStore::intern(const PathAttributes& attributes, NextHopId next_hop) {
    scratch_.assign(1, 1);
    pack(attributes, scratch_);
    return intern_packed(summarise(attributes, next_hop));
}

AttributesId AttributeStore::intern_local(NextHopId next_hop) {
    scratch_.assign(1, 0);
    AttributeSummary summary;
    summary.next_hop = next_hop;
    return intern_packed(summary);
}

AttributesId AttributeStore::intern_packed(const AttributeSummary& summary) {
    const std::uint64_t low = SipHash(seed_, summary.next_hop)(Bytes(scratch_)).low;
    const auto hash = static_cast<std::uint32_t>(low);
    const AttributesId found = by_content_.find(hash, [&](AttributesId id) {
        const Set& set = sets_[id];
        return set.hash == hash && set.summary.next_hop == summary.next_hop &&
               std::equal(scratch_.begin(), scratch_.end(), set.packed().begin(), set.packed().end());
    });
    if (found != 0) {
        ++sets_[found].references;
        return found;
    }
    const AttributesId id = sets_.allocate();
    Set& set = sets_[id];
    set.summary = summary;
    set.references = 1;
    set.hash = hash;
    set.size = static_cast<std::uint32_t>(scratch_.size());
    set.octets = std::make_unique<std::uint8_t[]>(scratch_.size());
    std::memcpy(set.octets.get(), scratch_.data(), scratch_.size());
    octets_ += scratch_.size();
    by_content_.insert(hash, id, [this](AttributesId other) { return sets_[other].hash; });
    return id;
}

bool AttributeStore::release(AttributesId id, NextHopId& next_hop) {
    Set& set = sets_[id];
    assert(set.references > 0);
    if (--set.references > 0) return false;
    next_hop = set.summary.next_hop;
    forget(id);
    by_content_.erase(set.hash, id);
    octets_ -= set.size;
    sets_.free(id);
    return true;
}

PathAttributes AttributeStore::attributes(AttributesId id) const {
    const Bytes packed = sets_[id].packed();
    return packed.front() == 0 ? PathAttributes() : unpack(packed.subspan(1));
}

IpAddress AttributeStore::next_hop(AttributesId id) const {
    const Bytes packed = sets_[id].packed();
    return packed.front() == 0 ? IpAddress() : unpack_next_hop(packed.subspan(1));
}

std::size_t AttributeStore::bytes() const {
    return octets_ + sets_.bytes() + by_content_.bytes() + by_fingerprint_.bytes();
}

}  // namespace dunlin::bgp
