// All neighbours and tables as one deterministic object. It is given octets, events and the time and returns
// actions; it has no socket, clock, random source or log. bgp/io drives it, agent/ configures it.
// RFC 4271 3 and 9; session rules are in bgp/session, route rules in bgp/policy, tables in bgp/rib.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bgp/base/prefix.h"
#include "bgp/base/time.h"
#include "bgp/policy/peer_policy.h"
#include "bgp/rib/chunk.h"
#include "bgp/rib/local_route.h"
#include "bgp/session/config.h"
#include "bgp/session/peer.h"
#include "bgp/speaker/views.h"

namespace dunlin::bgp {

// Given once for each name and never used again.
using PeerId = Strong<struct PeerIdTag, std::uint32_t>;

struct SpeakerSettings {
    RouterId router_id;
    // Of the node: not accepted as a next hop (RFC 4271 6.3), and ours for the family that a session does not
    // run over.
    std::vector<IpAddress> own_addresses;
    std::optional<IpAddress> own_ipv4, own_ipv6;
    bool fib = true;                       // whether take_fib_changes is going to be called
    std::uint32_t normal_priority = 1024;  // a BGP route with a LOCAL_PREF above 2147483647 - this is urgent
    std::uint64_t hash_seed = 0;           // of the process: makes the hashes hard to guess
    friend bool operator==(const SpeakerSettings&, const SpeakerSettings&) = default;
};

struct PeerSettings {
    SessionConfig session;
    PeerPolicy policy;
    friend bool operator==(const PeerSettings&, const PeerSettings&) = default;
};

// What the driver has to do, in this order.
struct IoAction {  // for one connection of a neighbour
    PeerId peer;
    PeerAction action;
};
struct OutputReady {  // call next_output until it gives nothing; said again when there is more after that
    PeerId peer;
};
struct PeerAdded {  // a neighbour that the driver did not know: the listener may need its key (settings_of)
    PeerId peer;
};
struct PeerRemoved {  // the last that is heard of it; what was to be sent before it still goes out
    PeerId peer;
};
// For the log (RFC 7606 6): an UPDATE in which something was malformed. Of a neighbour that goes on sending
// such one in a while is told, the others are counted.
struct MalformedUpdate {
    PeerId peer;
    std::string what;                   // "ORIGIN: length 2"; of several faults all
    std::string cost;                   // "attribute discarded", "treated as withdraw", "session reset"
    std::vector<Prefix> prefixes;       // that it announces, as far as they could be read
    std::vector<std::uint8_t> message;  // all of it, with its header
    std::uint64_t untold = 0;           // since the last that was told
};
using SpeakerAction = std::variant<IoAction, OutputReady, PeerAdded, PeerRemoved, MalformedUpdate>;

// A route for the kernel. Metric: 2147483647 - LOCAL_PREF.
struct FibHop {
    std::optional<IpAddress> gateway;
    std::string interface;
    std::uint32_t interface_index = 0;
    bool onlink = false;
    friend bool operator==(const FibHop&, const FibHop&) = default;
};
struct FibRoute {
    std::vector<FibHop> hops;  // at most 16, sorted
    std::uint32_t metric = 0;
    IpAddress next_hop;  // of the best path, as BGP has it: kernel policy looks at it
    std::string source;  // name of the neighbour of the best path
    friend bool operator==(const FibRoute&, const FibRoute&) = default;
};
struct FibChange {
    Prefix prefix;
    std::optional<FibRoute> route;     // nothing: take it out
    std::optional<std::uint32_t> had;  // the metric of the one that was taken before
};
// True: the route is on its way into the kernel, so that it will have to be taken out again.
using FibTaker = std::function<bool(const FibChange& change)>;

struct PeerView {
    PeerId id;
    std::string name;
    PeerSettings settings;
    PeerStatus session;               // bgp/session/peer.h
    std::optional<Negotiated> terms;  // while Established
    std::optional<IpAddress> local_address;
    FamilyCounts ipv4, ipv6;
    UpdateCounters updates;
};

class Speaker {
public:
    explicit Speaker(const SpeakerSettings& settings);
    ~Speaker();
    Speaker(const Speaker&) = delete;
    Speaker& operator=(const Speaker&) = delete;

