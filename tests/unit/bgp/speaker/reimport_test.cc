// A changed import filter is put to work on what was received before it: 1 announces to 2, which filters.
#include <doctest/doctest.h>

#include <random>

#include "tests/unit/bgp/speaker/pair.h"

namespace dunlin::bgp::test {
namespace {

FilterRule with_local_pref(std::string_view cidr, std::uint32_t value) {
    FilterRule out = rule(cidr, true);
    out.operations = {SetLocalPref{value}};
    return out;
}

struct Filtering : Pair {
    void filter(FilterChain chain) {
        of(2, 1).import_filter_ipv4 = std::move(chain);
        net.apply();
    }
    bool has(std::string_view text) { return net.best(2, text).has_value(); }
    std::uint32_t local_pref(std::string_view text) {
        return net.best(2, text)->attributes.local_pref.value_or(0);
    }
    // Nothing was asked for, nothing was said, nothing fell.
    bool untouched() {
        const PeerView view = net.view(2, 1);
        return view.updates.refreshes_sent == 0 && view.updates.announced == announced &&
               view.session.counters.downs == 0;
    }
    void say(std::uint8_t subtype) {
        const std::uint8_t body[] = {0, 1, subtype, 1};
        net.send_raw(1, 2, MessageType::route_refresh, body);
        net.settle();
    }
    const std::uint64_t announced = net.view(2, 1).updates.announced;
};

}  // namespace

TEST_CASE("reimport: a changed filter is put to work without asking the neighbour") {
    Filtering pair;
    const std::uint32_t as_said = pair.local_pref("10.1.0.0/26");
    pair.filter({rule("10.1.0.0/16", false)});
    CHECK_FALSE(pair.has("10.1.0.0/26"));
    CHECK(pair.net.view(2, 1).ipv4.received == 2);
    CHECK(pair.net.view(2, 1).ipv4.filtered == 1);
    std::vector<RouteView> refused;
    const auto take = [&](const RouteView& route) { refused.push_back(route); };
    CHECK(pair.net.speaker(2).for_each_filtered(Family::ipv4, 10, take));
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].prefix == prefix("10.1.0.0/26"));
    CHECK(refused[0].paths.at(0).source == Network::name(1));
    CHECK(refused[0].paths.at(0).refused_by == "rule 1 of test");
    CHECK(refused[0].paths.at(0).attributes.local_pref == as_said);
    pair.filter({with_local_pref("10.1.0.0/16", 77)});
    CHECK(pair.local_pref("10.1.0.0/26") == 77);
    pair.filter({with_local_pref("10.0.0.0/8", 78)});
    CHECK(pair.local_pref("10.1.0.0/26") == 78);
    CHECK(pair.local_pref("10.2.0.0/26") == 78);
    pair.filter({});
    CHECK(pair.local_pref("10.1.0.0/26") == as_said);
    CHECK(pair.local_pref("10.2.0.0/26") == as_said);
    CHECK(pair.net.view(2, 1).ipv4.filtered == 0);
    CHECK(pair.untouched());
}

TEST_CASE("reimport: what was withdrawn behind the filter does not come back with it") {
    Filtering pair;
    pair.filter({rule("10.0.0.0/8", false)});
    pair.net.withdraw(1, "10.1.0.0/26");
    pair.net.settle();
    CHECK(pair.net.view(2, 1).ipv4.filtered == 1);
    pair.filter({});
    CHECK_FALSE(pair.has("10.1.0.0/26"));
    CHECK(pair.has("10.2.0.0/26"));
    CHECK(pair.untouched());
}

TEST_CASE("reimport: what a refresh leaves out goes from behind the filter, too") {
    Filtering pair;
    pair.filter({rule("10.0.0.0/8", false)});
    CHECK(pair.net.view(2, 1).ipv4.filtered == 2);
    pair.say(1);
    CHECK(pair.net.view(2, 1).ipv4.filtered == 2);
    pair.say(2);
    CHECK(pair.net.view(2, 1).ipv4.filtered == 0);
    pair.filter({});
    CHECK_FALSE(pair.has("10.1.0.0/26"));
}

TEST_CASE("reimport: after a BoRR its EoRR is not waited for without end (RFC 7313 4)") {
    Filtering pair;
    pair.say(1);
    pair.net.advance(Seconds(300));
    CHECK(pair.has("10.1.0.0/26"));
    pair.net.advance(Seconds(61));
    CHECK_FALSE(pair.has("10.1.0.0/26"));
    CHECK(pair.net.established(2, 1));
}

TEST_CASE("reimport: a filter that changes while the one before is put to work") {
    Network net;
    net.add_router(1);
    net.add_router(2);
    net.join(1, 2);
    for (unsigned i = 0; i < 9000; ++i)
        net.announce(1, "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24");
    net.apply();
    net.advance(Seconds(10));
    REQUIRE(net.view(2, 1).ipv4.received == 9001);
    const auto configure = [&](FilterChain chain) {
        net.settings(2, 1).policy.import_filter_ipv4 = std::move(chain);
        net.speaker(2).configure(net.speaker_settings(2), {{Network::name(1), net.settings(2, 1)}},
                                 net.now());
    };
    configure({rule("10.0.0.0/8", false)});
    CHECK(net.speaker(2).run_slice(net.now()));
    CHECK_FALSE(net.speaker(2).at_rest());
    const std::uint32_t filtered = net.view(2, 1).ipv4.filtered;
    CHECK(filtered > 0);
    CHECK(filtered < 9000);
    configure({with_local_pref("10.0.0.0/8", 5)});
    net.settle();
    CHECK(net.view(2, 1).ipv4.received == 9001);
    CHECK(net.view(2, 1).ipv4.filtered == 0);
    CHECK(net.best(2, "10.0.0.0/24")->attributes.local_pref == 5u);
    CHECK(net.best(2, "10.35.249.0/24")->attributes.local_pref == 5u);
    CHECK(net.view(2, 1).updates.refreshes_sent == 0);
}

