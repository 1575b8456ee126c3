#include "objects.h"

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {
Cluster three_nodes() {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24", {{"rack", "a"}});
    put_node(cluster, "n2", "10.0.0.10/24", {{"rack", "a"}});
    put_node(cluster, "n3", "10.0.0.11/24", {{"rack", "b"}});
    return cluster;
}
}  // namespace

TEST_CASE("mesh: a session to every other node, and the text of the addresses decides who dials") {
    const Desired desired = desired_of(three_nodes(), "n1");
    REQUIRE(desired.sessions.size() == 2);
    const auto& session = desired.sessions.at("Mesh_10_0_0_10");
    CHECK(session.config.transport.local_address == IpAddress::parse("10.0.0.9"));
    CHECK_FALSE(session.config.transport.passive);  // "10.0.0.10" < "10.0.0.9" as text: n1 dials
    CHECK(session.config.offer.peer_as == Asn(64512));
    CHECK(desired_of(three_nodes(), "n2").sessions.at("Mesh_10_0_0_9").config.transport.passive);
}

TEST_CASE("mesh: can be switched off, and a reflector is in none") {
    Cluster cluster = three_nodes();
    put_spec(cluster, "BGPConfiguration", "default", {{"nodeToNodeMeshEnabled", false}, {"asNumber", 64600}});
    CHECK(desired_of(cluster, "n1").sessions.empty());
    CHECK(desired_of(cluster, "n1").local_as == Asn(64600));

    Cluster reflected = three_nodes();
    put_node(reflected, "n3", "10.0.0.11/24", {}, {{"dunlin.io/route-reflector-cluster-id", "1.2.3.4"}});
    CHECK(desired_of(reflected, "n1").sessions.size() == 1);
    CHECK(desired_of(reflected, "n3").sessions.empty());
}

TEST_CASE("BGPPeer: a node selector decides which nodes hold the session") {
    Cluster cluster = three_nodes();
    put_spec(cluster, "BGPConfiguration", "default", {{"nodeToNodeMeshEnabled", false}});
    put_spec(cluster, "BGPPeer", "tor-a",
             {{"peerIP", "192.0.2.1"}, {"asNumber", 64999}, {"nodeSelector", "rack == 'a'"}});
    CHECK(desired_of(cluster, "n1").sessions.contains("Node_192_0_2_1"));
    CHECK(desired_of(cluster, "n2").sessions.contains("Node_192_0_2_1"));
    CHECK(desired_of(cluster, "n3").sessions.empty());
}

TEST_CASE("BGPPeer: a written port is part of the name, 179 too") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_spec(cluster, "BGPPeer", "a", {{"peerIP", "192.0.2.1:1790"}, {"asNumber", 64999}});
    put_spec(cluster, "BGPPeer", "b", {{"peerIP", "192.0.2.2:179"}, {"asNumber", 64999}});
    const Desired desired = desired_of(cluster, "n1");
    CHECK(desired.sessions.at("Global_192_0_2_1_port_1790").config.transport.peer_port == 1790);
    CHECK(desired.sessions.contains("Global_192_0_2_2_port_179"));
}

TEST_CASE("BGPPeer: of two objects with one neighbour the first by name wins, and the other says so") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_spec(cluster, "BGPPeer", "b", {{"peerIP", "192.0.2.1"}, {"asNumber", 2}});
    put_spec(cluster, "BGPPeer", "a", {{"peerIP", "192.0.2.1"}, {"asNumber", 1}});
    const Desired desired = desired_of(cluster, "n1");
    REQUIRE(desired.sessions.size() == 1);
    CHECK(desired.sessions.begin()->second.config.offer.peer_as == Asn(1));
    const Problem* problem = find_problem(desired, Reason::superseded, "b");
    REQUIRE(problem);
    CHECK(problem->field == "spec.peerIP");
    CHECK(problem->message.find("BGPPeer a") != std::string::npos);
}

