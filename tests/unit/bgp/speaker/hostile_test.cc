// A neighbour that is malicious or broken: what it sends is well-formed enough to be read, and costs bounded
// memory and time and at most its own session. Router 1 is that neighbour, 2 the speaker, 3 one that must not
// notice.
#include <doctest/doctest.h>

#include "bgp/wire/encode.h"
#include "bgp/wire/messages.h"
#include "tests/unit/bgp/speaker/network.h"

namespace dunlin::bgp::test {
namespace {

struct Trio {
    Network net;
    Trio() {
        net.add_router(1, 65001);
        net.add_router(2);
        net.add_router(3, 65003);
        net.join(1, 2);
        net.join(2, 3);
        net.settings(1, 2).session.offer.add_path_send = true;
        net.settings(2, 1).session.offer.add_path_receive = true;
        net.announce(3, "10.3.0.0/24");
        net.announce(2, "10.2.0.0/24");
        net.apply();
        net.advance(Seconds(10));
        REQUIRE(both_up());
        events = net.events.size();
        received = net.view(2, 1).ipv4.received;
    }
    std::uint64_t more_routes() { return net.view(2, 1).ipv4.received - received; }
    bool both_up() { return net.established(2, 1) && net.established(2, 3); }
    bool untouched() { return both_up() && net.events.size() == events && net.best(2, "10.3.0.0/24"); }
    void say(MessageType type, Bytes body) { net.send_raw(1, 2, type, body); }
    // Announcements of router 1 as octets of messages, sent one by one.
    void announce(const PathAttributes& attributes, std::span<const Nlri> nlri) {
        std::vector<std::uint8_t> block, out;
        encode_attributes(attributes, {true, false}, block);
        PackContext pack;
        pack.add_path = true;
        pack.max_message = kMaxExtendedMessage;
        REQUIRE(encode_announcements(nlri, block, {address(1), std::nullopt}, pack, out));
        for (std::size_t at = 0; at < out.size();) {
            const std::size_t length = out[at + 16] * 256U + out[at + 17];
            say(MessageType::update, Bytes(out).subspan(at + kHeaderLength, length - kHeaderLength));
            at += length;
        }
    }
    std::uint32_t sets() { return net.speaker(2).stats().attribute_sets; }
    std::size_t events = 0;
    std::uint64_t received = 0;  // from 1, before
};

PathAttributes plain() {
    PathAttributes out;
    out.as_path = AsPath::sequence({Asn(65001)});
    return out;
}

}  // namespace

TEST_CASE("hostile: ever new path identifiers for one prefix, at most 64 are kept") {
    Trio t;
    const Prefix target = prefix("10.1.0.0/24");
    for (std::uint32_t round = 0; round < 20; ++round) {
        std::vector<Nlri> nlri;
        for (std::uint32_t id = 1; id <= 1000; ++id) nlri.push_back({target, PathId(round * 1000 + id)});
        t.announce(plain(), nlri);
        t.net.settle();
    }
    CHECK(t.net.speaker(2).lookup(target)->paths.size() == 64);
    CHECK(t.more_routes() == 64);
    CHECK(t.net.view(2, 1).updates.last_filtered.find("64 paths") != std::string::npos);
    // One that is known is taken as before.
    PathAttributes other = plain();
    other.med = 7;
    const Nlri known{target, PathId(5)};
    t.announce(other, {&known, 1});
    t.net.settle();
    const auto route = t.net.speaker(2).lookup(target);
    CHECK(std::count_if(route->paths.begin(), route->paths.end(),
                        [](const PathView& path) { return path.attributes.med == 7; }) == 1);
    CHECK(t.untouched());
}

// RFC 7606 6: the prefixes and the whole message are told; what comes without end is counted.
TEST_CASE("hostile: malformed attributes are told with their prefixes and the message, one in a while") {
    Trio t;
    // ORIGIN of two octets, and 10.1.0.0/16.
    const std::uint8_t body[] = {0, 0, 0, 5, 0x40, 1, 2, 0, 0, 0, 0, 0, 1, 16, 10, 1};
    const auto say = [&] {
        t.say(MessageType::update, body);
        t.net.settle();
    };
    say();
    REQUIRE(t.net.malformed.size() == 1);
    const MalformedUpdate told = t.net.malformed[0];
    CHECK(told.peer == t.net.view(2, 1).id);
    CHECK(told.what.find("ORIGIN: ") == 0);
    CHECK(told.cost == "treated as withdraw");
    CHECK(told.prefixes == std::vector<Prefix>{prefix("10.1.0.0/16")});
    CHECK(std::equal(told.message.begin() + kHeaderLength, told.message.end(), std::begin(body),
                     std::end(body)));
    for (int i = 0; i < 1000; ++i) say();
    CHECK(t.net.malformed.size() == 1);
    t.net.advance(Seconds(6));
    say();
    REQUIRE(t.net.malformed.size() == 2);
    CHECK(t.net.malformed[1].untold == 1000);
    CHECK(t.net.view(2, 1).updates.treated_as_withdraw == 1002);
    CHECK(t.net.view(2, 1).updates.last_malformed == told.what);
    CHECK(t.untouched());
}

TEST_CASE("hostile: attributes that change with every UPDATE leave one set behind, not thousands") {
    Trio t;
    const std::uint32_t before = t.sets();
    const Nlri target{prefix("10.1.0.0/24"), PathId(1)};
    for (std::uint32_t i = 0; i < 20000; ++i) {
        PathAttributes attributes = plain();
        attributes.communities = {i};
        t.announce(attributes, {&target, 1});
        if (i % 1000 == 0) t.net.settle();
    }
    t.net.settle();
    CHECK(t.sets() <= before + 2);
    CHECK(t.untouched());
}

TEST_CASE("hostile: a path of 10,000 ASes is a route, and is not announced where it fits no message") {
    Trio t;
    t.net.settings(3, 2).session.offer.extended_messages = false;
    t.net.apply();
    t.net.advance(Seconds(10));
    t.events = t.net.events.size();
    PathAttributes attributes;
    attributes.as_path = AsPath::sequence(std::vector<Asn>(10000, Asn(65001)));
    const Nlri target{prefix("10.1.0.0/24"), PathId(1)};
    t.announce(attributes, {&target, 1});
    t.net.settle();
    CHECK(t.net.best(2, "10.1.0.0/24"));
    CHECK_FALSE(t.net.best(3, "10.1.0.0/24"));
    CHECK(t.untouched());
    // What was announced and fits no longer is withdrawn (RFC 8654 4).
    t.announce(plain(), {&target, 1});
    t.net.settle();
    CHECK(t.net.best(3, "10.1.0.0/24"));
    t.announce(attributes, {&target, 1});
    t.net.settle();
    CHECK_FALSE(t.net.best(3, "10.1.0.0/24"));
}

TEST_CASE("hostile: an UPDATE that is filled with attributes of every type, again and again") {
    Trio t;
    std::vector<std::uint8_t> attributes{0x40, 1,    1,    0,    0x40, 2, 6,   2, 1, 0,
                                         0,    0xfd, 0xe9, 0x40, 3,    4, 192, 0, 2, 1};
    for (unsigned type = 0; attributes.size() < 65000; ++type) {
        const std::uint8_t unknown = static_cast<std::uint8_t>(64 + type % 190);
        const std::uint8_t one[] = {0xc0, unknown, 3, 1, 2, 3};
        attributes.insert(attributes.end(), std::begin(one), std::end(one));
    }
    std::vector<std::uint8_t> body;
    ByteWriter out(body);
    out.u16(0);
    out.u16(static_cast<std::uint16_t>(attributes.size()));
    out.bytes(Bytes(attributes));
    out.bytes(Bytes(std::vector<std::uint8_t>{0, 0, 0, 1, 24, 10, 1, 0}));
    const std::uint32_t before = t.sets();
    for (int i = 0; i < 50; ++i) t.say(MessageType::update, Bytes(body));
    t.net.settle();
    REQUIRE(t.net.best(2, "10.1.0.0/24"));
    CHECK(t.net.best(2, "10.1.0.0/24")->attributes.unknown.size() == 190);  // RFC 7606 3g: the first counts
    CHECK(t.sets() <= before + 1);
    CHECK(t.untouched());
}

TEST_CASE("hostile: a storm of ROUTE-REFRESH is answered with the table once for what came together") {
    Trio t;
    for (unsigned i = 0; i < 500; ++i) {
        t.net.announce(2, "10.4." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "/32");
    }
    t.net.settle();
    const std::uint64_t before = t.net.view(1, 2).updates.announced;
    for (int i = 0; i < 2000; ++i)
        t.say(MessageType::route_refresh, Bytes(std::vector<std::uint8_t>{0, 1, 0, 1}));
    t.net.settle();
    const std::uint64_t again = t.net.view(1, 2).updates.announced - before;
    CHECK(again >= 502);
    CHECK(again <= 3 * 502);
    CHECK(t.untouched());
}

TEST_CASE("hostile: OPENs without end cost the session of who sends them, and its routes") {
    Trio t;
    const Nlri target{prefix("10.1.0.0/24"), PathId(1)};
    t.announce(plain(), {&target, 1});
    t.net.settle();
    REQUIRE(t.net.best(2, "10.1.0.0/24"));
    const auto open = encode_open(Open{});
    for (int i = 0; i < 1000 && t.net.established(1, 2); ++i) {
        t.say(MessageType::open, Bytes(open).subspan(kHeaderLength));
    }
    t.net.settle();
    CHECK_FALSE(t.net.established(2, 1));
    CHECK_FALSE(t.net.best(2, "10.1.0.0/24"));
    CHECK(t.net.established(2, 3));
    CHECK(t.net.best(2, "10.3.0.0/24"));
    t.net.advance(Seconds(60));
    CHECK(t.both_up());
}

TEST_CASE("hostile: what is withdrawn and announced in one UPDATE is announced, with host bits or without") {
    Trio t;
    // Withdrawn: 10.1.0.0/23. Announced: 10.1.1.0/23, which is the same prefix (RFC 4271 4.3).
    const std::vector<std::uint8_t> body{0,   8, 0,    0, 0, 1, 24, 10, 1,  0,    0,    20,   0x40, 1,
                                         1,   0, 0x40, 2, 6, 2, 1,  0,  0,  0xfd, 0xe9, 0x40, 3,    4,
                                         192, 0, 2,    1, 0, 0, 0,  1,  23, 10,   1,    1};
    t.say(MessageType::update, Bytes(body));
    t.net.settle();
    CHECK(t.net.best(2, "10.1.0.0/23"));
    CHECK(t.more_routes() == 1);
    CHECK(t.untouched());
}

TEST_CASE("ten thousand neighbours are configured, and each is found by its address") {
    SpeakerSettings ours;
    ours.router_id = RouterId(1);
    Speaker speaker(ours);
    std::map<std::string, PeerSettings> wanted;
    const Time now{std::chrono::hours(1)};
    for (std::uint32_t i = 0; i < 10000; ++i) {
        PeerSettings peer;
        peer.session.transport.peer_address = IpAddress::v4(0x0a000001 + i);
        peer.session.transport.passive = true;
        peer.session.offer.local_as = Asn(65000);
        peer.session.offer.peer_as = Asn(65000);
        peer.session.offer.families = {Family::ipv4};
        wanted.emplace("n" + std::to_string(i), peer);
    }
    speaker.configure(ours, wanted, now);
    CHECK(speaker.peers().size() == 10000);
    const auto last = speaker.find_peer(IpAddress::v4(0x0a000001 + 9999));
    REQUIRE(last);
    CHECK(speaker.accept(*last, now));
    CHECK_FALSE(speaker.find_peer(IpAddress::v4(0x0a000001 + 10000)));
}

}  // namespace dunlin::bgp::test
