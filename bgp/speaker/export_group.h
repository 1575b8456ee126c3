// Neighbours that are sent the same: one Adj-RIB-Out of both families, and messages made once, when one of
// them can take some. Prefixes that wait are bucketed by what is sent for them and packed until the message
// is full. What may be sent is asked of bgp/policy. RFC 4271 9.1.3 and 9.2, RFC 4724 2, RFC 7313 4.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bgp/policy/export_policy.h"
#include "bgp/policy/propagate.h"
#include "bgp/rib/adj_rib_out.h"
#include "bgp/rib/rib.h"
#include "bgp/speaker/export_member.h"
#include "bgp/wire/encode.h"

namespace dunlin::bgp {

// What the members have in common, of one family.
struct ExportTerms {
    bool carried = false;
    bool extended_next_hop = false;  // RFC 8950: IPv4 with an IPv6 next hop may be sent
    OutgoingContext context;
    PackContext pack;
    Shared<FilterChain> filter;  // first; of what it says nothing the policy decides
    Shared<ExportPolicy> policy;
};
struct GroupTerms {
    Target target;  // without peer and router_id
    EncodeContext encode;
    std::uint32_t default_priority = 1024;
    bool enhanced_refresh = false;  // RFC 7313 was agreed on
    std::array<ExportTerms, 2> families;

    ExportTerms& of(Family family) { return families[static_cast<std::size_t>(family)]; }
    const ExportTerms& of(Family family) const { return families[static_cast<std::size_t>(family)]; }
};
bool same(const GroupTerms& a, const GroupTerms& b);

// Room to work in, shared by all groups; empty between two pulls.
struct ExportScratch {
    struct Item {  // owns a reference to octets
        OctetStore::Id octets = 0;
        NetId net = 0;
        PathId path{1};
    };
    // What was worked out for the last paths; owns a reference to octets.
    struct Known {
        AttributesId attributes = 0;
        SourceId source = 0;
        const FilterRule* rule = nullptr;  // whose operations were done; null: none
        OctetStore::Id octets = 0;
    };
    // The last path as it would leave, which is what the rules of a filter look at.
    struct Prepared {
        AttributesId attributes = 0;
        SourceId source = 0;
        Family family = Family::ipv4;
        bool refused = false;
        PathAttributes out;
    };
    Prepared prepared;
    std::vector<Known> known;
    std::vector<NetId> nets;
    std::vector<Item> items;
    std::vector<Nlri> nlri, withdrawn;
    std::vector<std::pair<NotFor, Nlri>> withdrawn_from_some;  // not all members have it
    std::vector<std::uint8_t> octets;
};

// A path as it was sent. Without add-path there is one of a prefix, under kOnlyPath.
inline constexpr PathId kOnlyPath{1};
struct SentPath {
    PathId id;
    OctetStore::Id octets = 0;
};

class ExportGroup {
public:
    // `sources`: by SourceId.
    ExportGroup(GroupTerms terms, Rib& rib, OctetStore& octets, const std::vector<RouteSource>& sources,
                ExportScratch& scratch);
    ~ExportGroup();
    ExportGroup(const ExportGroup&) = delete;
    ExportGroup& operator=(const ExportGroup&) = delete;

    // --- members ---
    // It has nothing yet. True: the others have to be told, too.
    bool join(ExportMember& member);
    void leave(ExportMember& member);
    const std::vector<ExportMember*>& members() const { return members_; }
    // A group without members that has sent the same; move() takes one there with all that it has yet to
    // take.
    std::unique_ptr<ExportGroup> split();
    void move(ExportMember& member, ExportGroup& to);
    // One that is far behind the others, which it must not hold up; nullptr: none.
    ExportMember* slow_member();

    const GroupTerms& terms() const { return terms_; }
    // Other policy or contexts: everything is looked at again, and what is different is sent.
    void change(GroupTerms terms);
    // True: the group was at rest, and its members have to be told.
    bool mark(Family family, NetId id);
    // More than the best path is sent, so that changes behind it matter, too.
    bool many(Family family) const { return terms_.of(family).pack.add_path; }
    void send_again(ExportMember& member, Family family);  // RFC 2918

    bool has_output(const ExportMember& member) const;
    // Whole messages, about kChunkTarget of them; nullptr: none for now.
    Chunk next(ExportMember& member);

