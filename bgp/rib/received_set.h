// What a neighbour said where its import filter made something else of it, or nothing. With the paths in the
// table this is its Adj-RIB-In (RFC 4271 3.2): another filter can be applied to it without asking again.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "bgp/rib/rib.h"

namespace dunlin::bgp {

// One family of one session. Holds a reference to every set of attributes in it.
class ReceivedSet {
public:
    static constexpr std::size_t kMost = 1 << 20;

    explicit ReceivedSet(Rib& rib) : rib_(rib) {}
    ~ReceivedSet();
    ReceivedSet(const ReceivedSet&) = delete;
    ReceivedSet& operator=(const ReceivedSet&) = delete;

    // What is beyond `most` is not kept, and the neighbour has to be asked.
    void set_limit(std::size_t most) { most_ = most; }
    // `refused`: nothing of it is in the table.
    void keep(const Nlri& nlri, AttributesId attributes, bool refused, std::uint32_t now_s);
    // Withdrawn, or taken as it came.
    void forget(std::span<const Nlri> nlri);

    // 0: nothing is kept of it. What a refresh that is under way has not repeated counts as well.
    AttributesId find(const Nlri& nlri) const;
    std::vector<Nlri> all() const;  // without that
    // Calls f(nlri, attributes, since in seconds) for each of which nothing is in the table, in no order,
    // until it returns false.
    template <class F>
    void for_each_refused(F f) const {
        for (const auto& [nlri, entry] : entries_) {
            if (entry.refused && !f(nlri, entry.attributes, entry.since)) return;
        }
    }
    std::size_t size() const { return entries_.size(); }
    std::uint32_t refused() const { return refused_; }
    // False: more was said than is kept, and not yet said again.
    bool complete() const { return complete_; }

    // The neighbour says all of it again (RFC 2918 4): what does not fit is found out anew.
    void expect_again() { complete_ = true; }
    // Between these two (RFC 7313 4): what it does not repeat goes.
    void begin_refresh();
    void end_refresh();

private:
    struct Hash {
        std::size_t operator()(const Nlri& nlri) const noexcept {
            return std::hash<Prefix>()(nlri.prefix) + nlri.path_id.value() * 0x9e3779b97f4a7c15ULL;
        }
    };
    struct Entry {
        AttributesId attributes = 0;
        std::uint32_t round = 0;  // of the refreshes, when it was last said
        std::uint32_t since = 0;  // seconds
        bool refused = false;
    };
    using Entries = std::unordered_map<Nlri, Entry, Hash>;

    Entries::iterator erase(Entries::iterator at);

    Rib& rib_;
    std::size_t most_ = kMost;
    Entries entries_;
    std::uint32_t round_ = 0;
    std::uint32_t refused_ = 0;
    bool complete_ = true;
};

}  // namespace dunlin::bgp