TEST_CASE("reimport: a limit of prefixes counts at once, and lets in what it kept out when it grows") {
    Filtering pair;
    pair.net.settings(2, 1).policy.max_prefixes = MaxPrefixes{3, MaxPrefixAction::discard, 80};
    pair.net.apply();
    CHECK(pair.untouched());
    CHECK(pair.net.view(2, 1).ipv4.limit_warned);
    pair.net.announce(1, "10.3.0.0/26");
    pair.net.settle();
    CHECK_FALSE(pair.has("10.3.0.0/26"));
    pair.net.settings(2, 1).policy.max_prefixes->limit = 10;
    pair.net.apply();
    CHECK(pair.has("10.3.0.0/26"));
    CHECK(pair.net.view(2, 1).updates.refreshes_sent > 0);  // what a limit refused is not kept
    CHECK_FALSE(pair.net.view(2, 1).ipv4.limit_warned);
    pair.net.settings(2, 1).policy.max_prefixes = MaxPrefixes{2, MaxPrefixAction::restart, 80};
    pair.net.apply();
    CHECK(pair.net.view(2, 1).session.reason == SessionReason::max_prefix_reached);
}

TEST_CASE(
    "reimport: of a neighbour with a limit no more is kept behind the filter, and it is asked for the rest") {
    Filtering pair;
    pair.net.settings(2, 1).policy.max_prefixes = MaxPrefixes{5, MaxPrefixAction::warn, 80};
    pair.filter({rule("10.0.0.0/8", false)});
    for (unsigned i = 3; i < 20; ++i) pair.net.announce(1, "10." + std::to_string(i) + ".0.0/24");
    pair.net.settle();
    CHECK(pair.net.view(2, 1).ipv4.filtered == 5);
    CHECK(pair.net.view(2, 1).updates.refreshes_sent == 0);
    pair.filter({});
    CHECK(pair.net.view(2, 1).updates.refreshes_sent > 0);
    CHECK(pair.net.view(2, 1).ipv4.received == 20);
    CHECK(pair.net.view(2, 1).session.counters.downs == 0);
}

TEST_CASE("reimport: a filter that lets too many in ends the session, as an announcement would") {
    Filtering pair;
    pair.net.settings(2, 1).policy.max_prefixes = MaxPrefixes{2, MaxPrefixAction::restart, 80};
    pair.filter({rule("10.1.0.0/16", false)});
    pair.net.advance(Seconds(600));  // the limit was there before the filter
    REQUIRE(pair.net.established(2, 1));
    pair.filter({});
    CHECK(pair.net.view(2, 1).session.reason == SessionReason::max_prefix_reached);
}

// Whatever came before: the table is what a session that begins now would make of it.
TEST_CASE("reimport: after any history as after a new session") {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
        Filtering pair;
        std::vector<std::string> all;
        for (unsigned i = 0; i < 32; ++i) all.push_back("10.9." + std::to_string(i * 8) + ".0/29");
        for (unsigned step = 0; step < 60; ++step) {
            const std::string& one = all[below(32)];
            switch (below(4)) {
                case 0:
                    pair.net.announce(1, one);
                    break;
                case 1:
                    pair.net.withdraw(1, one);
                    break;
                case 2:
                    pair.net.speaker(2).request_refresh(Network::name(1), pair.net.now());
                    break;
                default:
                    FilterChain chain;
                    for (std::uint32_t n = below(4); n > 0; --n) {
                        const std::string cidr = "10.9." + std::to_string(below(4) * 64) + ".0/18";
                        chain.push_back(below(2) == 0 ? rule(cidr, false) : with_local_pref(cidr, below(9)));
                    }
                    pair.filter(chain);
            }
            if (below(2) == 0) pair.net.settle();
        }
        pair.net.settle();
        const auto taken = [&] {
            std::vector<std::string> out;
            for (const std::string& each : all) {
                const auto path = pair.net.best(2, each);
                if (path) out.push_back(each + " " + std::to_string(path->attributes.local_pref.value_or(0)));
            }
            return out;
        };
        const auto before = taken();
        const auto counts = pair.net.view(2, 1).ipv4;
        pair.net.speaker(2).reset(Network::name(1), "", pair.net.now());
        pair.net.advance(Seconds(120));
        REQUIRE(pair.net.established(2, 1));
        CHECK(taken() == before);
        CHECK(pair.net.view(2, 1).ipv4.received == counts.received);
        CHECK(pair.net.view(2, 1).ipv4.filtered == counts.filtered);
    }
}

}  // namespace dunlin::bgp::test
