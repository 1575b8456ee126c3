// What is sent to a neighbour: its Adj-RIB-Out of both families, and the making of UPDATEs when it can take
// them. Prefixes that wait are bucketed by what is sent for them and packed until the message is full. What
// may be sent is asked of bgp/policy. RFC 4271 9.1.3 and 9.2, RFC 4724 2, RFC 7313 4.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/policy/export_policy.h"
#include "bgp/policy/propagate.h"
#include "bgp/rib/adj_rib_out.h"
#include "bgp/rib/chunk.h"
#include "bgp/rib/rib.h"
#include "bgp/wire/encode.h"

namespace dunlin::bgp {

// What all members of a group have in common, of one family.
struct ExportTerms {
    bool carried = false;
    OutgoingContext context;
    PackContext pack;
    ExportPolicy policy;
    friend bool operator==(const ExportTerms&, const ExportTerms&) = default;
};
struct GroupTerms {
    Target target;
    EncodeContext encode;
    std::uint32_t default_priority = 1024;
    bool enhanced_refresh = false;  // RFC 7313 was agreed on
    std::array<ExportTerms, 2> families;

    ExportTerms& of(Family family) { return families[static_cast<std::size_t>(family)]; }
    const ExportTerms& of(Family family) const { return families[static_cast<std::size_t>(family)]; }
};

// Room to work in, shared by all groups; empty between two pulls.
struct ExportScratch {
    struct Item {  // owns a reference to octets
        OctetStore::Id octets = 0;
        NetId net = 0;
    };
    // What was worked out for the last paths; owns a reference to octets.
    struct Known {
        AttributesId attributes = 0;
        SourceId source = 0;
        OctetStore::Id octets = 0;
    };
    std::vector<Known> known;
    std::vector<NetId> batch;
    std::vector<Item> items;
    std::vector<Nlri> nlri, withdrawn;
    std::vector<std::uint8_t> octets;
};

class ExportGroup {
public:
    // `sources`: by SourceId.
    ExportGroup(GroupTerms terms, Rib& rib, OctetStore& octets, const std::vector<RouteSource>& sources,
                ExportScratch& scratch);
    ~ExportGroup();
    ExportGroup(const ExportGroup&) = delete;
    ExportGroup& operator=(const ExportGroup&) = delete;

    const GroupTerms& terms() const { return terms_; }
    // Other policy or contexts: everything is looked at again, and what is different is sent.
    void change(GroupTerms terms);
    void mark(Family family, NetId id);
    // The neighbour asks for all (RFC 2918).
    void send_again(Family family);
    bool has_output() const;
    // Whole messages, about kChunkTarget of them; nullptr: none.
    Chunk pull();

    std::uint32_t announced(Family family) const { return of(family).adj.announced(); }
    std::size_t pending(Family family) const { return of(family).adj.pending(); }
    bool sent(Family family, NetId id) const { return of(family).adj.sent(id) != 0; }
    bool end_of_rib_sent(Family family) const { return of(family).end_of_rib_sent; }
    std::size_t bytes() const { return of(Family::ipv4).adj.bytes() + of(Family::ipv6).adj.bytes(); }

private:
    struct State {
        AdjRibOut adj;
        bool end_of_rib_sent = false;
        bool begin_refresh = false;  // RFC 7313: BoRR is to be sent
        bool end_refresh = false;    // and EoRR when all was sent
    };
    State& of(Family family) { return states_[static_cast<std::size_t>(family)]; }
    const State& of(Family family) const { return states_[static_cast<std::size_t>(family)]; }
    template <class Table>
    void fill(Table& table, std::vector<std::uint8_t>& out);
    template <class Table>
    void sort_out(Table& table, const std::vector<NetId>& ids);
    template <class Table>
    void write_items(Table& table, std::vector<std::uint8_t>& out);
    template <class Table>
    std::size_t write_bucket(Table& table, std::size_t from, std::size_t to, std::vector<std::uint8_t>& out);
    template <class Table>
    void finish(Table& table, NetId id, OctetStore::Id now);  // takes the reference
    template <class Table>
    OctetStore::Id evaluate(const Table& table, NetId id);
    OctetStore::Id known_octets(Family family, const Path& path,
                                const std::vector<const PrefixCommunities*>& added);
    OctetStore::Id make_octets(Family family, const Path& path,
                               const std::vector<const PrefixCommunities*>& added);
    std::uint32_t priority_of(const Path& path) const;
    void write_marks(Family family, std::vector<std::uint8_t>& out);
    void forget_known();

    GroupTerms terms_;
    Rib& rib_;
    OctetStore& octets_;
    const std::vector<RouteSource>& sources_;
    std::array<State, 2> states_;
    ExportScratch& scratch_;
};

}  // namespace dunlin::bgp
