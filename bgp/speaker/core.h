// Inside of Speaker: neighbours, tables and what waits to be done. A part a file: core.cc (neighbours,
// sessions), receive.cc (octets in), import_filter.cc, refresh.cc (routes that are said again),
// session_routes.cc (what begins and ends with a session), restart.cc (what outlives one), fib.cc, views.cc.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bgp/policy/import.h"
#include "bgp/rib/adj_rib_out.h"
#include "bgp/rib/received_set.h"
#include "bgp/rib/rib.h"
#include "bgp/speaker.h"
#include "bgp/speaker/export_group.h"
#include "bgp/wire/framer.h"
#include "bgp/wire/update.h"

namespace dunlin::bgp {

// An import filter that is put to work on what was received before it.
struct Reimport {
    std::vector<Nlri> kept;  // of the received set
    NetId next = 0;          // of the table; 0: all are through
    bool due() const { return next != 0; }
};

// The routes of an Established session.
struct LiveSession {
    explicit LiveSession(Rib& rib) : received{ReceivedSet(rib), ReceivedSet(rib)} {}

    Slot slot = Slot::outgoing;
    Negotiated terms;
    SourceId source = 0;
    WireContext wire;
    ImportContext import;  // without own_addresses
    std::uint64_t import_salt = 0;
    ExportGroup* group = nullptr;
    std::unique_ptr<ExportMember> member;
    std::array<ReceivedSet, 2> received;  // what the import filter did not leave as it came
    std::array<Reimport, 2> reimports;
    std::array<std::uint32_t, 2> rejected{};
    std::array<bool, 2> end_of_rib_received{};
    std::array<bool, 2> limit_warned{};
    std::array<bool, 2> limited{};  // some were refused by the limit, and not kept
    // RFC 7313: BoRR has come, EoRR has not, and is not waited for any longer than this.
    std::array<Time, 2> refresh_until{kNever, kNever};
};

SessionType session_type(const Negotiated& terms);

// The routes of a session that ended, while the neighbour may come back and say them again (RFC 4724 4.2).
struct KeptRoutes {
    struct PerFamily {
        bool kept = false;
        bool long_lived = false;  // RFC 9494: the restart time is over
        Time until = kNever;
        Seconds long_lived_time{0};
    };
    SourceId source = 0;
    SessionType session = SessionType::external;
    bool notification = false;  // RFC 8538: what was stale before may stay
    std::array<PerFamily, 2> families;
};

struct Neighbour {
    PeerId id;
    std::string name;
    PeerSettings settings;
    Peer peer;
    std::array<std::optional<IpAddress>, 2> local_addresses;  // by Slot
    std::optional<LiveSession> live;
    std::optional<KeptRoutes> kept;  // beside a live session: until it has said all again
    UpdateCounters counters;
    std::optional<Time> malformed_told;
    std::uint64_t malformed_untold = 0;  // since then
    bool output_said = false;

    Neighbour(PeerId its_id, std::string its_name, PeerSettings its, std::uint32_t seed, Time now)
        : id(its_id),
          name(std::move(its_name)),
          settings(std::move(its)),
          peer(settings.session, seed, now) {}
};

class Speaker::Core final : private RibObserver {
public:
    explicit Core(const SpeakerSettings& settings);
    ~Core();

    // core.cc
    void configure(const SpeakerSettings& settings, const std::map<std::string, PeerSettings>& wanted,
                   Time now);
    std::optional<PeerId> find_peer(const IpAddress& remote) const;
    Neighbour* find(PeerId id);
    const Neighbour* find(PeerId id) const;
    Neighbour* find(const std::string& name);
    const Neighbour* find(const std::string& name) const;
    void perform(Neighbour& neighbour, std::vector<PeerAction> actions, Time now);
    std::vector<SpeakerAction> take_actions() { return std::exchange(actions_, {}); }
    bool run_slice(Time now);
    void tick(Neighbour& neighbour, Time now);
    Time next_deadline(const Neighbour& neighbour) const;

    // restart.cc
    void begin_restart(Time now);
    bool restarting() const { return restarting_; }

    // grouping.cc
    Chunk next_output(Neighbour& neighbour);

    // receive.cc
    std::size_t received(PeerId id, Slot slot, Bytes bytes, Time now);

    // refresh.cc
    void request_refresh(Neighbour& neighbour, Family family);
    bool has_work() const { return rib_.has_work() || reimporting_; }

    Rib& rib() { return rib_; }
    std::uint32_t seconds(Time now);

    // fib.cc
    void take_fib_changes(std::size_t max, const FibTaker& taker);
    bool fib_changes_pending() const { return !restarting_ && (!fib_[0].idle() || !fib_[1].idle()); }
    void start_fib();  // all of it once more

    // views.cc
    std::vector<PeerView> peers() const;
    PeerView view(const Neighbour& neighbour) const;
    std::uint32_t for_each_route(Family family, std::uint32_t from, std::size_t limit,
                                 const RouteCallback& each, const LiveSession* exported) const;
    bool for_each_filtered(Family family, std::size_t limit, const RouteCallback& each) const;
    std::optional<RouteView> lookup(const Prefix& prefix) const;
    std::optional<RouteView> longest_match(const IpAddress& address) const;
    SpeakerStats stats() const;

private:
    void changed(Family family, NetId id, bool best) override;

