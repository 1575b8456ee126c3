#include "bgp/session/fsm.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/session/sample.h"

namespace dunlin::bgp::fsm {
namespace {

using test::kStart;

struct NamedState {
    std::string label;
    State state;
};
struct NamedEvent {
    std::string label;
    Event event;
};

Negotiated agreed(Seconds hold = Seconds(90)) {
    SessionConfig config = test::ours();
    config.timers.hold = hold;
    return *negotiate(config, test::their_open());
}

std::vector<NamedState> states() {
    const Time far = kStart + Seconds(60), due = kStart;
    return {{"Idle", Idle{}},
            {"Connect", Connect{far}},
            {"Connect, retry timer due", Connect{due}},
            {"Active", Active{far}},
            {"Active, retry timer due", Active{due}},
            {"Active, passive", Active{kNever}},
            {"OpenSent", OpenSent{far}},
            {"OpenSent, hold timer due", OpenSent{due}},
            {"OpenConfirm", OpenConfirm{agreed(), far, far}},
            {"OpenConfirm, hold timer due", OpenConfirm{agreed(), due, far}},
            {"OpenConfirm, keepalive timer due", OpenConfirm{agreed(), far, due}},
            {"Established", Established{agreed(), far, far}},
            {"Established, hold timer due", Established{agreed(), due, far}},
            {"Established, keepalive timer due", Established{agreed(), far, due}},
            {"Established, hold time 0", Established{agreed(Seconds(0)), kNever, kNever}}};
}

Open open_with_as(std::uint32_t asn) {
    Open out = test::their_open();
    out.asn = Asn(asn);
    return out;
}

std::vector<NamedEvent> events() {
    const Notification stop = cease(Cease::administrative_shutdown);
    return {
        {"1,3 Start", Start{}},
        {"4,5 StartPassive", StartPassive{}},
        {"2 ManualStop", ManualStop{stop}},
        {"8 AutomaticStop",
         AutomaticStop{cease(Cease::max_prefixes_reached), SessionReason::max_prefix_reached}},
        {"9,10,11 Tick", Tick{}},
        {"16,17 TcpConnected", TcpConnected{}},
        {"18 TcpFailed, by the neighbour", TcpFailed{0}},
        {"18 TcpFailed, refused", TcpFailed{ECONNREFUSED}},
        {"19 OpenReceived", OpenReceived{test::their_open()}},
        {"22 OpenReceived, wrong AS", OpenReceived{open_with_as(65003)}},
        {"21 MessageError, header", MessageError{header_error(HeaderError::bad_message_length, {0, 18})}},
        {"22 MessageError, OPEN", MessageError{open_error(OpenError::unsupported_version_number, {0, 4})}},
        {"28 MessageError, UPDATE", MessageError{update_error(UpdateError::malformed_attribute_list)}},
        {"23 CollisionDump", CollisionDump{}},
        {"24 NotificationReceived, version",
         NotificationReceived{open_error(OpenError::unsupported_version_number, {0, 4})}},
        {"25 NotificationReceived", NotificationReceived{stop}},
        {"26 KeepaliveReceived", KeepaliveReceived{}},
        {"27 UpdateReceived", UpdateReceived{}},
        {"RouteRefreshReceived", RouteRefreshReceived{}},
        {"29 SendHoldExpired", SendHoldExpired{}}};
}

std::string text(const StartConnect&) { return "StartConnect"; }
std::string text(const CloseTcp&) { return "CloseTcp"; }
std::string text(const SendOpen&) { return "SendOpen"; }
std::string text(const SendKeepalive&) { return "SendKeepalive"; }
std::string text(const SessionUp&) { return "SessionUp"; }
std::string text(const SendNotification& a) { return "SendNotification " + describe(a.what); }
std::string text(const SessionDown& a) { return "SessionDown " + std::string(name(a.why.reason)); }
std::string text(const AttemptFailed& a) { return "AttemptFailed " + std::string(name(a.why.reason)); }

std::string time_text(Time at) {
    if (at == kNever) return "never";
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - kStart).count();
    std::ostringstream out;
    out << "+" << static_cast<double>(ms) / 1000 << "s";
    return out.str();
}
std::string timers(const Idle&) { return ""; }
std::string timers(const Connect& s) { return " retry " + time_text(s.retry); }
std::string timers(const Active& s) { return " retry " + time_text(s.retry); }
std::string timers(const OpenSent& s) { return " hold " + time_text(s.hold); }
template <class S>
std::string timers(const S& s) {
    return " hold " + time_text(s.hold) + " keepalive " + time_text(s.keepalive);
}

std::string table() {
    const SessionConfig config = test::ours();
    std::ostringstream out;
    out << "# State machine of one connection: state | event -> next state | actions. Numbers: RFC 4271 "
           "8.1.\n"
        << "# Made by the test of bgp/session (UPDATE_GOLDEN=1 rewrites it). Times count from the event.\n";
    for (const NamedState& from : states()) {
        out << "\n" << from.label << "\n";
        for (const NamedEvent& e : events()) {
            // What a due timer changes is one line; the rest is as above.
            if (from.label.find(',') != std::string::npos && !std::holds_alternative<Tick>(e.event)) continue;
            const bool dials = from.label.find("passive") == std::string::npos;
            const Step result = step(from.state, e.event, Context{config, kStart, 256, dials});
            out << "  " << e.label << " -> ";
            if (result.next == from.state) {
                out << "same";
            } else {
                out << name(result.next) << std::visit([](const auto& s) { return timers(s); }, result.next);
            }
            std::string separator = " | ";
            for (const Action& action : result.actions) {
                out << separator << std::visit([](const auto& a) { return text(a); }, action);
                separator = ", ";
            }
            out << "\n";
        }
    }
    return out.str();
}

template <class T>
const T* find(const Step& step) {
    for (const Action& action : step.actions) {
        if (const auto* const found = std::get_if<T>(&action)) return found;
    }
    return nullptr;
}

Step take(State state, const Event& event, const SessionConfig& config = test::ours(), Time now = kStart) {
    return step(std::move(state), event, Context{config, now, 0});
}

}  // namespace

