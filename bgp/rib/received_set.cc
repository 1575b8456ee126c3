#include "bgp/rib/received_set.h"

namespace dunlin::bgp {

ReceivedSet::~ReceivedSet() {
    for (const auto& [nlri, entry] : entries_) rib_.release(entry.attributes);
}

void ReceivedSet::keep(const Nlri& nlri, AttributesId attributes, bool refused, std::uint32_t now_s) {
    auto at = entries_.find(nlri);
    if (at == entries_.end()) {
        if (entries_.size() >= most_) {
            complete_ = false;
            return;
        }
        at = entries_.emplace(nlri, Entry{}).first;
    }
    Entry& entry = at->second;
    rib_.store().add_reference(attributes);
    if (entry.attributes != 0) rib_.release(entry.attributes);
    refused_ += refused ? 1 : 0;
    refused_ -= entry.refused ? 1 : 0;
    entry = {attributes, round_, now_s, refused};
}

void ReceivedSet::forget(std::span<const Nlri> nlri) {
    if (entries_.empty()) return;
    for (const Nlri& each : nlri) {
        const auto at = entries_.find(each);
        if (at != entries_.end()) erase(at);
    }
}

ReceivedSet::Entries::iterator ReceivedSet::erase(Entries::iterator at) {
    rib_.release(at->second.attributes);
    refused_ -= at->second.refused ? 1 : 0;
    return entries_.erase(at);
}

AttributesId ReceivedSet::find(const Nlri& nlri) const {
    const auto at = entries_.find(nlri);
    return at == entries_.end() ? 0 : at->second.attributes;
}

std::vector<Nlri> ReceivedSet::all() const {
    std::vector<Nlri> out;
    out.reserve(entries_.size());
    for (const auto& [nlri, entry] : entries_) {
        if (entry.round == round_) out.push_back(nlri);
    }
    return out;
}

void ReceivedSet::begin_refresh() {
    ++round_;
    complete_ = true;
}

// What stays was said since begin_refresh, so that this costs no more than what the neighbour sent.
void ReceivedSet::end_refresh() {
    for (auto at = entries_.begin(); at != entries_.end();) {
        at = at->second.round == round_ ? std::next(at) : erase(at);
    }
}

}  // namespace dunlin::bgp
