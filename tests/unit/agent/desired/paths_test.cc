// From any canned cluster to any other: the result must be that of the last, whatever came before and in
// whatever order the objects came.
#include <algorithm>
#include <random>

#include "agent/claim.h"
#include "agent/diff.h"
#include "objects.h"

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {

struct Object {
    std::string kind, name;
    json body;
};
using Objects = std::vector<Object>;

Object spec(const std::string& kind, const std::string& name, const json& value) {
    return {kind, name, {{"metadata", {{"name", name}}}, {"spec", value}}};
}
Object node(const std::string& name, const std::string& ipv4, const std::string& ipv6, const json& labels) {
    const json annotations = {{"dunlin.io/ipv4-address", ipv4}, {"dunlin.io/ipv6-address", ipv6}};
    return {"Node", name, {{"metadata", {{"name", name}, {"labels", labels}, {"annotations", annotations}}}}};
}

Objects nodes() {
    return {node("n1", "10.0.0.9/24", "fd00::9/64", {{"rack", "a"}}),
            node("n2", "10.0.0.10/24", "fd00::a/64", {{"rack", "a"}, {"rr", "yes"}}),
            node("n3", "10.0.0.11/24", "", {{"rack", "b"}})};
}
Objects operator+(Objects a, const Objects& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<Objects> canned() {
    const Object no_mesh = spec("BGPConfiguration", "default", {{"nodeToNodeMeshEnabled", false}});
    const Object tor =
        spec("BGPPeer", "tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 1}, {"nodeSelector", "rack == 'a'"}});
    const Object tor_two = spec("BGPPeer", "tor", {{"peerIP", "192.0.2.2"}, {"asNumber", 2}});
    const Object rival = spec("BGPPeer", "rival", {{"peerIP", "192.0.2.1"}, {"asNumber", 3}});
    const Object bad = spec("BGPPeer", "tor", {{"peerIP", "192.0.2.1"}, {"asNumber", 0}});
    const Object pool = spec("IPPool", "pods", {{"cidr", "10.244.0.0/16"}});
    const Object hidden = spec("IPPool", "pods", {{"cidr", "10.244.0.0/16"}, {"disableBGPExport", true}});
    const Object block = spec("BlockAffinity", "10-244-1-0-26", {{"cidr", "10.244.1.0/26"}, {"node", "n1"}});
    const Object given = spec("BlockAffinity", "10-244-1-0-26", {{"cidr", "10.244.1.0/26"}, {"node", "n2"}});
    const Object both = spec("BGPPeer", "reflectors",
                             {{"peerSelector", "has(rr)"}, {"families", {"IPv6Unicast", "IPv4Unicast"}}});
    return {{},
            nodes(),
            nodes() + Objects{no_mesh, tor, pool, block},
            nodes() + Objects{no_mesh, tor_two, hidden, block},
            nodes() + Objects{tor, rival, pool, given},
            nodes() + Objects{bad, pool, block},
            nodes() + Objects{no_mesh, both}};
}

// As the stores would: what went is erased, what is there is put, in any order.
void go_to(Cluster& cluster, const Objects& from, Objects to, std::mt19937& random) {
    for (const Object& old : from) {
        const auto same = [&](const Object& object) {
            return object.kind == old.kind && object.name == old.name;
        };
        if (std::none_of(to.begin(), to.end(), same)) erase(cluster, {old.kind, old.name});
    }
    std::shuffle(to.begin(), to.end(), random);
    for (const Object& object : to) {
        put(cluster, {object.kind, object.name}, parse_object(object.kind, object.body));
    }
}

template <class Key, class Value>
void make_changes(std::map<Key, Value>& running, const Changes<Key, Value>& changes) {
    for (const Key& key : changes.removed) REQUIRE(running.erase(key) == 1);
    for (const auto& [key, value] : changes.changed) {
        REQUIRE(running.contains(key));
        running.insert_or_assign(key, value);
    }
    for (const auto& [key, value] : changes.added) REQUIRE(running.emplace(key, value).second);
}

}  // namespace

TEST_CASE("paths: from any cluster to any other, the wanted state is that of the last") {
    std::mt19937 random(7);
    const auto clusters = canned();
    for (const Objects& from : clusters) {
        for (const Objects& to : clusters) {
            Cluster walked, fresh;
            go_to(walked, {}, from, random);
            Desired before = desired_of(walked, "n1");
            go_to(walked, from, to, random);
            go_to(fresh, {}, to, random);
            CHECK(walked == fresh);
            const Desired after = desired_of(walked, "n1");
            CHECK(after == desired_of(fresh, "n1"));

            make_changes(before.sessions, diff(before.sessions, after.sessions));
            CHECK(before.sessions == after.sessions);
            make_changes(before.blocks, diff(before.blocks, after.blocks));
            CHECK(before.blocks == after.blocks);
            CHECK(diff(after.sessions, after.sessions).empty());
        }
    }
}

TEST_CASE("families: an object that lists both gets one session that carries both") {
    std::mt19937 random(7);
    Cluster cluster;
    go_to(cluster, {}, canned().back(), random);
    const Desired desired = desired_of(cluster, "n1");
    REQUIRE(desired.sessions.size() == 1);
    const auto& session = desired.sessions.at("Global_fd00__a");
    CHECK(session.config.offer.families == std::vector<Family>{Family::ipv6, Family::ipv4});
    const Desired other = desired_of(cluster, "n2");
    CHECK(other.sessions.contains("Node_fd00__9"));    // both have IPv6
    CHECK(other.sessions.contains("Node_10_0_0_11"));  // n3 has none
    CHECK(other.sessions.size() == 2);
}

TEST_CASE("claims: while a pool is refused, no block is given back") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    const json spec = {{"cidr", "10.244.1.0/26"}, {"node", "n1"}};
    put_spec(cluster, "BlockAffinity", "10-244-1-0-26", spec);
    CHECK(wanted_claims(cluster, "n1").releases.empty());  // somebody else made it
    put_object(cluster, "BlockAffinity", "10-244-1-0-26",
               {{"metadata", {{"labels", {{kManagedByLabel, kManagedByDunlin}}}}}, {"spec", spec}});
    CHECK(wanted_claims(cluster, "n1").releases.size() == 1);
    put_spec(cluster, "IPPool", "pods", {{"cidr", "10.244.0.0/160"}});
    CHECK(wanted_claims(cluster, "n1").releases.empty());
}
