// Routes that outlive a session (RFC 4724 4.2, RFC 8538, RFC 9494), and a speaker that comes back (RFC
// 4724 4.1).
#include <doctest/doctest.h>

#include "bgp/wire/encode.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/speaker/network.h"

using namespace dunlin;
using namespace dunlin::bgp;
using test::address;
using test::Network;
using test::prefix;

namespace {

// 1 and 3 are neighbours of 2 in three ASes; all offer graceful restart.
struct Line : Network {
    explicit Line(RestartMode mode = RestartMode::full) {
        for (const unsigned n : {1U, 2U, 3U}) add_router(n, 65000 + n);
        join(1, 2);
        join(2, 3);
        for (const auto& [a, b] :
             {std::pair(1U, 2U), std::pair(2U, 1U), std::pair(2U, 3U), std::pair(3U, 2U)}) {
            settings(a, b).session.offer.restart = mode;
            settings(a, b).session.offer.restart_time_s = 60;
        }
        announce(1, "10.1.0.0/24");
        announce(1, "10.1.1.0/24");
        announce(3, "10.3.0.0/24");
        apply();
        advance(Seconds(10));
        REQUIRE(best(3, "10.1.0.0/24").has_value());
    }
    bool stale(unsigned router, std::string_view text) {
        const auto found = best(router, text);
        return found && found->stale;
    }
    bool has(unsigned router, std::string_view text) { return best(router, text).has_value(); }
};

}  // namespace

TEST_CASE(
    "graceful restart: a broken connection makes routes stale, and saying them again makes them fresh") {
    Line net;
    net.cut(1, 2);
    CHECK_FALSE(net.established(2, 1));
    CHECK(net.stale(2, "10.1.0.0/24"));
    CHECK(net.fib(2).count(prefix("10.1.0.0/24")) == 1);
    CHECK(net.has(3, "10.1.0.0/24"));  // nobody else hears of it
    net.withdraw(1, "10.1.1.0/24");    // not said again
    net.advance(Seconds(20));
    CHECK(net.established(2, 1));
    CHECK(net.has(2, "10.1.0.0/24"));
    CHECK_FALSE(net.stale(2, "10.1.0.0/24"));
    CHECK_FALSE(net.has(2, "10.1.1.0/24"));
    CHECK_FALSE(net.has(3, "10.1.1.0/24"));
    CHECK(net.view(2, 1).ipv4.received == 2);  // with the subnet
}

TEST_CASE(
    "graceful restart: who does not come back in the restart time loses its routes, one family as the "
    "other") {
    Line net;
    net.silence(1);
    net.cut(1, 2);
    net.advance(Seconds(59));
    CHECK(net.stale(2, "10.1.0.0/24"));
    net.advance(Seconds(3));
    CHECK_FALSE(net.has(2, "10.1.0.0/24"));
    CHECK_FALSE(net.has(3, "10.1.0.0/24"));
    CHECK(net.fib(2).count(prefix("10.1.0.0/24")) == 0);
}

TEST_CASE("graceful restart: not for a neighbour that is only a helper or has none") {
    for (const RestartMode mode : {RestartMode::helper, RestartMode::off}) {
        Line net(mode);
        net.cut(1, 2);
        CHECK_FALSE(net.has(2, "10.1.0.0/24"));
        net.advance(Seconds(30));
        CHECK(net.has(3, "10.1.0.0/24"));
    }
}

TEST_CASE(
    "graceful restart: a NOTIFICATION keeps routes where N was exchanged, a Hard Reset does not (RFC 8538)") {
    Line net;
    // The operator's reset is Cease 4, which is graceful.
    net.speaker(1).reset(Network::name(2), "", net.now());
    net.settle();
    CHECK(net.has(2, "10.1.0.0/24"));
    net.advance(Seconds(30));
    CHECK(net.established(2, 1));
    CHECK_FALSE(net.stale(2, "10.1.0.0/24"));
    net.settings(1, 2).session.admin_state = AdminState::down;
    net.settings(1, 2).session.admin_message = "rack move";
    net.apply();
    CHECK_FALSE(net.has(2, "10.1.0.0/24"));
    const std::string message = net.view(2, 1).session.message;
    CHECK(message.find("Hard Reset") != std::string::npos);
    CHECK(message.find("rack move") != std::string::npos);
}

