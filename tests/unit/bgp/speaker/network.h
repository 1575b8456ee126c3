// Speakers joined in memory: connections are queues of octets, the clock is made up. A router is named after
// its last octet: router 1 has 192.0.2.1 and the router id 0.0.0.1.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bgp/speaker.h"

namespace dunlin::bgp::test {

inline IpAddress address(unsigned n) { return IpAddress::v4(0xc0000200 + n); }
inline Prefix prefix(std::string_view text) { return *Prefix::parse(text); }

class Network {
public:
    static constexpr std::uint32_t kAs = 65000;

    Network() = default;
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    void add_router(unsigned n, std::uint32_t as = kAs);
    // A session between two routers; the one with the lower number dials. Settings may be changed before
    // apply().
    void join(unsigned a, unsigned b);
    PeerSettings& settings(unsigned router, unsigned peer) { return at(router).wanted[name(peer)]; }
    void leave(unsigned a, unsigned b);
    void apply();  // configure all, and run until nothing happens

    Speaker& speaker(unsigned n) { return *at(n).speaker; }
    void announce(unsigned n, std::string_view prefix_text);  // a blackhole of static1
    void withdraw(unsigned n, std::string_view prefix_text);
    void settle();
    void advance(Seconds by);

    bool established(unsigned router, unsigned peer) {
        return view(router, peer).session.state == "Established";
    }
    PeerView view(unsigned router, unsigned peer) { return *speaker(router).peer(name(peer)); }
    // The best path; nothing when there is none.
    std::optional<PathView> best(unsigned router, std::string_view prefix_text);
    // What the neighbour table of the kernel would have.
    std::map<Prefix, FibRoute>& fib(unsigned router) { return at(router).fib; }
    std::vector<std::string> events;  // "1>2 up", "1>2 down …"
    std::vector<MalformedUpdate> malformed;
    Time now() const { return now_; }
    static std::string name(unsigned n) { return "router" + std::to_string(n); }
    SpeakerSettings& speaker_settings(unsigned n) { return at(n).settings; }
    void silence(unsigned n) { at(n).silent = true; }  // it does and says nothing any more
    void cut(unsigned a, unsigned b);                  // the connection breaks, without a NOTIFICATION
    // The process ends as by SIGKILL and another one starts, in the same kernel: its connections break, its
    // routes in the kernel stay. Local routes have to be announced again; configured by apply().
    void restart(unsigned n);
    // The socket of a router to a neighbour takes nothing, until it does again.
    void stall(unsigned router, unsigned peer) { at(router).stalled.insert(view(router, peer).id); }
    void resume(unsigned router, unsigned peer);
    // A message in the name of a router, behind what it has sent itself.
    void send_raw(unsigned from, unsigned to, MessageType type, Bytes body);
    std::size_t output_octets = 0;

private:
    struct Router {
        std::uint32_t as = kAs;
        SpeakerSettings settings;
        std::unique_ptr<Speaker> speaker;
        std::map<std::string, PeerSettings> wanted;
        std::map<Prefix, FibRoute> fib;
        std::map<PeerId, unsigned> peers;
        bool silent = false;
        std::set<PeerId> stalled;
    };
    struct End {
        unsigned router = 0;
        PeerId peer;
        Slot slot = Slot::outgoing;
        std::vector<std::uint8_t> inbox;
        bool open = true;
    };
    struct Connection {
        End ends[2];
    };

    Router& at(unsigned n) { return *routers_.at(n); }
    void start(Router& router);
    void close_from(unsigned router, std::optional<PeerId> peer);
    bool perform_all();
    void perform(unsigned router, const SpeakerAction& action);
    void perform(unsigned router, PeerId peer, const PeerAction& action);
    void pull(unsigned router, PeerId peer);
    void dial(unsigned router, PeerId peer);
    bool deliver();
    std::pair<End*, End*> ends(unsigned router, PeerId peer, Slot slot);
    void send(unsigned router, PeerId peer, Slot slot, Bytes bytes);
    std::optional<Slot> slot_of_session(unsigned router, PeerId peer);

    std::map<unsigned, std::unique_ptr<Router>> routers_;
    std::deque<Connection> connections_;
    Time now_{std::chrono::hours(1)};
};

}  // namespace dunlin::bgp::test
