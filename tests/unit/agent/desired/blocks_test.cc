#include <algorithm>
#include <set>

#include "agent/claim.h"
#include "agent/diff.h"
#include "objects.h"

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {
const Prefix kBlock = *Prefix::parse("10.244.1.0/26");

Cluster with_pool(const json& more = json::object()) {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24", {{"rack", "a"}});
    json spec = {{"cidr", "10.244.0.0/16"}, {"blockSize", 26}};
    spec.update(more);
    put_spec(cluster, "IPPool", "pods", spec);
    return cluster;
}
void put_block(Cluster& cluster, const Prefix& cidr, const std::string& node,
               const std::string& state = "confirmed") {
    put_object(cluster, "BlockAffinity", block_name(cidr),
               {{"metadata", {{"labels", {{kManagedByLabel, kManagedByDunlin}}}}},
                {"spec", {{"cidr", cidr.to_string()}, {"node", node}, {"state", state}}}});
}
bool contains(const std::vector<Prefix>& list, const Prefix& prefix) {
    return std::find(list.begin(), list.end(), prefix) != list.end();
}
}  // namespace

TEST_CASE("blocks: one of this node is a blackhole, a static route and an exact match of the export") {
    Cluster cluster = with_pool();
    put_block(cluster, kBlock, "n1");
    put_block(cluster, *Prefix::parse("10.244.2.0/26"), "n2");
    const Desired desired = desired_of(cluster, "n1");
    REQUIRE(desired.blocks.size() == 1);
    CHECK(desired.blocks.at(kBlock).pool == "pods");
    CHECK(desired.blocks.at(kBlock).blackhole);
    CHECK(desired.ipv4.statics.contains(kBlock));
    CHECK(desired.ipv4.export_policy->blocks == bgp::PrefixSet{kBlock});
    CHECK(desired.ipv4.export_policy->accept_pools == bgp::PrefixSet{*Prefix::parse("10.244.0.0/16")});
}

TEST_CASE("blocks: a block that is being deleted keeps its blackhole and no longer hides what is inside") {
    Cluster cluster = with_pool();
    put_block(cluster, kBlock, "n1", "pendingDeletion");
    const Desired desired = desired_of(cluster, "n1");
    CHECK(desired.blocks.at(kBlock).blackhole);
    CHECK(desired.ipv4.export_policy->blocks.empty());
    put_block(cluster, kBlock, "n1", "pending");
    CHECK(desired_of(cluster, "n1").blocks.empty());
}

TEST_CASE("blocks: a host block has no blackhole, and one outside every pool is refused") {
    Cluster cluster = with_pool();
    put_block(cluster, *Prefix::parse("10.244.9.9/32"), "n1");
    put_block(cluster, *Prefix::parse("172.16.0.0/26"), "n1");
    const Desired desired = desired_of(cluster, "n1");
    REQUIRE(desired.blocks.size() == 1);
    CHECK_FALSE(desired.blocks.begin()->second.blackhole);
    CHECK(desired.ipv4.statics.empty());
    const Problem* problem = find_problem(desired, Reason::invalid, "172-16-0-0-26");
    REQUIRE(problem);
    CHECK(problem->field == "spec.cidr");
}

TEST_CASE("blocks: a pool whose routes Felix programs gets no blackhole from us; disableBGPExport rejects") {
    Cluster cluster = with_pool({{"vxlanMode", "Always"}, {"disableBGPExport", true}});
    put_block(cluster, kBlock, "n1");
    const Desired desired = desired_of(cluster, "n1");
    CHECK_FALSE(desired.blocks.at(kBlock).blackhole);
    REQUIRE(desired.ipv4.kernel_policy.pools.size() == 1);
    CHECK_FALSE(desired.ipv4.kernel_policy.pools.front().accept);
    CHECK(desired.ipv4.export_policy->reject_pools.contains(*Prefix::parse("10.244.0.0/16")));
    CHECK(desired.ipv4.export_policy->accept_pools.empty());
}