TEST_CASE("BGPPeer: reflectors by selector, and the other direction is made by itself") {
    Cluster cluster = three_nodes();
    put_spec(cluster, "BGPConfiguration", "default", {{"nodeToNodeMeshEnabled", false}});
    put_node(cluster, "n3", "10.0.0.11/24", {{"role", "rr"}},
             {{"dunlin.io/route-reflector-cluster-id", "1.2.3.4"}});
    put_spec(cluster, "BGPPeer", "to-reflectors",
             {{"nodeSelector", "role != 'rr'"}, {"peerSelector", "role == 'rr'"}});
    const Desired client = desired_of(cluster, "n1");
    REQUIRE(client.sessions.size() == 1);
    CHECK_FALSE(client.sessions.at("Node_10_0_0_11").policy.reflector_client);
    const Desired reflector = desired_of(cluster, "n3");
    CHECK(reflector.sessions.size() == 2);
    CHECK(reflector.sessions.at("Node_10_0_0_9").policy.reflector_client);

    put_spec(
        cluster, "BGPPeer", "to-reflectors",
        {{"nodeSelector", "role != 'rr'"}, {"peerSelector", "role == 'rr'"}, {"reversePeering", "Manual"}});
    CHECK(desired_of(cluster, "n3").sessions.empty());
    CHECK(desired_of(cluster, "n1").sessions.size() == 1);
}

TEST_CASE("BGPPeer: without its Secret or its filter the session is held down, not opened") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    const json password = {{"secretKeyRef", {{"name", "bgp"}, {"key", "tor"}}}};
    put_spec(cluster, "BGPPeer", "a", {{"peerIP", "192.0.2.1"}, {"asNumber", 1}, {"password", password}});
    put_spec(cluster, "BGPPeer", "b", {{"peerIP", "192.0.2.2"}, {"asNumber", 1}, {"filters", {"none"}}});
    Desired desired = desired_of(cluster, "n1");
    CHECK(desired.sessions.at("Global_192_0_2_1").held_down == Reason::secret_missing);
    CHECK(desired.sessions.at("Global_192_0_2_2").held_down == Reason::filter_missing);

    put_object(cluster, "Secret", "bgp",
               {{"metadata", {{"namespace", "kube-system"}}}, {"data", {{"tor", "aHVudGVyMg=="}}}});
    desired = desired_of(cluster, "n1");
    CHECK_FALSE(desired.sessions.at("Global_192_0_2_1").held_down);
    CHECK(desired.sessions.at("Global_192_0_2_1").config.live.md5_key == "hunter2");
}

TEST_CASE("BGPPeer: a next key is given to the session once it is there, and holds nothing down before") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    const json current = {{"secretKeyRef", {{"name", "bgp"}, {"key", "tor"}}}};
    const json next = {{"secretKeyRef", {{"name", "bgp"}, {"key", "tor-next"}}}};
    put_spec(cluster, "BGPPeer", "a",
             {{"peerIP", "192.0.2.1"}, {"asNumber", 1}, {"password", current}, {"nextPassword", next}});
    const json meta = {{"namespace", "kube-system"}};
    put_object(cluster, "Secret", "bgp", {{"metadata", meta}, {"data", {{"tor", "aHVudGVyMg=="}}}});
    Desired desired = desired_of(cluster, "n1");
    CHECK_FALSE(desired.sessions.at("Global_192_0_2_1").held_down);
    CHECK(desired.sessions.at("Global_192_0_2_1").config.live.md5_next_key.empty());
    REQUIRE(desired.problems.size() == 1);
    CHECK(desired.problems[0].field == "spec.nextPassword");
    CHECK(desired.problems[0].message == "Secret bgp has no key tor-next");

    put_object(cluster, "Secret", "bgp",
               {{"metadata", meta}, {"data", {{"tor", "aHVudGVyMg=="}, {"tor-next", "aHVudGVyMw=="}}}});
    desired = desired_of(cluster, "n1");
    CHECK(desired.problems.empty());
    CHECK(desired.sessions.at("Global_192_0_2_1").config.live.md5_key == "hunter2");
    CHECK(desired.sessions.at("Global_192_0_2_1").config.live.md5_next_key == "hunter3");
}

TEST_CASE("BGPPeer: TCP-AO needs its Secrets and a kernel that has it, else the session is held down") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    const auto key = [](int id, const char* name) {
        return json{
            {"sendID", id}, {"receiveID", id + 100}, {"secretKeyRef", {{"name", "bgp"}, {"key", name}}}};
    };
    json keys = json::array({key(1, "old"), key(2, "new")});
    keys[1]["algorithm"] = "AES-128-CMAC-96";
    put_spec(cluster, "BGPPeer", "a",
             {{"peerIP", "192.0.2.1"}, {"asNumber", 1}, {"tcpAO", {{"keys", keys}}}});
    CHECK(desired_of(cluster, "n1").sessions.at("Global_192_0_2_1").held_down == Reason::secret_missing);

    put_object(
        cluster, "Secret", "bgp",
        {{"metadata", {{"namespace", "kube-system"}}}, {"stringData", {{"old", "one"}, {"new", "two"}}}});
    const Desired desired = desired_of(cluster, "n1");
    const DesiredSession& session = desired.sessions.at("Global_192_0_2_1");
    CHECK_FALSE(session.held_down);
    using Algorithm = bgp::AoAlgorithm;
    CHECK(session.config.live.ao_keys ==
          std::vector<bgp::AoKey>{{1, 101, Algorithm::hmac_sha1_96, "one"},
                                  {2, 102, Algorithm::aes_128_cmac_96, "two"}});

    Options options;
    options.node = "n1";
    options.kernel_has_tcp_ao = false;
    const Desired without = desired_state(cluster, options);
    CHECK(without.sessions.at("Global_192_0_2_1").held_down == Reason::kernel_lacks);
    CHECK(without.sessions.at("Global_192_0_2_1").config.live.ao_keys.empty());
}

