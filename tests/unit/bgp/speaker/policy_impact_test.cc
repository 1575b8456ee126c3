#include "bgp/speaker/policy_impact.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

namespace dunlin::bgp {
namespace {

struct Change {
    Impact cost;
    std::function<void(PeerPolicy&)> make;
};

// One change of each field of PeerPolicy.
std::vector<Change> every_change() {
    using P = PeerPolicy;
    return {
        {Impact::live, [](P& p) { p.next_hop = NextHopMode::keep; }},
        {Impact::reset, [](P& p) { p.reflector_client = true; }},
        {Impact::refresh, [](P& p) { p.cluster_id = RouterId(7); }},
        {Impact::refresh, [](P& p) { p.allow_own_as = 1; }},
        {Impact::refresh, [](P& p) { p.check_first_as = false; }},
        {Impact::live, [](P& p) { p.send_communities.large = false; }},
        {Impact::live, [](P& p) { p.max_prefixes = MaxPrefixes{}; }},
        {Impact::live, [](P& p) { p.import_filter_ipv4.edit().emplace_back(); }},
        {Impact::live, [](P& p) { p.import_filter_ipv6.edit().emplace_back(); }},
        {Impact::live, [](P& p) { p.export_filter_ipv4.edit().emplace_back(); }},
        {Impact::live, [](P& p) { p.export_filter_ipv6.edit().emplace_back(); }},
        {Impact::live, [](P& p) { p.export_ipv4.edit().accept_all = true; }},
        {Impact::live, [](P& p) { p.export_ipv6.edit().accept_all = true; }},
        {Impact::live, [](P& p) { p.default_priority = 7; }},
        {Impact::live, [](P& p) { p.local_pref_from_priority = false; }},
    };
}

std::string table_of(const std::vector<FieldImpact>& rows) {
    std::string out = "| field | cost |\n|---|---|\n";
    for (const FieldImpact& row : rows) {
        out += "| " + std::string(row.field) + " | " + std::string(name(row.impact)) + " |\n";
    }
    return out;
}

}  // namespace

TEST_CASE("policy_impact: every field costs what the table says, and no field is forgotten") {
    std::set<std::string_view> seen;
    for (const Change& change : every_change()) {
        PeerPolicy to;
        change.make(to);
        REQUIRE(to != PeerPolicy());
        CHECK(impact(PeerPolicy(), to) == change.cost);
        CHECK(impact(to, PeerPolicy()) == change.cost);
        const auto fields = changed_fields(PeerPolicy(), to);
        REQUIRE(fields.size() == 1);
        seen.insert(fields[0].field);
    }
    CHECK(seen.size() == policy_impact_table().size());
    CHECK(impact(PeerPolicy(), PeerPolicy()) == Impact::none);
}

TEST_CASE("policy_impact: doc/impact.md is what the code says") {
    std::ostringstream made;
    made << R"(# What a change of a neighbour costs

Made from the code by a test of bgp/speaker (UPDATE_GOLDEN=1 rewrites it). *none*: counts from the next
session or attempt on; *live*: is done to the running session; *refresh*: likewise, and the neighbour is asked
with a ROUTE-REFRESH (RFC 2918) to say its routes again, since what the checks of the import refuse is not
kept; *reset*: the session ends with a Cease and comes back.

What import filters refuse or change is kept as it came, up to a million prefixes of a family or the limit of
the neighbour, and a filter that changes is put to work on that. Only for what is beyond, or was refused by a
limit that is lifted, the neighbour is asked as under *refresh*. One that cannot be asked (no RFC 2918) gets a
*reset* in its place.

## The session

)" << table_of(impact_table())
         << "\n## The policy\n\n"
         << table_of(policy_impact_table());
    const std::string path = DUNLIN_SOURCE_DIR "/doc/impact.md";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << made.str();
    std::ifstream in(path);
    std::ostringstream there;
    there << in.rdbuf();
    CHECK(there.str() == made.str());
}

}  // namespace dunlin::bgp
