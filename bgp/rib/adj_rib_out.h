// What a neighbour, or a group of neighbours that are sent the same, has from us of one family: for each
// prefix the attributes last sent, and which prefixes have to be looked at again. It makes no messages. A
// prefix that is pending or announced is held in the table, so that its number stays.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bgp/rib/octet_store.h"
#include "bgp/rib/pending.h"

namespace dunlin::bgp {

class AdjRibOut {
public:
    OctetStore::Id sent(NetId id) const { return id < sent_.size() ? sent_[id] : 0; }
    std::uint32_t announced() const { return announced_; }
    std::size_t pending() const { return pending_.size(); }
    bool idle() const { return pending_.empty() && walk_ == 0; }

    template <class Table>
    void mark(NetId id, Table& table) {
        if (pending_.add(id) && sent(id) == 0) table.hold(id);
    }

    // All of the table has to be looked at: from the front, as it is asked for.
    void start_walk() { walk_ = 1; }

    // The next prefixes; each must be given to finish(), or to put_back(). None only when idle.
    template <class Table>
    void take(std::size_t most, std::vector<NetId>& out, Table& table) {
        while (walk_ != 0 && pending_.size() < most) advance(most - pending_.size(), table);
        pending_.take(most, out);
    }
    // Was taken and is not looked at after all.
    void put_back(NetId id) { pending_.add(id); }
    // The prefix was looked at, and this was sent, or nothing. The reference of what was sent before is
    // returned to the caller: it is to be released unless 0.
    template <class Table>
    OctetStore::Id finish(NetId id, OctetStore::Id now, Table& table) {
        const OctetStore::Id before = sent(id);
        if (before != now) {
            if (id >= sent_.size()) sent_.resize(std::max<std::size_t>(id + 1, table.end()));
            sent_[id] = now;
            announced_ += static_cast<std::uint32_t>(now != 0) - static_cast<std::uint32_t>(before != 0);
        }
        if (now == 0) table.drop_hold(id);
        return before;
    }
    // The neighbour has nothing any more; `release(id)` for every reference.
    template <class Table, class Release>
    void clear(Table& table, Release release) {
        std::vector<NetId> waiting;
        pending_.take(pending_.size(), waiting);
        for (const NetId id : waiting) {
            if (sent(id) == 0) table.drop_hold(id);
        }
        for (NetId id = 1; id < sent_.size(); ++id) {
            if (sent_[id] == 0) continue;
            release(sent_[id]);
            sent_[id] = 0;
            table.drop_hold(id);
        }
        *this = AdjRibOut();
    }
    // `to`, which is empty, has sent and has to send the same; `add_reference(id)` for every reference.
    template <class Table, class AddReference>
    void copy_to(AdjRibOut& to, Table& table, AddReference add_reference) const {
        to = *this;
        for (NetId id = 1; id < table.end(); ++id) {
            if (sent(id) != 0) add_reference(sent(id));
            if (sent(id) != 0 || pending_.contains(id)) table.hold(id);
        }
    }
    std::size_t bytes() const { return sent_.capacity() * sizeof(OctetStore::Id); }

private:
    static constexpr NetId kScan = 65536;  // numbers looked at in one go, when most are not in use

    template <class Table>
    void advance(std::size_t most, Table& table) {
        const NetId end = table.end();
        for (NetId scanned = 0; walk_ < end && most > 0 && scanned < kScan; ++walk_, ++scanned) {
            if (!table.exists(walk_)) continue;
            mark(walk_, table);
            --most;
        }
        if (walk_ >= end) walk_ = 0;
    }

    std::vector<OctetStore::Id> sent_;
    Pending pending_;
    NetId walk_ = 0;  // the next to look at; 0: no walk
    std::uint32_t announced_ = 0;
};

}  // namespace dunlin::bgp