    // The whole wanted state. What is not in it goes, what is new comes, and of what changed only that much
    // is touched as the change asks for (impact.h); a changed router id resets all. The same state again does
    // nothing.
    void configure(const SpeakerSettings& settings, const std::map<std::string, PeerSettings>& wanted,
                   Time now);

    // RFC 4724 4.1: this process stands in for one that ran before, whose routes the kernel still has. OPENs
    // say so, and nothing is sent to neighbours or given to the kernel until all that can be expected have
    // told us what they have. To be called before the first configure.
    void begin_restart(Time now);
    bool restarting() const;
    // What is known by now has reached the tables, and the kernel's part of it was taken.
    bool at_rest() const;

    // --- the driver's side ---
    std::optional<PeerId> find_peer(const IpAddress& remote) const;  // for the listener
    const PeerSettings* settings_of(PeerId peer) const;              // nullptr: no longer there
    LiveTransport live_of(PeerId peer) const;                        // with the TCP MD5 key that is in use
    // The address that a connection has at our end: before its TcpConnected.
    void set_local_address(PeerId peer, Slot slot, const IpAddress& address);
    void handle(PeerId peer, Slot slot, const fsm::Event& event, Time now);
    // Takes whole messages from the front of `bytes` and says how many octets were taken. The work of a call
    // is bounded: while something was taken and something is left, call it again (after other sockets).
    std::size_t received(PeerId peer, Slot slot, Bytes bytes, Time now);
    // A connection that the neighbour opened: whether it may take the incoming slot (peer.h). If so the
    // actions of make_room are among take_actions(), and the driver gives TcpConnected after them.
    bool accept(PeerId peer, Time now);
    // Before tick, where the settings have a next MD5 key (bgp/session/key_rotation.h).
    void set_retransmissions(PeerId peer, unsigned count);
    void tick(PeerId peer, Time now);
    Time next_deadline(PeerId peer) const;  // kNever: none
    std::vector<SpeakerAction> take_actions();
    // The next run of UPDATE messages for the Established connection; nullptr: nothing for now. Pull: call it
    // when the socket can take more.
    Chunk next_output(PeerId peer, Time now);
    // A part of the long work (routes of lost sessions, changed next hops). True: there is more, call it
    // again soon. Also to be called after announce, withdraw and configure.
    bool run_slice(Time now);

    // --- operator ---
    // By name; false when there is no such neighbour. Route refresh out: RFC 2918.
    bool reset(const std::string& name, const std::string& message, Time now);
    bool request_refresh(const std::string& name, Time now);  // ask the neighbour to send again
    bool send_again(const std::string& name, Time now);       // send everything again

    // --- local routes, kernel ---
    void announce(LocalProtocol protocol, const Prefix& prefix, const LocalRoute& route, Time now);
    void withdraw(LocalProtocol protocol, const Prefix& prefix);
    // BGP routes that have to change in the kernel, at most `max`. A prefix whose best route is not of BGP is
    // given without a route when it had one.
    void take_fib_changes(std::size_t max, const FibTaker& taker);
    bool fib_changes_pending() const;
    // All routes that the kernel was given, or may be, are a change once more: whoever decides what enters
    // the kernel has changed its mind.
    void resend_fib();

    // --- views ---
    std::vector<PeerView> peers() const;
    std::optional<PeerView> peer(const std::string& name) const;
    // Calls `each` for at most `limit` prefixes from cursor `from` on (0: the first) and returns the cursor
    // to go on with; 0: that was the last. The table may change in between. In no order.
    using RouteCallback = std::function<void(const RouteView&)>;
    std::uint32_t for_each_route(Family family, std::uint32_t from, std::size_t limit,
                                 const RouteCallback& each) const;
    // What the neighbour has from us, with the attributes of the table; cursor as above.
    std::uint32_t for_each_exported(PeerId peer, Family family, std::uint32_t from, std::size_t limit,
                                    const RouteCallback& each) const;
    // What import filters keep out of the tables: a call for each prefix of each neighbour. False: there are
    // `limit` or more, and these were not all.
    bool for_each_filtered(Family family, std::size_t limit, const RouteCallback& each) const;
    std::optional<RouteView> lookup(const Prefix& prefix) const;
    std::optional<RouteView> longest_match(const IpAddress& address) const;
    SpeakerStats stats() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace dunlin::bgp
