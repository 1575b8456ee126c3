// RFC 7606 7, a case a rule. `cost` is what a fault costs where prefixes are announced.
#include <doctest/doctest.h>

#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

constexpr WireContext kInternal{.internal = true};
constexpr WireContext kOld{.as4 = false};
const Octets kOldPath = hex("40 02 06 02 02 fd e9 5b a0");  // 65001 AS_TRANS, two octets each

struct Case {
    const char* name;
    Octets attributes;
    Verdict verdict;
    std::uint8_t subcode;  // of the NOTIFICATION when nothing is announced
    WireContext context{};
};

TEST_CASE(
    "attributes: these faults cost the route, and without announced prefixes the session (RFC 7606 5.2)") {
    const auto withdraw = Verdict::treat_as_withdraw;
    const Case cases[] = {
        {"ORIGIN of two octets", hex("40 01 02 00 00") + kAsPath + kNextHop, withdraw, 5},
        {"ORIGIN of no octet", hex("40 01 00") + kAsPath + kNextHop, withdraw, 5},
        {"ORIGIN 3", hex("40 01 01 03") + kAsPath + kNextHop, withdraw, 6},
        {"ORIGIN with optional flags", hex("c0 01 01 00") + kAsPath + kNextHop, withdraw, 4},
        {"AS_PATH segment too long", kOrigin + hex("40 02 06 02 02 00 00 fd e9") + kNextHop, withdraw, 11},
        {"AS_PATH with one octet", kOrigin + hex("40 02 01 02") + kNextHop, withdraw, 11},
        {"AS_PATH empty segment", kOrigin + hex("40 02 02 02 00") + kNextHop, withdraw, 11},
        {"AS_PATH unknown segment", kOrigin + hex("40 02 06 05 01 00 00 fd e9") + kNextHop, withdraw, 11},
        {"AS_PATH with AS 0", kOrigin + hex("40 02 06 02 01 00 00 00 00") + kNextHop, withdraw, 11},
        {"AS_PATH with a set", kOrigin + hex("40 02 06 01 01 00 00 fd e9") + kNextHop, withdraw, 11},
        {"AS_PATH confederation from outside", kOrigin + hex("40 02 06 03 01 00 00 fd e9") + kNextHop,
         withdraw, 11},
        {"AS_PATH confederation from iBGP outside of one",
         kOrigin + hex("40 02 06 03 01 00 00 fd e9") + kNextHop, withdraw, 11, kInternal},
        {"AS_PATH of a member without its segment", kMandatory, withdraw, 11, {.confed_member = true}},
        {"NEXT_HOP of five octets", kOrigin + kAsPath + hex("40 03 05 c0 00 02 01 00"), withdraw, 5},
        {"NEXT_HOP 0.0.0.0", kOrigin + kAsPath + hex("40 03 04 00 00 00 00"), withdraw, 8},
        {"NEXT_HOP multicast", kOrigin + kAsPath + hex("40 03 04 e0 00 00 01"), withdraw, 8},
        {"NEXT_HOP loopback", kOrigin + kAsPath + hex("40 03 04 7f 00 00 01"), withdraw, 8},
        {"MED of three octets", kMandatory + hex("80 04 03 00 00 01"), withdraw, 5},
        {"MED transitive", kMandatory + hex("c0 04 04 00 00 00 01"), withdraw, 4},
        {"LOCAL_PREF of three octets", kMandatory + hex("40 05 03 00 00 01"), withdraw, 5, kInternal},
        {"ATOMIC_AGGREGATE with optional flags", kMandatory + hex("c0 06 00"), withdraw, 4},
        {"COMMUNITIES of three octets", kMandatory + hex("c0 08 03 00 00 01"), withdraw, 5},
        {"COMMUNITIES of no octet", kMandatory + hex("c0 08 00"), withdraw, 5},
        {"ORIGINATOR_ID of three octets", kMandatory + hex("80 09 03 00 00 01"), withdraw, 5, kInternal},
        {"CLUSTER_LIST of three octets", kMandatory + hex("80 0a 03 00 00 01"), withdraw, 5, kInternal},
        {"CLUSTER_LIST of no octet", kMandatory + hex("80 0a 00"), withdraw, 5, kInternal},
        {"extended communities of four octets", kMandatory + hex("c0 10 04 00 00 00 01"), withdraw, 5},
        {"IPv6 extended communities of eight octets", kMandatory + hex("c0 19 08 00 00 00 00 00 00 00 01"),
         withdraw, 5},
        {"large communities of eight octets", kMandatory + hex("c0 20 08 00 00 00 01 00 00 00 01"), withdraw,
         5},
        {"OTC of two octets", kMandatory + hex("c0 23 02 fd e9"), withdraw, 5},
        {"an attribute beyond the end", kMandatory + hex("80 04 04 00 00"), withdraw, 1},
        {"a header beyond the end", kMandatory + hex("80"), withdraw, 1},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const auto outcome = outcome_of(c.attributes, c.context);
        CHECK(outcome.verdict == c.verdict);
        CHECK_FALSE(outcome.repairs.empty());
        const auto alone = outcome_of(c.attributes, c.context, {}, hex("08 0b"));
        CHECK(alone.verdict == Verdict::session_reset);
        CHECK(alone.reset.code == 3);
        CHECK(alone.reset.subcode == c.subcode);
    }
}

