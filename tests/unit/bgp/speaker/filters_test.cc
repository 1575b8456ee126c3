// Filters of the operator at work on living sessions.
#include <doctest/doctest.h>

#include "tests/unit/bgp/speaker/pair.h"

namespace dunlin::bgp::test {
namespace {

std::uint64_t flaps(Pair& pair) { return pair.net.view(1, 2).session.counters.downs; }

}  // namespace

TEST_CASE("filters: an import rule that rejects takes the route away and gives it back, without a reset") {
    Pair pair;
    pair.of(2, 1).import_filter_ipv4 = FilterChain{rule("10.1.0.0/16", false)};
    pair.net.apply();
    CHECK_FALSE(pair.net.best(2, "10.1.0.0/26"));
    CHECK(pair.net.best(2, "10.2.0.0/26"));
    CHECK(pair.net.view(2, 1).updates.last_filtered == "10.1.0.0/26 by rule 1 of test");
    pair.of(2, 1).import_filter_ipv4 = FilterChain{};
    pair.net.apply();
    CHECK(pair.net.best(2, "10.1.0.0/26"));
    CHECK(flaps(pair) == 0);
}

TEST_CASE("filters: operations of an import rule change what is taken, and only of its prefixes") {
    Pair pair;
    FilterRule changes = rule("10.1.0.0/16", true);
    changes.operations = {SetLocalPref{77}, AddCommunity{Community(9u)}};
    pair.of(2, 1).import_filter_ipv4 = FilterChain{changes};
    pair.net.apply();
    CHECK(pair.net.best(2, "10.1.0.0/26")->attributes.local_pref == 77u);
    CHECK(pair.net.best(2, "10.1.0.0/26")->attributes.communities == std::vector<std::uint32_t>{9});
    CHECK(pair.net.best(2, "10.2.0.0/26")->attributes.local_pref == 2147482623u);
}

TEST_CASE("filters: an export rule that accepts ends it: pools and communities of the policy are not asked") {
    Pair pair;
    ExportPolicy& policy = pair.of(1, 2).export_ipv4.edit();
    policy.accept_all = false;
    policy.communities = {{prefix("10.0.0.0/8"), {0xfde80001}, {}}};
    policy.accept_pools = {prefix("10.2.0.0/16")};
    pair.of(1, 2).export_filter_ipv4 = FilterChain{rule("10.1.0.0/16", true)};
    pair.net.apply();
    REQUIRE(pair.net.best(2, "10.1.0.0/26"));
    CHECK(pair.net.best(2, "10.1.0.0/26")->attributes.communities.empty());
    REQUIRE(pair.net.best(2, "10.2.0.0/26"));
    CHECK(pair.net.best(2, "10.2.0.0/26")->attributes.communities.size() == 1);
    CHECK(flaps(pair) == 0);
}

TEST_CASE("filters: an export rule that rejects withdraws") {
    Pair pair;
    pair.of(1, 2).export_filter_ipv4 = FilterChain{rule("10.1.0.0/16", false)};
    pair.net.apply();
    CHECK_FALSE(pair.net.best(2, "10.1.0.0/26"));
    CHECK(pair.net.best(2, "10.2.0.0/26"));
}

TEST_CASE("filters: a prepended path begins with the list, a set MED leaves the AS, LOCAL_PREF does not") {
    Pair pair(65001);
    FilterRule changes = rule("10.1.0.0/16", true);
    changes.operations = {PrependAsPath{{Asn(Network::kAs), Asn(7)}}, SetMed{30}, SetLocalPref{1}};
    pair.of(1, 2).export_filter_ipv4 = FilterChain{changes};
    pair.net.apply();
    const auto best = pair.net.best(2, "10.1.0.0/26");
    REQUIRE(best);
    CHECK(best->attributes.as_path == AsPath::sequence({Asn(Network::kAs), Asn(7), Asn(Network::kAs)}));
    CHECK(best->attributes.med == 30u);
    CHECK_FALSE(best->attributes.local_pref);
}

TEST_CASE("filters: rules of both families are kept apart") {
    Pair pair;
    FilterRule everything;
    everything.filter = "all";
    pair.of(1, 2).export_filter_ipv6 = FilterChain{everything};
    pair.of(2, 1).import_filter_ipv6 = FilterChain{everything};
    pair.net.apply();
    CHECK(pair.net.best(2, "10.1.0.0/26"));
}

}  // namespace dunlin::bgp::test
