// What goes wrong in Calico's own BGP layer, read from its code and issues, and does not here: a case each.
#include "objects.h"

#include <algorithm>

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {

constexpr const char* kV4 = "projectcalico.org/IPv4Address";
constexpr const char* kV6 = "projectcalico.org/IPv6Address";

void put_calico_node(Cluster& cluster, const std::string& name, json annotations) {
    put_object(cluster, "Node", name, {{"metadata", {{"annotations", std::move(annotations)}}}});
}

Cluster base() {
    Cluster out;
    put_calico_node(out, "n1", {{kV4, "10.0.0.9/24"}, {kV6, "2001:db8::9/64"}});
    put_calico_node(out, "n2", {{kV4, "10.0.0.10/24"}, {kV6, "2001:db8::10/64"}});
    put_spec(out, "BGPPeer", "good", {{"peerIP", "192.0.2.9"}, {"asNumber", 65009}});
    return out;
}

Desired planned(const Cluster& cluster) {
    Options options;
    options.node = "n1";
    options.api_group = ApiGroup::calico;
    return desired_state(cluster, options);
}

bool runs(const Desired& desired, const std::string& session) {
    const auto found = desired.sessions.find(session);
    return found != desired.sessions.end() && !found->second.held_down;
}

}  // namespace

TEST_CASE("Calico's defects: a password with quotes and semicolons is a password") {
    Cluster cluster = base();
    const std::string key = "a\"; protocol bgp evil { local as 1; } \\ #";
    put_object(cluster, "Secret", "s", {{"stringData", {{"k", key}}}});
    put_spec(cluster, "BGPPeer", "good",
             {{"peerIP", "192.0.2.9"},
              {"asNumber", 65009},
              {"password", {{"secretKeyRef", {{"name", "s"}, {"key", "k"}}}}}});
    CHECK(planned(cluster).sessions.at("Global_192_0_2_9").config.live.md5_key == key);
}

TEST_CASE("Calico's defects: a peer without an AS number, or with a link-local address, costs only itself") {
    for (const json& spec :
         {json{{"peerIP", "192.0.2.1"}}, json{{"peerIP", "fe80::1"}, {"asNumber", 65001}}}) {
        CAPTURE(spec.dump());
        Cluster cluster = base();
        put_spec(cluster, "BGPPeer", "bad", spec);
        const Desired desired = planned(cluster);
        CHECK(runs(desired, "Global_192_0_2_9"));
        CHECK(runs(desired, "Mesh_10_0_0_10"));
        CHECK(std::ranges::any_of(desired.problems, [](const Problem& p) { return p.name == "bad"; }));
    }
}

TEST_CASE("Calico's defects: an address of a node that changed is no address of a node any more") {
    Cluster cluster = base();
    // By its address and AS the neighbour is node n2: who dials is decided by the text of the addresses.
    put_spec(cluster, "BGPPeer", "to-n2", {{"peerIP", "2001:db8::8"}, {"asNumber", 64512}});
    put_calico_node(cluster, "n2", {{kV4, "10.0.0.10/24"}, {kV6, "2001:db8::8/64"}});
    const auto passive = [&] {
        return planned(cluster).sessions.at("Global_2001_db8__8").config.transport.passive;
    };
    CHECK_FALSE(passive());
    put_calico_node(cluster, "n1", {{kV4, "10.0.0.9/24"}, {kV6, "2001:db8::7/64"}});
    CHECK(passive());
    put_calico_node(cluster, "n2", {{kV4, "10.0.0.10/24"}, {kV6, "2001:db8::10/64"}});
    CHECK_FALSE(passive());
}

TEST_CASE("Calico's defects: of two peers with one neighbour the first by name wins, however they came") {
    Cluster cluster = base();
    put_spec(cluster, "BGPPeer", "b", {{"peerIP", "192.0.2.1"}, {"asNumber", 65002}});
    put_spec(cluster, "BGPPeer", "a", {{"peerIP", "192.0.2.1"}, {"asNumber", 65001}});
    const Desired desired = planned(cluster);
    CHECK(desired.sessions.at("Global_192_0_2_1").config.offer.peer_as == Asn(65001));
    CHECK(find_problem(desired, Reason::superseded, "b") != nullptr);
}

TEST_CASE("Calico's defects: filters and Secrets that are missing close, they do not open") {
    Cluster cluster = base();
    put_spec(cluster, "BGPPeer", "a",
             {{"peerIP", "192.0.2.1"}, {"asNumber", 65001}, {"filters", {"missing"}}});
    put_spec(cluster, "BGPPeer", "b",
             {{"peerIP", "192.0.2.2"},
              {"asNumber", 65001},
              {"password", {{"secretKeyRef", {{"name", "missing"}, {"key", "k"}}}}}});
    const Desired desired = planned(cluster);
    CHECK(desired.sessions.at("Global_192_0_2_1").held_down == Reason::filter_missing);
    CHECK(desired.sessions.at("Global_192_0_2_2").held_down == Reason::secret_missing);
}

TEST_CASE("Calico's defects: a restart time has twelve bits, and no more are sent") {
    Cluster cluster = base();
    put_spec(cluster, "BGPPeer", "good",
             {{"peerIP", "192.0.2.9"}, {"asNumber", 65009}, {"maxRestartTime", "5000s"}});
    CHECK(planned(cluster).sessions.at("Global_192_0_2_9").config.offer.restart_time_s == 4095);
}
