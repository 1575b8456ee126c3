#include "bgp/io/speaker_io.h"

#include "tests/unit/bgp/io/node.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp::io {
namespace {

using namespace std::chrono_literals;
using test::BareNeighbour;
using test::Node;
using test::Pair;
using test::run_until;

Notification notification_in(const std::vector<std::uint8_t>& message) {
    REQUIRE(message.size() > kHeaderLength);
    REQUIRE(message[18] == 3);
    return decode_notification(Bytes(message).subspan(kHeaderLength));
}

}  // namespace

TEST_CASE("two speakers that call each other at the same time come up and exchange routes") {
    boost::asio::io_context context;
    Pair pair(context, "127.21.0.1", "127.21.0.2");
    pair.left.announce("2001:db8:1::/48");
    pair.right.announce("2001:db8:2::/48");
    pair.apply();
    CHECK(run_until(context, 10s, [&] { return pair.up(); }));
    CHECK(run_until(context, 5s,
                    [&] { return pair.right.has("2001:db8:1::/48") && pair.left.has("2001:db8:2::/48"); }));
    pair.left.announce("2001:db8:11::/48");
    CHECK(run_until(context, 5s, [&] { return pair.right.has("2001:db8:11::/48"); }));
    CHECK(pair.left.problems.empty());
    CHECK(pair.left.ends.size() + pair.right.ends.size() <= 2);  // a collision at most
}

TEST_CASE("a session over IPv6, one side passive") {
    boost::asio::io_context context;
    Node left(context, "::1", 65001);
    // One address is all that loopback has: the neighbour is a second speaker on another port.
    Node right(context, "::1", 65002);
    left.peer("::1", right.port(), 65002);
    right.peer("::1", left.port(), 65001).session.transport.passive = true;
    left.apply();
    right.apply();
    CHECK(run_until(context, 10s, [&] { return left.up("::1") && right.up("::1"); }));
}

TEST_CASE("a session that is lost comes back, and the reason is shown while it is away") {
    boost::asio::io_context context;
    Node left(context, "127.21.1.1", 65001);
    std::uint16_t port = 0;
    {
        Node right(context, "127.21.1.2", 65002);
        port = right.port();
        right.peer("127.21.1.1", left.port(), 65001);
        left.peer("127.21.1.2", port, 65002);
        left.apply();
        right.apply();
        REQUIRE(run_until(context, 10s, [&] { return left.up("127.21.1.2"); }));
    }
    REQUIRE(run_until(context, 5s, [&] { return !left.up("127.21.1.2"); }));
    CHECK(left.ends.back().reason == SessionReason::peer_closed);
    CHECK(run_until(context, 5s,
                    [&] { return left.status("127.21.1.2").reason == SessionReason::connect_refused; }));
    Node again(context, "127.21.1.2", 65002);
    again.peer("127.21.1.1", left.port(), 65001);
    again.apply();
    CHECK(run_until(context, 10s, [&] { return left.up("127.21.1.2"); }));
}

TEST_CASE("a stranger gets Cease/Connection Rejected, unread; at most ten a second, and all are counted") {
    boost::asio::io_context context;
    Node node(context, "127.21.2.1", 65001);
    BareNeighbour stranger(context, "127.21.2.9", node);
    stranger.write(std::vector<std::uint8_t>(30000, 0));
    CHECK(stranger.read_to_end());
    CHECK(notification_in(stranger.received) == Notification{6, 5, {}});
    std::vector<std::unique_ptr<BareNeighbour>> crowd;
    for (int i = 0; i < 20; ++i)
        crowd.push_back(std::make_unique<BareNeighbour>(context, "127.21.2.9", node));
    CHECK(run_until(context, 5s, [&] { return node.io.counters().strangers == 21; }));
    CHECK(node.io.counters().strangers_answered >= 10);
    CHECK(node.io.counters().strangers_answered <= 20);
    CHECK(node.io.counters().accepted == 0);
}

TEST_CASE("a neighbour has one connection that it opened and one of ours, however many it opens") {
    boost::asio::io_context context;
    Node node(context, "127.21.11.1", 65001);
    node.peer("127.21.11.2", 1, 65002).session.transport.passive = true;
    node.apply();
    std::vector<std::unique_ptr<BareNeighbour>> many;
    for (int i = 0; i < 30; ++i)
        many.push_back(std::make_unique<BareNeighbour>(context, "127.21.11.2", node));
    CHECK(run_until(context, 5s, [&] { return node.io.counters().refused == 29; }));
    CHECK(node.io.counters().accepted == 1);
    CHECK(many.back()->read_to_end());
    CHECK(many.back()->received.empty());  // closed without a word
    REQUIRE(many.front()->establish(test::mirrored(node, "127.21.11.2")));
    CHECK(run_until(context, 5s, [&] { return node.up("127.21.11.2"); }));
}