TEST_CASE("FSM: every cell of the table is as in the reviewed file") {
    const std::string path = DUNLIN_SOURCE_DIR "/tests/golden/fsm_table.txt";
    const std::string now = table();
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << now;
    std::ifstream file(path);
    std::stringstream wanted;
    wanted << file.rdbuf();
    CHECK(wanted.str() == now);
}

TEST_CASE("OpenSent: an UPDATE is an FSM error with the subcode of RFC 6608 and its type as data") {
    const Step out = take(OpenSent{kStart + Seconds(9)}, UpdateReceived{});
    REQUIRE(find<SendNotification>(out) != nullptr);
    CHECK(find<SendNotification>(out)->what == Notification{5, 1, {2}});
    CHECK(out.next == State(Idle{}));
}

TEST_CASE("OpenConfirm: OPEN, UPDATE and ROUTE-REFRESH are FSM errors 5/2 with their type") {
    const State state = OpenConfirm{agreed(), kStart + Seconds(9), kStart + Seconds(3)};
    CHECK(find<SendNotification>(take(state, OpenReceived{test::their_open()}))->what ==
          Notification{5, 2, {1}});
    CHECK(find<SendNotification>(take(state, UpdateReceived{}))->what == Notification{5, 2, {2}});
    CHECK(find<SendNotification>(take(state, RouteRefreshReceived{}))->what == Notification{5, 2, {5}});
}