    std::uint32_t exported(const ExportMember& member, Family family) const;
    bool sent(const ExportMember& member, Family family, NetId id) const;
    std::size_t pending(Family family) const { return of(family).adj.pending(); }
    std::size_t bytes() const { return of(Family::ipv4).adj.bytes() + of(Family::ipv6).adj.bytes(); }

private:
    struct State {
        AdjRibOut adj;
        // How many prefixes were sent that are not for one neighbour: by PeerId, and by originator.
        std::vector<std::uint32_t> from_peer;
        std::unordered_map<std::uint32_t, std::uint32_t> from_originator;
    };

    State& of(Family family) { return states_[static_cast<std::size_t>(family)]; }
    const State& of(Family family) const { return states_[static_cast<std::size_t>(family)]; }
    bool idle() const;

    bool add(ExportMember& member);  // true: everything is looked at again

    // export_group.cc: from the table to the batch
    bool pull();
    template <class Table>
    std::shared_ptr<ExportBatch> fill(Table& table);
    template <class Table>
    void sort_out(Table& table, ExportBatch& batch);
    template <class Table>
    void write_items(Table& table, std::vector<std::uint8_t>& out, ExportBatch& batch);
    template <class Table>
    std::size_t write_bucket(const Table& table, std::size_t from, std::size_t to,
                             std::vector<std::uint8_t>& out);
    template <class Table>
    void finish(Table& table, NetId id, OctetStore::Id now);  // takes the reference
    void count(Family family, OctetStore::Id octets, bool add);
    void withdraw(const NotFor& was_not_for, const Nlri& nlri);
    void withdraw_from_excluded(const Nlri& nlri, OctetStore::Id before, OctetStore::Id now,
                                ExportBatch& batch);
    void write_withdrawals(Family family, std::vector<std::uint8_t>& out, ExportBatch& batch);
    bool concerns_member(const NotFor& not_for) const;

    // export_evaluate.cc: what is sent for a path
    template <class Table>
    OctetStore::Id evaluate_best(const Table& table, NetId id);
    template <class Table>
    OctetStore::Id evaluate(const Table& table, NetId id, const Path& path);
    using Added = std::vector<const PrefixCommunities*>;
    const ExportScratch::Prepared& prepare(Family family, const Path& path);
    OctetStore::Id known_octets(Family family, const Path& path, const Added& added, const FilterRule* rule);
    OctetStore::Id make_octets(Family family, const Path& path, const Added& added, const FilterRule* rule);
    std::uint32_t priority_of(const Path& path) const;
    void forget_known();

    // export_paths.cc: RFC 7911
    template <class F>
    void for_each_sent(Family family, OctetStore::Id sent, F f) const {
        if (sent == 0) return;
        if (!many(family)) return f(SentPath{kOnlyPath, sent});
        ByteReader in(octets_[sent]);
        while (!in.empty()) {
            const PathId id(in.u32());
            f(SentPath{id, in.u32()});
        }
    }
    std::vector<SentPath> sent_paths(Family family, OctetStore::Id sent) const;
    void hold_sent(Family family, OctetStore::Id sent);
    void release_sent(Family family, OctetStore::Id sent);
    template <class Table>
    std::vector<SentPath> evaluate_paths(const Table& table, NetId id);
    template <class Table>
    void sort_out_paths(Table& table, ExportBatch& batch);
    NotFor not_for_of(Family family, OctetStore::Id sent) const;

    // export_member.cc: from the batch to a member
    Chunk render(const ExportBatch& batch, const ExportMember& member) const;
    Chunk catch_up(ExportMember& member, Family family);
    template <class Table>
    void catch_up(const Table& table, ExportMember& member, std::vector<std::uint8_t>& out);
    Chunk end_marks(ExportMember& member) const;

    GroupTerms terms_;
    Rib& rib_;
    OctetStore& octets_;
    const std::vector<RouteSource>& sources_;
    ExportScratch& scratch_;
    std::array<State, 2> states_;
    std::vector<ExportMember*> members_;
    bool told_ = true;          // the members know that there is something to take
    bool may_be_slow_ = false;  // a member: there are batches that not all have taken
};

// What is kept of a prefix that was sent: whom it is not for, the next hop (4, 16 or 32 octets, after their
// number), then the attributes as they are on the wire.
struct SentOctets {
    NotFor not_for;
    NextHop next_hop;
    Bytes attributes;
};
SentOctets parse_sent(Bytes octets);
NotFor parse_not_for(Bytes octets);

}  // namespace dunlin::bgp