TEST_CASE("a message of 65,535 octets that comes an octet at a time is taken when it is whole") {
    boost::asio::io_context context;
    Node node(context, "127.21.12.1", 65001);
    node.peer("127.21.12.2", 1, 65002).session.transport.passive = true;
    node.apply();
    BareNeighbour neighbour(context, "127.21.12.2", node);
    REQUIRE(neighbour.establish(test::mirrored(node, "127.21.12.2")));
    REQUIRE(run_until(context, 5s, [&] { return node.up("127.21.12.2"); }));
    // Withdrawn routes: 13,102 times a /32, then one octet short of another and so a /24.
    std::vector<std::uint8_t> message(16, 0xff);
    const std::vector<std::uint8_t> head{0xff, 0xff, 2, 0xff, 0xe8};
    message.insert(message.end(), head.begin(), head.end());
    while (message.size() + 2 < 65535) {
        const std::uint8_t left = 65535 - message.size() - 2 >= 9 ? 32 : 0;
        message.push_back(left);
        for (int i = 0; i < left / 8; ++i) message.push_back(10);
    }
    message.push_back(0);
    message.push_back(0);
    REQUIRE(message.size() == 65535);
    for (const std::uint8_t octet : message) neighbour.write({octet});
    CHECK(
        run_until(context, 20s, [&] { return node.speaker.peer("127.21.12.2")->updates.withdrawn > 13000; }));
    CHECK(node.up("127.21.12.2"));
}

TEST_CASE("a NOTIFICATION survives the closing although the neighbour goes on sending") {
    boost::asio::io_context context;
    Node node(context, "127.21.3.1", 65001);
    node.peer("127.21.3.2", 1, 65002).session.transport.passive = true;
    node.apply();
    BareNeighbour neighbour(context, "127.21.3.2", node);
    std::vector<std::uint8_t> octets = encode_open(our_open(test::mirrored(node, "127.21.3.2"), {}));
    octets[19] = 3;  // the version
    octets.resize(octets.size() + 500000, 0xaa);
    neighbour.write(octets);
    CHECK(neighbour.read_to_end());
    REQUIRE(neighbour.received.size() > 40);
    const std::size_t open_size = neighbour.received[16] * 256U + neighbour.received[17];
    const std::vector<std::uint8_t> rest(neighbour.received.begin() + static_cast<std::ptrdiff_t>(open_size),
                                         neighbour.received.end());
    CHECK(notification_in(rest) == Notification{2, 1, {0, 4}});
}

TEST_CASE("an end of the stream is a closed session, also with half a message before it") {
    boost::asio::io_context context;
    Node node(context, "127.21.4.1", 65001);
    node.peer("127.21.4.2", 1, 65002).session.transport.passive = true;
    node.apply();
    {
        BareNeighbour neighbour(context, "127.21.4.2", node);
        REQUIRE(neighbour.establish(test::mirrored(node, "127.21.4.2")));
        REQUIRE(run_until(context, 5s, [&] { return node.up("127.21.4.2"); }));
        neighbour.write({0xff, 0xff, 0xff});
    }
    CHECK(run_until(context, 5s, [&] { return !node.up("127.21.4.2"); }));
    CHECK(node.ends.back().reason == SessionReason::peer_closed);
}

TEST_CASE("messages are found however the stream is cut") {
    boost::asio::io_context context;
    Node node(context, "127.21.5.1", 65001);
    node.peer("127.21.5.2", 1, 65002).session.transport.passive = true;
    node.apply();
    BareNeighbour neighbour(context, "127.21.5.2", node);
    for (const std::uint8_t octet : encode_open(our_open(test::mirrored(node, "127.21.5.2"), {}))) {
        neighbour.write({octet});
        run_until(context, 1ms, [] { return false; });
    }
    std::vector<std::uint8_t> keepalives;
    for (int i = 0; i < 5000; ++i) {
        const auto one = encode_keepalive();
        keepalives.insert(keepalives.end(), one.begin(), one.end());
    }
    neighbour.write(keepalives);
    CHECK(run_until(context, 5s, [&] { return node.up("127.21.5.2"); }));
    CHECK(node.ends.empty());
}

