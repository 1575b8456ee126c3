// The tables of both families with what they share: attributes, next hops and sources. Takes routes in,
// decides which is best, and says of which prefixes that changed. Policy and messages are elsewhere. Long
// work (routes of lost sessions, next hops that changed) is done in slices. RFC 4271 3.2 and 9.1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bgp/rib/attribute_store.h"
#include "bgp/rib/decision.h"
#include "bgp/rib/next_hop.h"
#include "bgp/rib/table.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// What the decision process asks of where a path is from.
struct SourceFacts {
    bool ebgp = false;
    std::uint32_t router_id = 0;
    IpAddress address;
};
constexpr SourceId source_of(LocalProtocol protocol) {
    return static_cast<SourceId>(1 + static_cast<unsigned>(protocol));
}
constexpr bool is_local(SourceId source) { return source <= kLocalProtocols; }

// Of a prefix. RFC 7911 has no bound; ever new path identifiers must not grow a list that is walked for each
// of them.
inline constexpr std::size_t kMostPathsOfSource = 64;

class RibObserver {
public:
    // `best`: the best path or its attributes; else only paths behind it changed.
    virtual void changed(Family family, NetId id, bool best) = 0;

protected:
    ~RibObserver() = default;
};

class Rib : private NextHopTable::Routes {
public:
    Rib(std::uint64_t seed, RibObserver& observer);

    // --- sources ---
    SourceId add_source(const SourceFacts& facts);
    // The same neighbour in a new session, where its routes were kept (RFC 4724 4.2).
    void change_source(SourceId source, const SourceFacts& facts) { sources_[source].facts = facts; }
    // Its routes are taken out in slices; the number is free again when all are gone.
    void remove_source(SourceId source);
    const SourceFacts& source(SourceId source) const { return sources_[source].facts; }
    std::uint32_t paths_of(SourceId source, Family family) const { return sources_[source].of(family).paths; }
    // The source says all of a family again (RFC 7313 4): its paths are stale until it does, and those that
    // it left out go when it is through, in slices.
    void begin_refresh(SourceId source, Family family);
    void end_refresh(SourceId source, Family family);
    // What is stale becomes the last choice (RFC 9494 4.2): it bears LLGR_STALE, or goes if it bears NO_LLGR;
    // in slices.
    void begin_long_lived(SourceId source, Family family);
    bool stale(const Path& path, Family family) const {
        return path.generation != sources_[path.source].of(family).generation;
    }
    // How many a family may have; what is new beyond is refused by announce.
    void set_limit(SourceId source, std::uint32_t limit) { sources_[source].limit = limit; }

    // --- routes in ---
    // A set of attributes with one reference for the caller, who gives it back with release().
    AttributesId intern(const PathAttributes& attributes, const std::string& interface);
    void release(AttributesId id);
    AttributeStore& store() { return store_; }
    const AttributeStore& store() const { return store_; }
    const NextHopTable& next_hops() const { return next_hops_; }

    struct Incoming {
        SourceId source = 0;
        AttributesId attributes = 0;
        std::uint8_t preference = kPreferenceBgp;
        std::uint32_t now_s = 0;
    };
    // All of one family. Returns how many were refused: by the limit of the source, or beyond
    // kMostPathsOfSource of a prefix.
    std::size_t announce(std::span<const Nlri> nlri, const Incoming& route);
    void withdraw(std::span<const Nlri> nlri, SourceId source);
    void announce(LocalProtocol protocol, const Prefix& prefix, const LocalRoute& route, std::uint32_t now_s);
    void withdraw(LocalProtocol protocol, const Prefix& prefix);

    // True: there is more to do.
    bool run_slice(std::size_t prefixes);
    bool has_work() const { return resolve_ || reevaluating_ || sweeps_ > 0; }

    // --- reading ---
    const Table<Family::ipv4>& ipv4() const { return ipv4_; }
    const Table<Family::ipv6>& ipv6() const { return ipv6_; }
    // Calls f with the table of the family.
    template <class F>
    decltype(auto) with_table(Family family, F f) {
        return family == Family::ipv4 ? f(ipv4_) : f(ipv6_);
    }
    template <class F>
    decltype(auto) with_table(Family family, F f) const {
        return family == Family::ipv4 ? f(ipv4_) : f(ipv6_);
    }
    // All paths of a prefix, decided anew: in order, with the step at which each fell.
    template <class Table>
    std::vector<Candidate> decided(const Table& table, NetId id) const {
        std::vector<Candidate> out;
        collect(table, id, out);
        decide(out);
        return out;
    }
    const Resolution& resolution(const Path& path) const {
        return next_hops_.resolution(store_.summary(path.attributes).next_hop);
    }
    const LocalRoute* local(const Path& path) const {
        return next_hops_.local(store_.summary(path.attributes).next_hop);
    }

private:
    struct Source {
        SourceFacts facts;
        bool used = false;
        bool dead = false;
        std::uint32_t limit = 0;  // 0: none
        struct PerFamily {
            std::uint32_t paths = 0;
            std::uint8_t generation = 0;
            std::uint8_t kept = 0;  // of a sweep: what is of this one, or newer, stays
            bool sweeping = false;
            bool demoting = false;
        };
        std::array<PerFamily, 2> families;
        PerFamily& of(Family family) { return families[static_cast<std::size_t>(family)]; }
        const PerFamily& of(Family family) const { return families[static_cast<std::size_t>(family)]; }
        std::uint32_t all_paths() const { return families[0].paths + families[1].paths; }
    };

    const LocalRoute* find(const IpAddress& address) const override;
    Candidate candidate(const Path& path, PathIndex index) const;
    template <class Table>
    void collect(const Table& table, NetId id, std::vector<Candidate>& out) const;
    template <class Table>
    std::size_t announce_to(Table& table, std::span<const Nlri> nlri, const Incoming& route);
    template <class Table>
    void withdraw_from(Table& table, std::span<const Nlri> nlri, SourceId source);
    template <class Table>
    bool refuses(const Table& table, NetId known, std::uint32_t path_id, SourceId source, bool full) const;
    template <class Table>
    bool insert(Table& table, NetId id, std::uint32_t path_id, const Incoming& route);
    template <class Table>
    void remove(Table& table, NetId id, PathIndex index);
    template <class Table>
    void decide_again(Table& table, NetId id, std::pair<PathIndex, AttributesId> best_before,
                      bool removed = false);
    template <class Table>
    std::pair<PathIndex, AttributesId> best_of(const Table& table, NetId id) const;
    template <class Table>
    void visit(Table& table, NetId id);
    template <class Table>
    std::size_t visit_some(Table& table, std::size_t prefixes);
    void finish_walk();
    bool leaves(const Path& path, Family family) const;
    bool demotes(const Path& path, Family family) const;
    template <class Table>
    void demote(Table& table, NetId id, PathIndex index);

    RibObserver& observer_;
    AttributeStore store_;
    NextHopTable next_hops_;
    Table<Family::ipv4> ipv4_;
    Table<Family::ipv6> ipv6_;
    std::vector<Source> sources_;
    std::vector<Candidate> scratch_;
    // Sources that are gone, families of a source that were said again or that become the last choice.
    std::uint32_t sweeps_ = 0;
    bool resolve_ = false;       // a local route changed
    bool reevaluating_ = false;  // the walk looks for next hops that changed
    bool walk_again_ = false;    // something new to look for since the walk began
    Family walk_family_ = Family::ipv4;
    NetId walk_ = 0;  // the next; 0: no walk
};

}  // namespace dunlin::bgp