TEST_CASE("graceful restart: a neighbour whose forwarding is gone loses the stale routes when it is back") {
    Line net;
    net.cut(1, 2);
    CHECK(net.stale(2, "10.1.0.0/24"));
    // The machine has booted: a new speaker that does not say that it restarted has kept nothing.
    net.add_router(1, 65001);
    net.join(1, 2);
    net.settings(1, 2).session.offer.restart = RestartMode::full;
    net.settings(2, 1).session.offer.restart = RestartMode::full;
    net.settings(2, 1).session.offer.restart_time_s = 60;
    net.apply();
    net.advance(Seconds(20));
    REQUIRE(net.established(2, 1));
    CHECK_FALSE(net.has(2, "10.1.0.0/24"));
    CHECK_FALSE(net.has(3, "10.1.0.0/24"));
}

TEST_CASE(
    "graceful restart: a neighbour that is back and never ends its table is bounded by the stale timer") {
    Line net;
    net.cut(1, 2);
    net.stall(1, 2);  // its UPDATEs and its End-of-RIB do not come
    net.advance(Seconds(30));
    REQUIRE(net.established(2, 1));
    CHECK(net.stale(2, "10.1.0.0/24"));
    net.advance(Seconds(180));
    CHECK_FALSE(net.has(2, "10.1.0.0/24"));
}

TEST_CASE(
    "restarting: nothing is sent or given to the kernel before the neighbours have said all, nothing is "
    "lost") {
    Line net;
    const auto fib_before = net.fib(2);
    net.restart(2);
    net.settle();
    CHECK(net.stale(1, "10.3.0.0/24"));
    CHECK(net.stale(3, "10.1.0.0/24"));
    net.events.clear();
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.established(2, 1));
    REQUIRE(net.established(2, 3));
    CHECK_FALSE(net.speaker(2).restarting());
    CHECK_FALSE(net.stale(1, "10.3.0.0/24"));
    CHECK_FALSE(net.stale(3, "10.1.0.0/24"));
    CHECK(net.view(1, 2).ipv4.end_of_rib_received);
    CHECK(net.fib(2).size() == fib_before.size());
    // R goes with the deferral.
    CHECK(net.view(1, 2).terms->peer_restart->restarting);
    net.cut(1, 2);
    net.advance(Seconds(20));
    CHECK_FALSE(net.view(1, 2).terms->peer_restart->restarting);
    CHECK(net.view(1, 2).terms->peer_restart->families.at(0).forwarding_preserved);
}

TEST_CASE("restarting: a neighbour that is not there does not hold up the others for long") {
    Line net;
    net.silence(1);
    net.restart(2);
    net.apply();
    net.advance(Seconds(10));
    CHECK(net.speaker(2).restarting());
    CHECK(net.stale(3, "10.1.0.0/24"));
    net.advance(Seconds(10));
    CHECK_FALSE(net.speaker(2).restarting());
    CHECK_FALSE(net.has(3, "10.1.0.0/24"));
    CHECK(net.has(2, "10.3.0.0/24"));
}

TEST_CASE("restarting: with no neighbour at all it is over at once") {
    Network net;
    net.add_router(1);
    net.speaker(1).begin_restart(net.now());
    CHECK(net.speaker(1).restarting());
    net.apply();
    CHECK_FALSE(net.speaker(1).restarting());
}

