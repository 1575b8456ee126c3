#include "bgp/session/impact.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "tests/unit/bgp/session/sample.h"

namespace dunlin::bgp {
namespace {

struct Change {
    Impact cost;
    std::function<void(SessionConfig&)> make;
    std::function<void(SessionConfig&)> before = [](SessionConfig&) {};  // of both
};

// One change of each field of SessionConfig.
std::vector<Change> every_change() {
    using C = SessionConfig;
    return {
        {Impact::reset, [](C& c) { c.transport.peer_address = IpAddress::v4(1); }},
        {Impact::reset, [](C& c) { c.transport.peer_port = 1179; }},
        {Impact::reset, [](C& c) { c.transport.local_address = IpAddress::v4(2); }},
        {Impact::reset, [](C& c) { c.transport.interface = "eth0"; }},
        {Impact::live, [](C& c) { c.transport.passive = true; }},
        {Impact::live, [](C& c) { c.live.md5_key = "k"; }},
        {Impact::reset, [](C& c) { c.offer.confederation.emplace(); }},
        {Impact::reset, [](C& c) { c.live.ao_keys.emplace_back(); }},
        {Impact::live, [](C& c) { c.live.ao_keys[0].send_id = 7; }, [](C& c) { c.live.ao_keys.resize(1); }},
        {Impact::live, [](C& c) { c.live.md5_next_key = "k"; }},
        {Impact::live, [](C& c) { c.live.ttl = 1; }},
        {Impact::live, [](C& c) { c.live.min_ttl = 254; }},
        {Impact::reset, [](C& c) { c.offer.local_as = Asn(1); }},
        {Impact::reset, [](C& c) { c.offer.peer_as = Asn(1); }},
        {Impact::reset, [](C& c) { c.offer.router_id = RouterId(1); }},
        {Impact::reset, [](C& c) { c.offer.families = {Family::ipv6}; }},
        {Impact::reset, [](C& c) { c.offer.extended_messages = false; }},
        {Impact::reset, [](C& c) { c.offer.enhanced_route_refresh = false; }},
        {Impact::reset, [](C& c) { c.offer.add_path_receive = true; }},
        {Impact::reset, [](C& c) { c.offer.add_path_send = true; }},
        {Impact::reset, [](C& c) { c.offer.extended_next_hop = true; }},
        {Impact::reset, [](C& c) { c.offer.restart = RestartMode::full; }},
        {Impact::none, [](C& c) { c.offer.restart_time_s = 1; }},
        {Impact::reset, [](C& c) { c.offer.role = Role::peer; }},
        {Impact::reset, [](C& c) { c.offer.role_strict = true; }},
        {Impact::none, [](C& c) { c.timers.hold = Seconds(9); }},
        {Impact::live, [](C& c) { c.timers.keepalive = Seconds(9); }},
        {Impact::none, [](C& c) { c.timers.connect_retry = Seconds(9); }},
        {Impact::none, [](C& c) { c.timers.connect_delay = Seconds(9); }},
        {Impact::none, [](C& c) { c.timers.error_wait_min = Seconds(9); }},
        {Impact::none, [](C& c) { c.timers.error_wait_max = Seconds(9); }},
        {Impact::live, [](C& c) { c.timers.send_hold = Seconds(9); }},
        {Impact::reset, [](C& c) { c.admin_state = AdminState::down; }},
        {Impact::refresh, [](C& c) { c.admin_state = AdminState::drain; }},
        {Impact::none, [](C& c) { c.admin_message = "later"; }},
    };
}

}  // namespace

TEST_CASE("impact: every field costs what the table says, and no field is forgotten") {
    std::set<std::string_view> seen;
    for (const Change& change : every_change()) {
        SessionConfig from = test::ours();
        change.before(from);
        SessionConfig to = from;
        change.make(to);
        REQUIRE(to != from);
        CHECK(impact(from, to) == change.cost);
        CHECK(impact(to, from) == change.cost);
        const auto fields = changed_fields(from, to);
        REQUIRE(fields.size() == 1);
        CHECK(fields[0].impact == change.cost);
        seen.insert(fields[0].field);
    }
    CHECK(seen.size() == impact_table().size());
    CHECK(impact(test::ours(), test::ours()) == Impact::none);
    CHECK(changed_fields(test::ours(), test::ours()).empty());
}

TEST_CASE("impact: of several changes the dearest counts") {
    const SessionConfig from = test::ours();
    SessionConfig to = from;
    to.timers.hold = Seconds(9);
    to.live.ttl = 1;
    CHECK(impact(from, to) == Impact::live);
    to.offer.peer_as = Asn(1);
    CHECK(impact(from, to) == Impact::reset);
}

}  // namespace dunlin::bgp