TEST_CASE(
    "confederation: members know the node by its member AS, all others by the identifier (RFC 5065 4)") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_node(cluster, "n2", "10.0.0.8/24");
    put_spec(cluster, "BGPConfiguration", "default",
             {{"asNumber", 65001}, {"confederation", {{"identifier", 64600}, {"members", {65002}}}}});
    put_spec(cluster, "BGPPeer", "member", {{"peerIP", "192.0.2.1"}, {"asNumber", 65002}});
    put_spec(cluster, "BGPPeer", "outside", {{"peerIP", "192.0.2.2"}, {"asNumber", 64999}});
    const Desired desired = desired_of(cluster, "n1");
    CHECK(desired.problems.empty());
    const auto offer = [&](const char* name) { return desired.sessions.at(name).config.offer; };
    CHECK(offer("Mesh_10_0_0_8").local_as == Asn(65001));
    CHECK(offer("Mesh_10_0_0_8").confederation->with_member);
    CHECK(offer("Global_192_0_2_1").local_as == Asn(65001));
    CHECK(offer("Global_192_0_2_1").confederation->with_member);
    CHECK(offer("Global_192_0_2_2").local_as == Asn(64600));
    CHECK_FALSE(offer("Global_192_0_2_2").confederation->with_member);
}

TEST_CASE("BGPPeer: TTL security, timers and the local AS reach the session") {
    Cluster cluster;
    put_node(cluster, "n1", "10.0.0.9/24");
    put_spec(cluster, "BGPPeer", "a",
             {{"peerIP", "192.0.2.1"},
              {"asNumber", 1},
              {"localASNumber", 65001},
              {"ttlSecurity", 1},
              {"keepaliveTime", "7s"},
              {"holdTime", "21s"},
              {"passive", true}});
    const Desired desired = desired_of(cluster, "n1");
    const auto& config = desired.sessions.at("Global_192_0_2_1").config;
    CHECK(config.live.ttl == 255);
    CHECK(config.live.min_ttl == 255);
    CHECK(config.timers.keepalive == Seconds(7));
    CHECK(config.timers.hold == Seconds(21));
    CHECK(config.offer.local_as == Asn(65001));
    CHECK(config.transport.passive);
}

TEST_CASE("node: without an object the machine's own address stands in; without any there is a problem") {
    Cluster cluster;
    cluster.machine_addresses = {*InterfaceAddress::parse("192.0.2.7/24")};
    put_spec(cluster, "BGPPeer", "a", {{"peerIP", "192.0.2.1"}, {"asNumber", 1}});
    Desired desired = desired_of(cluster, "n1");
    CHECK(desired.router_id == RouterId(0xc0000207));
    CHECK(desired.sessions.size() == 1);
    cluster.machine_addresses.clear();
    desired = desired_of(cluster, "n1");
    CHECK(desired.sessions.empty());
    CHECK(find_problem(desired, Reason::no_node_address, "n1"));
}

TEST_CASE("desired_state: a refused object is a problem with its field, and changes nothing else") {
    Cluster cluster = three_nodes();
    put_spec(cluster, "BGPPeer", "good", {{"peerIP", "192.0.2.1"}, {"asNumber", 1}});
    const Desired before = desired_of(cluster, "n1");
    put_spec(cluster, "BGPPeer", "bad", {{"peerIP", "192.0.2.2"}, {"asNumber", 0}});
    Desired after = desired_of(cluster, "n1");
    const Problem* problem = find_problem(after, Reason::invalid, "bad");
    REQUIRE(problem);
    CHECK(problem->field == "spec.asNumber");
    after.problems = before.problems;
    CHECK(after == before);
}