TEST_CASE("attributes: a missing mandatory one costs the route, but nothing where nothing is announced") {
    for (const Octets& attributes : {kAsPath + kNextHop, kOrigin + kNextHop, kOrigin + kAsPath, Octets()}) {
        CHECK(outcome_of(attributes).verdict == Verdict::treat_as_withdraw);
        CHECK(outcome_of(attributes, {}, {}, hex("08 0b")).verdict == Verdict::ok);
    }
}

TEST_CASE("attributes: these faults cost the attribute alone") {
    const Case cases[] = {
        {"ATOMIC_AGGREGATE with a value", kMandatory + hex("40 06 01 00"), Verdict::ok, 0},
        {"AGGREGATOR of the old length", kMandatory + hex("c0 07 06 fd e9 0a 00 00 01"), Verdict::ok, 0},
        {"AGGREGATOR of no octet", kMandatory + hex("c0 07 00"), Verdict::ok, 0},
        {"AGGREGATOR with AS 0", kMandatory + hex("c0 07 08 00 00 00 00 0a 00 00 01"), Verdict::ok, 0},
        {"LOCAL_PREF from outside", kMandatory + hex("40 05 04 00 00 00 64"), Verdict::ok, 0},
        {"LOCAL_PREF from outside, malformed", kMandatory + hex("c0 05 01 00"), Verdict::ok, 0},
        {"ORIGINATOR_ID from outside", kMandatory + hex("80 09 04 0a 00 00 01"), Verdict::ok, 0},
        {"ORIGINATOR_ID from outside, malformed", kMandatory + hex("40 09 01 0a"), Verdict::ok, 0},
        {"CLUSTER_LIST from outside", kMandatory + hex("80 0a 04 0a 00 00 01"), Verdict::ok, 0},
        {"AS4_PATH from a new neighbour", kMandatory + hex("c0 11 06 02 01 00 00 00 07"), Verdict::ok, 0},
        {"AS4_AGGREGATOR from a new neighbour", kMandatory + hex("c0 12 08 00 00 00 07 0a 00 00 01"),
         Verdict::ok, 0},
        {"AS4_PATH malformed", kOrigin + kOldPath + kNextHop + hex("c0 11 05 02 01 00 00 00"), Verdict::ok, 0,
         kOld},
        {"AS4_PATH empty", kOrigin + kOldPath + kNextHop + hex("c0 11 00"), Verdict::ok, 0, kOld},
        {"AS4_PATH with AS 0", kOrigin + kOldPath + kNextHop + hex("c0 11 06 02 01 00 00 00 00"), Verdict::ok,
         0, kOld},
        {"AS4_AGGREGATOR short", kOrigin + kOldPath + kNextHop + hex("c0 12 04 00 00 00 07"), Verdict::ok, 0,
         kOld},
        {"a repeated attribute", kMandatory + hex("40 01 01 02"), Verdict::ok, 0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const auto outcome = outcome_of(c.attributes, c.context);
        CHECK(outcome.verdict == Verdict::ok);
        REQUIRE(outcome.repairs.size() == 1);
        CHECK(outcome.repairs[0].cost == Repair::Cost::attribute);
        CHECK(outcome.attributes.origin == Origin::igp);
        CHECK_FALSE(outcome.attributes.atomic_aggregate);
        CHECK_FALSE(outcome.attributes.aggregator.has_value());
        CHECK_FALSE(outcome.attributes.local_pref.has_value());
        CHECK_FALSE(outcome.attributes.originator_id.has_value());
        CHECK(outcome.attributes.cluster_list.empty());
        CHECK(outcome.attributes.as_path.first() == Asn(65001));
        CHECK(outcome_of(c.attributes, c.context, {}, hex("08 0b")).verdict == Verdict::ok);
    }
}

TEST_CASE("attributes: an unknown well-known one resets with its octets as data") {
    const auto outcome = outcome_of(kMandatory + hex("40 63 01 07"));
    CHECK(outcome.verdict == Verdict::session_reset);
    CHECK(outcome.reset == update_error(UpdateError::unrecognized_well_known_attribute, hex("40 63 01 07")));
}

TEST_CASE("attributes: of several faults the strongest wins, and all are told") {
    const auto outcome = outcome_of(hex("40 01 01 03") + kAsPath + kNextHop + hex("40 06 01 00 40 63 01 07"));
    CHECK(outcome.verdict == Verdict::session_reset);
    REQUIRE(outcome.repairs.size() == 3);
    CHECK(outcome.repairs[0].text == "ORIGIN: an undefined value");
    CHECK(outcome.repairs[1].text == "ATOMIC_AGGREGATE: a wrong length");
    CHECK(outcome.repairs[2].text == "attribute 99: unknown, and not optional");
}

TEST_CASE("attributes: a set is taken where the operator says so") {
    const Octets path = hex("40 02 06 01 01 00 00 fd e9");
    const auto outcome = outcome_of(kOrigin + path + kNextHop, {.accept_as_sets = true});
    CHECK(outcome.verdict == Verdict::ok);
    CHECK(outcome.attributes.as_path.to_string() == "{65001}");
}

TEST_CASE("attributes: from a confederation member, segments and LOCAL_PREF are taken") {
    const Octets path = hex("40 02 06 03 01 00 00 fd e9");
    const auto outcome =
        outcome_of(kOrigin + path + kNextHop + hex("40 05 04 00 00 00 07"), {.confed_member = true});
    CHECK(outcome.verdict == Verdict::ok);
    CHECK(outcome.attributes.as_path.to_string() == "(65001)");
    CHECK(outcome.attributes.local_pref == 7u);
}

}  // namespace
}  // namespace dunlin::bgp
