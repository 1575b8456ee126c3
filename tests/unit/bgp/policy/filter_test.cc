#include "bgp/policy/filter.h"

#include <doctest/doctest.h>

namespace dunlin::bgp {
namespace {

Prefix prefix(std::string_view text) { return *Prefix::parse(text); }

PrefixMatch match(MatchOperator op, std::string_view cidr) {
    PrefixMatch out;
    out.op = op;
    out.prefix = prefix(cidr);
    return out;
}

FilterRule accept_all() {
    FilterRule out;
    out.accept = true;
    return out;
}

// True: the rule decides on a route with these facts, made from 10.1.2.0/24 with the attributes.
struct Route {
    Prefix cidr = prefix("10.1.2.0/24");
    PathAttributes attributes;
    bool from_bgp = true, internal = true;
    std::string interface = "eth0";
    std::uint32_t priority = 1024;

    bool decided_by(const FilterRule& rule) const {
        return deciding_rule({rule}, {cidr, attributes, from_bgp, internal, interface, priority}) != nullptr;
    }
};

PathAttributes changed_by(std::vector<FilterOperation> operations, PathAttributes attributes = {}) {
    apply_operations(operations, attributes);
    return attributes;
}

}  // namespace

TEST_CASE("PrefixMatch: equal, not equal, in and not in") {
    CHECK(match(MatchOperator::equal, "10.0.0.0/8").matches(prefix("10.0.0.0/8")));
    CHECK_FALSE(match(MatchOperator::equal, "10.0.0.0/8").matches(prefix("10.0.0.0/9")));
    CHECK(match(MatchOperator::not_equal, "10.0.0.0/8").matches(prefix("10.0.0.0/9")));
    CHECK_FALSE(match(MatchOperator::not_equal, "10.0.0.0/8").matches(prefix("10.0.0.0/8")));
    CHECK(match(MatchOperator::in, "10.0.0.0/8").matches(prefix("10.0.0.0/8")));
    CHECK(match(MatchOperator::in, "10.0.0.0/8").matches(prefix("10.1.2.3/32")));
    CHECK_FALSE(match(MatchOperator::in, "10.0.0.0/8").matches(prefix("11.0.0.0/16")));
    CHECK_FALSE(match(MatchOperator::in, "10.0.0.0/8").matches(prefix("0.0.0.0/0")));
    CHECK(match(MatchOperator::not_in, "10.0.0.0/8").matches(prefix("11.0.0.0/16")));
    CHECK_FALSE(match(MatchOperator::not_in, "10.0.0.0/8").matches(prefix("10.4.0.0/16")));
    CHECK_FALSE(match(MatchOperator::in, "10.0.0.0/8").matches(prefix("fd00::/64")));
}

TEST_CASE("PrefixMatch: a range of lengths goes with in and not in, and never below the prefix's own") {
    PrefixMatch in = match(MatchOperator::in, "10.0.0.0/8");
    in.min_length = 4;
    in.max_length = 24;
    CHECK(in.min() == 8);
    CHECK(in.matches(prefix("10.0.0.0/8")));
    CHECK(in.matches(prefix("10.1.1.0/24")));
    CHECK_FALSE(in.matches(prefix("10.1.1.0/25")));
    in.max_length = 128;
    CHECK(in.max() == 32);
    PrefixMatch not_in = match(MatchOperator::not_in, "10.0.0.0/8");
    not_in.max_length = 24;
    CHECK(not_in.matches(prefix("10.1.1.0/25")));
    CHECK_FALSE(not_in.matches(prefix("10.1.1.0/24")));
}

TEST_CASE("Filter: every condition of a rule must hold") {
    Route route;
    CHECK(route.decided_by(accept_all()));
    FilterRule rule = accept_all();
    rule.prefix = match(MatchOperator::in, "10.0.0.0/8");
    rule.from_bgp_peers = true;
    rule.interface = "eth*";
    rule.internal_peer = true;
    rule.priority = 1024;
    rule.community = Community(0xfde80001u);
    rule.as_path_prefix = {Asn(65001), Asn(65002)};
    route.attributes.communities = {7, 0xfde80001};
    route.attributes.as_path = AsPath::sequence({Asn(65001), Asn(65002), Asn(65003)});
    CHECK(route.decided_by(rule));

    const auto fails_with = [&](auto change) {
        Route other = route;
        change(other);
        return !other.decided_by(rule);
    };
    CHECK(fails_with([](Route& r) { r.cidr = prefix("11.0.0.0/8"); }));
    CHECK(fails_with([](Route& r) { r.from_bgp = false; }));
    CHECK(fails_with([](Route& r) { r.interface = "tunl0"; }));
    CHECK(fails_with([](Route& r) { r.internal = false; }));
    CHECK(fails_with([](Route& r) { r.priority = 512; }));
    CHECK(fails_with([](Route& r) { r.attributes.communities = {7}; }));
    CHECK(fails_with([](Route& r) { r.attributes.as_path = AsPath::sequence({Asn(65001)}); }));
    CHECK(fails_with([](Route& r) { r.attributes.as_path = AsPath::sequence({Asn(65002), Asn(65001)}); }));
}

TEST_CASE("Filter: an interface of * also holds for a blackhole, which has none") {
    Route route;
    route.interface = "";
    FilterRule rule = accept_all();
    rule.interface = "*";
    CHECK(route.decided_by(rule));
    rule.interface = "eth*";
    CHECK_FALSE(route.decided_by(rule));
}

TEST_CASE("Filter: a large community is asked for among the large ones") {
    Route route;
    FilterRule rule = accept_all();
    rule.community = Community(LargeCommunity{64512, 1, 2});
    CHECK_FALSE(route.decided_by(rule));
    route.attributes.large_communities = {{64512, 1, 2}};
    CHECK(route.decided_by(rule));
}

TEST_CASE("Filter: the first rule that matches decides, and none may say anything") {
    FilterRule first = accept_all(), second;
    first.prefix = match(MatchOperator::in, "10.0.0.0/8");
    second.prefix = match(MatchOperator::in, "10.1.0.0/16");
    const FilterChain chain{first, second};
    const PathAttributes none;
    const Prefix inner = prefix("10.1.0.0/24"), outside = prefix("11.0.0.0/24");
    CHECK(deciding_rule(chain, {inner, none, false, false, {}, 0}) == &chain[0]);
    CHECK(deciding_rule(chain, {outside, none, false, false, {}, 0}) == nullptr);
}

TEST_CASE("Filter: operations, in their order") {
    CHECK(changed_by({AddCommunity{Community(5u)}, AddCommunity{Community(5u)}}).communities ==
          std::vector<std::uint32_t>{5});
    CHECK(changed_by({AddCommunity{Community(LargeCommunity{1, 2, 3})}}).large_communities ==
          std::vector<LargeCommunity>{{1, 2, 3}});
    CHECK(changed_by({SetPriority{512}}).local_pref == 2147483135u);
    CHECK(changed_by({SetMed{7}}).med == 7u);
    CHECK(changed_by({SetLocalPref{70}, SetLocalPref{80}}).local_pref == 80u);
    PathAttributes path;
    path.as_path = AsPath::sequence({Asn(3)});
    CHECK(changed_by({PrependAsPath{{Asn(1), Asn(2)}}}, path).as_path ==
          AsPath::sequence({Asn(1), Asn(2), Asn(3)}));
}

TEST_CASE("Filter: communities are deleted by value and by wildcard") {
    PathAttributes from;
    from.communities = {0xfde80001, 0xfde80002, 0xfde90001};
    from.large_communities = {{1, 2, 3}, {1, 9, 3}, {4, 2, 3}};
    CHECK(changed_by({DeleteCommunity{{{65000u, 1u}}}}, from).communities ==
          std::vector<std::uint32_t>{0xfde80002, 0xfde90001});
    CHECK(changed_by({DeleteCommunity{{{65000u, std::nullopt}}}}, from).communities ==
          std::vector<std::uint32_t>{0xfde90001});
    CHECK(changed_by({DeleteCommunity{{{1u, std::nullopt, 3u}}}}, from).large_communities ==
          std::vector<LargeCommunity>{{4, 2, 3}});
}

}  // namespace dunlin::bgp
