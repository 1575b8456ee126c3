// The table of one family: every path of every protocol (Adj-RIB-In and Loc-RIB in one). A flat hash from the
// prefix to a dense number, by which everything else about a prefix is kept in arrays. Paths are small and in
// a pool; the best one is the first of its prefix. Which one is best is decided in decision.h.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>

#include "bgp/rib/attribute_store.h"
#include "bgp/rib/chunked_pool.h"
#include "bgp/rib/id_index.h"
#include "bgp/rib/packed_prefix.h"

namespace dunlin::bgp {

using NetId = std::uint32_t;      // of a prefix; 0: none. Used again when the prefix is gone.
using PathIndex = std::uint32_t;  // 0: none
using SourceId = std::uint16_t;   // of a local protocol, or of one session of a neighbour

struct Path {
    AttributesId attributes = 0;
    PathIndex next = 0;
    std::uint32_t since = 0;  // seconds
    std::uint32_t path_id = 0;
    SourceId source = 0;
    std::uint8_t preference = 0;
    std::uint8_t generation = 0;  // of the source when it was last announced: an older one is stale
};
static_assert(sizeof(Path) == 20);

template <Family kFamily>
struct Net {
    std::array<std::uint32_t, PackedPrefix<kFamily>::kWords> words{};
    PathIndex first = 0;
    std::uint16_t holders = 0;  // neighbours (groups) and the kernel, where something is left to withdraw
    std::uint8_t length = 0;
    bool usable = false;  // the first path is the best one, and its next hop is reachable

    PackedPrefix<kFamily> key() const { return {words, length}; }
    Prefix prefix() const { return key().prefix(); }
};
static_assert(sizeof(Net<Family::ipv4>) == 12);

template <Family kFamily>
class Table {
public:
    using Key = PackedPrefix<kFamily>;
    static constexpr Family kFamilyOf = kFamily;

    explicit Table(std::uint64_t seed) : seed_(seed) {}

    std::uint32_t hash(const Key& key) const { return key.hash(seed_); }
    // Two steps ahead of find: first the place in the index, then what stands there. Inlined by force: GCC 12
    // takes a function that only prefetches for one without effect and drops the call.
    [[gnu::always_inline]] void prefetch_slot(std::uint32_t hash) const { index_.prefetch(hash); }
    [[gnu::always_inline]] void prefetch_net(std::uint32_t hash) const {
        if (const NetId id = index_.guess(hash)) __builtin_prefetch(&nets_[id]);
    }
    [[gnu::always_inline]] void prefetch_path(std::uint32_t hash) const {
        if (const NetId id = index_.guess(hash)) {
            if (const PathIndex first = nets_[id].first) __builtin_prefetch(&paths_[first]);
        }
    }
    // Without a path it goes with its last holder, which takes it out of the index.
    [[gnu::always_inline]] void prefetch_removal(NetId id) const {
        if (nets_[id].first == 0) prefetch_slot(hash(nets_[id].key()));
    }

    NetId find(const Key& key) const { return find(key, hash(key)); }
    NetId find(const Key& key, std::uint32_t hash) const {
        return index_.find(hash, [&](NetId id) {
            const Net<kFamily>& net = nets_[id];
            return net.words == key.words && net.length == key.length;
        });
    }
    NetId find_or_add(const Key& key, std::uint32_t hash) {
        if (const NetId found = find(key, hash)) return found;
        const NetId id = nets_.allocate();
        nets_[id].words = key.words;
        nets_[id].length = key.length;
        index_.insert(hash, id, [this](NetId other) { return this->hash(nets_[other].key()); });
        ++of_length_[key.length];
        return id;
    }

    const Net<kFamily>& net(NetId id) const { return nets_[id]; }
    void set_usable(NetId id, bool usable) { nets_[id].usable = usable; }
    const Path& path(PathIndex index) const { return paths_[index]; }
    Path& path(PathIndex index) { return paths_[index]; }
    // The best path that can be used; 0: none.
    PathIndex best(NetId id) const { return nets_[id].usable ? nets_[id].first : 0; }
    bool exists(NetId id) const { return nets_[id].first != 0 || nets_[id].holders != 0; }

    PathIndex find_path(NetId id, SourceId source, std::uint32_t path_id) const {
        PathIndex at = nets_[id].first;
        while (at != 0 && (paths_[at].source != source || paths_[at].path_id != path_id))
            at = paths_[at].next;
        return at;
    }
    std::size_t paths_of(NetId id, SourceId source) const {
        std::size_t count = 0;
        for (PathIndex at = nets_[id].first; at != 0; at = paths_[at].next)
            count += paths_[at].source == source ? 1 : 0;
        return count;
    }
    PathIndex add_path(NetId id, const Path& path) {
        const PathIndex index = paths_.allocate();
        paths_[index] = path;
        PathIndex* link = &nets_[id].first;
        while (*link != 0) link = &paths_[*link].next;
        *link = index;
        paths_[index].next = 0;
        return index;
    }
    // Gives up no reference to attributes: that is for the caller.
    void remove_path(NetId id, PathIndex index) {
        unlink(id, index);
        paths_.free(index);
    }
    void make_first(NetId id, PathIndex index) {
        if (nets_[id].first == index) return;
        unlink(id, index);
        paths_[index].next = nets_[id].first;
        nets_[id].first = index;
    }

    // As long as there is a holder the number of a prefix is not used again.
    void hold(NetId id) { ++nets_[id].holders; }
    void drop_hold(NetId id) {
        assert(nets_[id].holders > 0);
        --nets_[id].holders;
        remove_if_unused(id);
    }
    void remove_if_unused(NetId id) {
        Net<kFamily>& net = nets_[id];
        if (net.first != 0 || net.holders != 0) return;
        index_.erase(hash(net.key()), id);
        --of_length_[net.length];
        nets_.free(id);
    }

    // The longest prefix that holds the address and satisfies `accept(NetId)`; 0: none.
    template <class Accept>
    NetId longest_match(const IpAddress& address, Accept accept) const {
        for (unsigned length = bits(kFamily) + 1; length-- > 0;) {
            if (of_length_[length] == 0) continue;
            const NetId id = find(Key::from(*Prefix::from(address, length)));
            if (id != 0 && accept(id)) return id;
        }
        return 0;
    }

    NetId end() const { return nets_.end(); }  // every number in use is below
    std::uint32_t prefixes() const { return nets_.used(); }
    std::uint32_t paths() const { return paths_.used(); }
    std::size_t bytes() const { return nets_.bytes() + paths_.bytes() + index_.bytes(); }

private:
    void unlink(NetId id, PathIndex index) {
        PathIndex* link = &nets_[id].first;
        while (*link != index) link = &paths_[*link].next;
        *link = paths_[index].next;
    }

    std::uint64_t seed_;
    IdIndex index_;
    ChunkedPool<Net<kFamily>> nets_;
    ChunkedPool<Path> paths_;
    std::array<std::uint32_t, bits(kFamily) + 1> of_length_{};
};

}  // namespace dunlin::bgp