TEST_CASE(
    "long-lived: past the restart time routes are the last choice and bear LLGR_STALE, without NO_LLGR "
    "ones") {
    Line net;
    // Our speakers are helpers: the neighbour that asks for it is played by a decoded OPEN.
    Open open;
    open.asn = Asn(65004);
    open.hold_time = Seconds(0);
    open.identifier = RouterId(4);
    open.capabilities.families = {unicast(Family::ipv4)};
    open.capabilities.four_octet_as = open.asn;
    open.capabilities.graceful_restart = GracefulRestart{false, true, 5, {{unicast(Family::ipv4), true}}};
    open.capabilities.long_lived = {{unicast(Family::ipv4), true, 100}};
    net.settings(2, 4) = net.settings(2, 1);
    PeerSettings& its = net.settings(2, 4);
    its.session.transport.peer_address = address(4);
    its.session.transport.passive = true;
    its.session.offer.peer_as = Asn(65004);
    net.apply();
    const PeerId peer = net.view(2, 4).id;
    Speaker& speaker = net.speaker(2);
    REQUIRE(speaker.accept(peer, net.now()));
    speaker.handle(peer, Slot::incoming, fsm::TcpConnected{}, net.now());
    const auto say = [&](const std::vector<std::uint8_t>& octets) {
        for (std::size_t at = 0; at < octets.size();)
            at += speaker.received(peer, Slot::incoming, Bytes(octets).subspan(at), net.now());
        net.settle();
    };
    say(encode_open(open));
    say(encode_keepalive());
    REQUIRE(net.established(2, 4));
    const auto update = [&](std::string_view text, std::vector<std::uint32_t> communities) {
        PathAttributes attributes;
        attributes.as_path = AsPath::sequence({Asn(65004)});
        attributes.communities = std::move(communities);
        std::vector<std::uint8_t> block, out;
        encode_attributes(attributes, {true, false}, block);
        const Nlri nlri{prefix(text), PathId(0)};
        encode_announcements(std::span(&nlri, 1), block, {address(4), std::nullopt}, {}, out);
        say(out);
    };
    update("10.4.0.0/24", {});
    update("10.4.1.0/24", {kNoLlgr});
    update("10.1.0.0/24", {});  // shorter identifier than none: the path of 1 is compared with it
    REQUIRE(net.has(3, "10.4.0.0/24"));
    speaker.handle(peer, Slot::incoming, fsm::TcpFailed{0}, net.now());
    net.settle();
    CHECK(net.stale(2, "10.4.0.0/24"));
    net.advance(Seconds(6));
    REQUIRE(net.has(2, "10.4.0.0/24"));
    CHECK(has_community(net.best(2, "10.4.0.0/24")->attributes, kLlgrStale));
    CHECK_FALSE(net.has(2, "10.4.1.0/24"));
    CHECK(net.has(3, "10.4.0.0/24"));  // 3 knows what LLGR_STALE means
    CHECK(net.best(2, "10.1.0.0/24")->attributes.as_path.first() == Asn(65001));
    net.advance(Seconds(100));
    CHECK_FALSE(net.has(2, "10.4.0.0/24"));
    CHECK_FALSE(net.has(3, "10.4.0.0/24"));
}

TEST_CASE("drain: what is sent and taken bears GRACEFUL_SHUTDOWN, and is the last choice (RFC 8326 4.2)") {
    Line net;
    net.settings(2, 1).session.admin_state = AdminState::drain;
    net.apply();
    CHECK(net.established(2, 1));
    CHECK(net.view(2, 1).session.counters.downs == 0);
    CHECK(has_community(net.best(1, "10.3.0.0/24")->attributes, kGracefulShutdown));
    CHECK(net.best(1, "10.3.0.0/24")->attributes.local_pref == 0u);
    CHECK(net.best(2, "10.1.0.0/24")->attributes.local_pref == 0u);
    CHECK(has_community(net.best(3, "10.1.0.0/24")->attributes, kGracefulShutdown));
    net.settings(2, 1).session.admin_state = AdminState::up;
    net.apply();
    CHECK_FALSE(has_community(net.best(1, "10.3.0.0/24")->attributes, kGracefulShutdown));
    CHECK_FALSE(has_community(net.best(3, "10.1.0.0/24")->attributes, kGracefulShutdown));
}
