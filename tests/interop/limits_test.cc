// What one neighbour can do to the others: nothing. A hundred sessions with a hold time of 3 s while one
// sends a million routes again and again, and another one takes nothing. RFC 4271 6.5, RFC 9687.
#include "bgp/wire/encode.h"
#include "tests/bench/lib/device.h"
#include "tests/bench/lib/load.h"
#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

constexpr unsigned kQuick = 100;  // sessions with the short hold time
constexpr unsigned kRoutes = 1000000;

IpAddress address_of(unsigned n) { return IpAddress::v4(0xc0000264 + n); }  // 192.0.2.100 and on
Asn as_of(unsigned n) { return Asn(65001 + n); }

// All routes, ten to an UPDATE, each UPDATE with a path of its own.
bench::Octets table(std::uint32_t salt) {
    bench::Octets out, block;
    std::vector<bgp::Nlri> nlri;
    for (std::uint32_t i = 0; i < kRoutes; i += 10) {
        bgp::PathAttributes attributes;
        attributes.as_path = bgp::AsPath::sequence({as_of(0), Asn(salt + i)});
        block.clear();
        bgp::encode_attributes(attributes, {true, false}, block);
        nlri.clear();
        for (std::uint32_t j = i; j < i + 10; ++j)
            nlri.push_back({*Prefix::from(IpAddress::v4(0x10000000 + (j << 8)), 24), PathId(0)});
        bgp::encode_announcements(nlri, block, {address_of(0), std::nullopt}, {}, out);
    }
    return out;
}

TEST_CASE("a million routes again and again: a hundred sessions with a hold time of 3 s stay up") {
    if (skipped()) return;
    const Rack rack;
    Agent::Options options;
    options.log_level = "info";
    options.flags = {"--kernel", "off"};
    const Agent agent(rack.node, "n1", options);
    agent.apply("node", node_yaml("n1", kNode));
    // The first sends, the last reads nothing; in between are those that must not notice.
    const unsigned last = kQuick + 1;
    for (unsigned n = 0; n <= last; ++n) {
        rack.router.add_address("rack", address_of(n).to_string() + "/24");
        const std::string name = "p" + std::to_string(n);
        agent.apply(name, bench::peer_object(name, {address_of(n), as_of(n)}, ", passive: true"));
    }
    const bench::Octets one = table(100000), two = table(3000000);
    const NetNs::Inside inside = rack.router.enter();
    bench::Load load(*IpAddress::parse("192.0.2.11"));
    for (unsigned n = 0; n <= last; ++n) {
        const bool quick = n > 0 && n < last;
        load.add({address_of(n), as_of(n), seconds(quick ? 3 : 240), false});
    }
    REQUIRE_NOTHROW(load.establish(seconds(60)));
    bench::Neighbour& sender = *load.neighbours().front();
    load.neighbours().back()->stop_reading();

    // More than three hold times. Throws when a session ends, or the device is silent for a hold time.
    const auto end = bench::Clock::now() + seconds(12);
    unsigned tables = 0;
    REQUIRE_NOTHROW(load.run("twelve seconds", seconds(120), [&] {
        if (bench::Clock::now() >= end) return tables > 1 && sender.unsent() == 0;
        if (sender.unsent() == 0) sender.send(tables++ % 2 == 0 ? one : two);
        return false;
    }));
    MESSAGE(tables << " tables of a million routes in twelve seconds");
    for (const auto& each : load.neighbours()) CHECK(each->established());
    // The neighbour that takes nothing is not kept a copy of everything for.
    CHECK(bench::cost_of(agent.pid()).peak_mib < 400);
}

}  // namespace
}  // namespace dunlin::test