TEST_CASE("a connection to another of our addresses than the configured one is not taken") {
    boost::asio::io_context context;
    Node node(context, "127.21.6.1", 65001);
    PeerSettings& peer = node.peer("127.21.6.2", 1, 65002);
    peer.session.transport.passive = true;
    peer.session.transport.local_address = *IpAddress::parse("127.21.6.7");
    node.apply();
    BareNeighbour neighbour(context, "127.21.6.2", node);
    CHECK(neighbour.read_to_end());
    CHECK(neighbour.received.empty());
    CHECK(node.io.counters().refused == 1);
}

TEST_CASE("what cannot be listened on is an error that says what to do; the rest is listened on") {
    boost::asio::io_context context;
    Node node(context, "127.21.7.1", 65001);
    Node other(context, "127.21.7.2", 65002);
    const ListenAddress taken{node.address, node.port(), ""};
    const ListenAddress good{other.address, 0, ""};
    const auto result = other.io.listen({taken, good});
    REQUIRE(!result);
    CHECK(result.error().message.find("another program has it") != std::string::npos);
    CHECK(other.port() != 0);
    const auto absent = other.io.listen({{*IpAddress::parse("192.0.2.77"), 0, ""}});
    REQUIRE(!absent);
    CHECK(absent.error().message.find("no interface") != std::string::npos);
    CHECK(other.port() == 0);  // no longer wanted
}

TEST_CASE("a source address that is not ours is said as such") {
    boost::asio::io_context context;
    Node node(context, "127.21.8.1", 65001);
    node.peer("127.21.8.2", 179, 65002).session.transport.local_address = *IpAddress::parse("192.0.2.77");
    node.apply();
    CHECK(run_until(context, 5s, [&] { return !node.ends.empty(); }));
    CHECK(node.status("127.21.8.2").reason == SessionReason::no_route_to_peer);
    CHECK(node.status("127.21.8.2").message.find("local address") != std::string::npos);
}

TEST_CASE("a neighbour that is taken out of the configuration is told so") {
    boost::asio::io_context context;
    Pair pair(context, "127.21.9.1", "127.21.9.2");
    pair.apply();
    REQUIRE(run_until(context, 10s, [&] { return pair.up(); }));
    pair.left.wanted.clear();
    pair.left.apply();
    CHECK(run_until(context, 5s, [&] { return !pair.right.up("127.21.9.1"); }));
    REQUIRE(pair.right.ends.back().received);
    CHECK(*pair.right.ends.back().received == Notification{6, 3, {}});
}

TEST_CASE("a neighbour that does not read costs only itself, and the send hold timer ends it (RFC 9687)") {
    boost::asio::io_context context;
    Node node(context, "127.21.10.1", 65001);
    Node good(context, "127.21.10.3", 65003);
    constexpr std::uint32_t kRoutes = 700000;  // more than the kernel buffers
    for (std::uint32_t i = 0; i < kRoutes; ++i) {
        std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
        for (std::size_t at = 0; at < 4; ++at) octets[4 + at] = static_cast<std::uint8_t>(i >> (24 - 8 * at));
        LocalRoute route;
        route.blackhole = true;
        node.speaker.announce(LocalProtocol::static1, *Prefix::from(IpAddress::v6(octets), 64), route,
                              Clock::now());
    }
    PeerSettings& stuck = node.peer("127.21.10.2", 1, 65002);
    stuck.session.transport.passive = true;
    stuck.session.timers.send_hold = Seconds(2);
    node.peer("127.21.10.3", good.port(), 65003);
    good.peer("127.21.10.1", node.port(), 65001);
    good.apply();
    node.apply();
    BareNeighbour neighbour(context, "127.21.10.2", node);
    neighbour.socket().set_option(boost::asio::socket_base::receive_buffer_size(4096));
    REQUIRE(neighbour.establish(test::mirrored(node, "127.21.10.2")));
    CHECK(
        run_until(context, 20s, [&] { return good.speaker.peer("127.21.10.1")->ipv6.received == kRoutes; }));
    const auto stalled = [&] {
        return std::any_of(node.ends.begin(), node.ends.end(), [](const Ended& end) {
            return end.sent && end.sent->code == 8 && end.reason == SessionReason::hold_timer_expired;
        });
    };
    CHECK(run_until(context, 10s, stalled));
    CHECK(node.up("127.21.10.3"));
}

}  // namespace dunlin::bgp::io