    // core.cc
    void apply_settings(const SpeakerSettings& settings);
    void add(const std::string& name, const PeerSettings& settings, Time now);
    void change(Neighbour& neighbour, const PeerSettings& settings, Time now);
    void remove(Neighbour& neighbour, Time now);
    void forget_address(const IpAddress& address, PeerId id);
    void say_output(Neighbour& neighbour);

    // grouping.cc
    void join_group(Neighbour& neighbour);
    void leave_group(Neighbour& neighbour);
    void tell(const ExportGroup& group);
    void move_to_new_group(const std::vector<ExportMember*>& members, ExportGroup& from);
    void regroup();
    void regroup(ExportGroup& group);

    // session_routes.cc
    void session_up(Neighbour& neighbour, Slot slot, const Negotiated& terms, Time now);
    void session_down(Neighbour& neighbour, const Ended& why, Time now);
    void apply_policy(Neighbour& neighbour, const PeerSettings& before, Time now);
    void set_import(Neighbour& neighbour);
    GroupTerms group_terms(const Neighbour& neighbour) const;
    IpAddress own_address(const Neighbour& neighbour, Family family) const;

    // restart.cc: as the receiving speaker
    void keep(Neighbour& neighbour, const Ended& why, Time now);
    SourceId take_over(Neighbour& neighbour, const Negotiated& terms, const SourceFacts& facts, Time now);
    void drop_stale(Neighbour& neighbour, Family family);
    void drop_all(Neighbour& neighbour);
    void expire_kept(Neighbour& neighbour, Time now);
    // as the restarting one
    void end_restart_when_due(Time now);
    bool waits_for(const Neighbour& neighbour, Time now) const;

    // receive.cc
    void message(Neighbour& neighbour, Slot slot, const Frame& frame, Time now);
    void update(Neighbour& neighbour, const Frame& frame, Time now);
    bool take_routes(Neighbour& neighbour, NlriKind kind, Time now);
    void withdraw(LiveSession& live, const std::vector<Nlri>& nlri);
    AttributesId learn(Neighbour& neighbour, NlriKind kind, const Fingerprint& fingerprint, Time now);
    void tell_malformed(Neighbour& neighbour, std::string what, std::string cost, Time now);
    Rib::Incoming incoming(const LiveSession& live, AttributesId attributes, Time now);
    void note_repairs(Neighbour& neighbour, const AttributeOutcome& outcome, Time now);
    void note_refused(Neighbour& neighbour, const Prefix& last, std::size_t count);
    void check_limits(Neighbour& neighbour, Family family, Time now);
    void event(Neighbour& neighbour, Slot slot, const fsm::Event& event, Time now);

    // import_filter.cc
    struct Received {
        Nlri nlri;
        AttributesId attributes = 0;  // with a reference
    };
    const FilterRule* import_rule(const Neighbour& neighbour, const Prefix& prefix, AttributesId attributes,
                                  const PathAttributes& said) const;
    std::string import_verdict(const Neighbour& neighbour, const Prefix& prefix,
                               AttributesId attributes) const;
    std::size_t announce_filtered(Neighbour& neighbour, std::span<const Nlri> nlri, AttributesId attributes,
                                  Time now);
    void begin_reimport(LiveSession& live, Family family);
    bool reimport_slice(Time now);
    void reimport_some(Neighbour& neighbour, Family family, Time now);
    std::vector<Received> next_received(LiveSession& live, Family family);

    // refresh.cc
    void refresh_asked(Neighbour& neighbour, const RouteRefresh& refresh, Time now);
    void end_refresh(LiveSession& live, Family family);
    void expire_refresh(LiveSession& live, Time now);

    // fib.cc
    template <class Table>
    std::size_t take_fib(Table& table, std::size_t max, const FibTaker& taker);
    template <class Table>
    std::optional<FibRoute> fib_route(const Table& table, NetId id) const;

    // views.cc
    template <class Table>
    RouteView route_view(const Table& table, NetId id) const;
    PathView path_view(const Path& path, Family family) const;
    const Neighbour* neighbour_of(SourceId source) const;

    SpeakerSettings settings_;
    OctetStore octets_;
    Rib rib_;
    std::vector<RouteSource> sources_;       // by SourceId
    std::vector<std::string> source_names_;  // the same
    ExportScratch export_scratch_;
    std::map<std::string, std::unique_ptr<Neighbour>> by_name_;
    std::unordered_map<PeerId, Neighbour*> by_id_;
    std::unordered_multimap<IpAddress, PeerId> by_address_;
    std::vector<Neighbour*> live_;
    bool reimporting_ = false;  // one of these may have a reimport that is due
    std::vector<std::unique_ptr<ExportGroup>> groups_;
    bool regroup_ = false;  // the terms of some may be others now
    std::vector<SpeakerAction> actions_;
    std::array<AdjRibOut, 2> fib_;  // one more than the metric that the kernel was given
    std::uint32_t last_id_ = 0;
    std::optional<Time> epoch_;
    bool restarting_ = false;  // RFC 4724 4.1: nothing is selected or announced yet
    bool configured_ = false;
    Time restarted_at_;
    std::uint32_t import_epoch_ = 0;  // settings that every import looks at
    UpdateParts parts_;
    Bytes update_;              // the message that they are of, while it is worked on
    bool update_told_ = false;  // the session has heard of an UPDATE in this turn
};

}  // namespace dunlin::bgp