TEST_CASE("Established: an OPEN, well-formed or not, is the FSM error 5/3") {
    const State state = Established{agreed(), kStart + Seconds(9), kStart + Seconds(3)};
    CHECK(find<SendNotification>(take(state, OpenReceived{test::their_open()}))->what ==
          Notification{5, 3, {1}});
    const Event broken = MessageError{open_error(OpenError::unspecific)};
    CHECK(find<SendNotification>(take(state, broken))->what == Notification{5, 3, {1}});
}

TEST_CASE("the hold timer runs in OpenConfirm and Established and is not jittered") {
    for (const State& state : {State(OpenConfirm{agreed(), kStart + Seconds(9), kNever}),
                               State(Established{agreed(), kStart + Seconds(9), kNever})}) {
        CHECK(take(state, Tick{}, test::ours(), kStart + Seconds(9) - Duration(1)).next == state);
        const Step out = take(state, Tick{}, test::ours(), kStart + Seconds(9));
        CHECK(find<SendNotification>(out)->what == Notification{4, 0, {}});
        CHECK(out.next == State(Idle{}));
    }
}

TEST_CASE("in OpenSent the hold timer is four minutes, whatever is configured") {
    SessionConfig config = test::ours();
    config.timers.hold = Seconds(0);
    const Step out = take(Connect{kStart + Seconds(5)}, TcpConnected{}, config);
    CHECK(out.next == State(OpenSent{kStart + Seconds(240)}));
}

TEST_CASE("a hold time of 0 means no timers at all") {
    SessionConfig config = test::ours();
    config.timers.hold = Seconds(0);
    Step out = take(OpenSent{kStart + Seconds(240)}, OpenReceived{test::their_open()}, config);
    CHECK(next_deadline(out.next) == kNever);
    out = take(out.next, KeepaliveReceived{}, config);
    CHECK(name(out.next) == "Established");
    CHECK(next_deadline(out.next) == kNever);
    CHECK(take(out.next, UpdateReceived{}, config).next == out.next);
}

TEST_CASE("KEEPALIVE and UPDATE restart the hold timer, ROUTE-REFRESH does not") {
    const State state = Established{agreed(), kStart + Seconds(1), kNever};
    const State restarted = Established{agreed(), kStart + Seconds(90), kNever};
    CHECK(take(state, KeepaliveReceived{}).next == restarted);
    CHECK(take(state, UpdateReceived{}).next == restarted);
    CHECK(take(state, RouteRefreshReceived{}).next == state);
}

TEST_CASE("jitter takes up to a quarter off, from the random number alone (RFC 4271 10)") {
    const SessionConfig config = test::ours();
    for (std::uint32_t random = 0; random < 2000; ++random) {
        const Context context{config, kStart, random};
        CHECK(context.jittered(Seconds(40)) >= kStart + Seconds(30));
        CHECK(context.jittered(Seconds(40)) <= kStart + Seconds(40));
    }
    CHECK(Context{config, kStart, 0}.jittered(Seconds(40)) == kStart + Seconds(30));
    CHECK(Context{config, kStart, 256}.jittered(Seconds(40)) == kStart + Seconds(40));
}

TEST_CASE("a timeout of the connection tells of the password where one is set") {
    SessionConfig config = test::ours();
    CHECK(find<AttemptFailed>(take(Connect{kStart}, Tick{}, config))->why.reason ==
          SessionReason::connect_timeout);
    config.live.md5_key = "secret";
    const Step out = take(Connect{kStart}, Tick{}, config);
    CHECK(find<AttemptFailed>(out)->why.reason == SessionReason::connect_timeout_auth_suspected);
    CHECK(find<StartConnect>(out) != nullptr);
    CHECK(find<AttemptFailed>(out)->why.message.find("secret") == std::string::npos);
}

TEST_CASE("no NOTIFICATION is answered with a NOTIFICATION") {
    for (const NamedState& from : states()) {
        const Step out = take(from.state, NotificationReceived{cease(Cease::out_of_resources)});
        CHECK(find<SendNotification>(out) == nullptr);
    }
}

}  // namespace dunlin::bgp::fsm