TEST_CASE("claims: a missing block is claimed from candidates that nobody has") {
    Cluster cluster = with_pool();
    const Claims claims = wanted_claims(cluster, "n1");
    REQUIRE(claims.wanted.size() == 1);
    CHECK(claims.wanted.front().candidates.size() == kMaxCandidates);
    const std::set<Prefix> distinct(claims.wanted.front().candidates.begin(),
                                    claims.wanted.front().candidates.end());
    CHECK(distinct.size() == kMaxCandidates);
    for (const auto& block : distinct) {
        CHECK(block.length() == 26);
        CHECK(Prefix::parse("10.244.0.0/16")->contains(block));
    }
    put_block(cluster, claims.wanted.front().candidates.front(), "n2");
    CHECK_FALSE(contains(wanted_claims(cluster, "n1").wanted.front().candidates,
                         claims.wanted.front().candidates.front()));
    put_block(cluster, kBlock, "n1");
    CHECK(wanted_claims(cluster, "n1").wanted.empty());
}

TEST_CASE("claims: a full pool is a problem, and larger blocks of old count as taken") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_spec(cluster, "IPPool", "small", {{"cidr", "10.1.0.0/24"}, {"blockSize", 26}});
    put_block(cluster, *Prefix::parse("10.1.0.0/25"), "n2");
    CHECK(wanted_claims(cluster, "n1").wanted.front().candidates.size() == 2);
    put_block(cluster, *Prefix::parse("10.1.0.128/25"), "n3");
    const Claims claims = wanted_claims(cluster, "n1");
    CHECK(claims.wanted.empty());
    REQUIRE(claims.problems.size() == 1);
    CHECK(claims.problems.front().name == "small");
    CHECK(claims.problems.front().reason == Reason::exhausted);  // the pool as such is as good as before
    CHECK(is_warning(Reason::exhausted));
}

TEST_CASE("claims: pools that do not select the node give nothing, a pool that went gives its blocks back") {
    CHECK(wanted_claims(with_pool({{"nodeSelector", "rack == 'b'"}}), "n1").wanted.empty());
    CHECK(wanted_claims(with_pool({{"disabled", true}}), "n1").wanted.empty());
    CHECK(wanted_claims(with_pool({{"blocksPerNode", 2}}), "n1").wanted.size() == 2);
    Cluster cluster = with_pool();
    put_block(cluster, kBlock, "n1");
    erase(cluster, {"IPPool", "pods"});
    CHECK(wanted_claims(cluster, "n1").releases == std::vector<std::string>{block_name(kBlock)});
}

TEST_CASE("claims: IPv6 pools of any width have candidates inside") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_spec(cluster, "IPPool", "v6", {{"cidr", "fd00:10::/48"}, {"blockSize", 122}});
    const auto claims = wanted_claims(cluster, "n1");
    REQUIRE(claims.wanted.size() == 1);
    for (const auto& block : claims.wanted.front().candidates)
        CHECK(Prefix::parse("fd00:10::/48")->contains(block));
}

TEST_CASE("block_name: is a valid object name") {
    CHECK(block_name(kBlock) == "10-244-1-0-26");
    CHECK(block_name(*Prefix::parse("fd00:10::/122")) == "fd00-10---122");
    CHECK(block_name(*Prefix::parse("::/122")) == "0---122");
}

TEST_CASE("diff: added, changed and removed, and nothing where both are equal") {
    const std::map<int, int> from{{1, 1}, {2, 2}, {3, 3}}, to{{2, 2}, {3, 4}, {5, 5}};
    const auto changes = diff(from, to);
    CHECK(changes.added == std::map<int, int>{{5, 5}});
    CHECK(changes.changed == std::map<int, int>{{3, 4}});
    CHECK(changes.removed == std::vector<int>{1});
    CHECK(diff(to, to).empty());
}
