#include "agent/show/show.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sample.h"

using namespace dunlin;
using namespace dunlin::agent;

namespace {

PathView bgp_path() {
    PathView p;
    p.protocol = "tor_a";
    p.since = sample_time(-1);
    p.best = true;
    p.gateway = IpAddress::parse("192.0.2.1");
    p.interface = "eth0";
    p.kind = "unicast";
    p.from_bgp = true;
    p.decided_by = "only path";
    p.attributes.as_path = bgp::AsPath::sequence({Asn(64520), Asn(64512)});
    p.attributes.next_hop = *p.gateway;
    return p;
}
PathView blackhole() {
    PathView p;
    p.protocol = "static1";
    p.since = sample_time(-2);
    p.best = true;
    p.preference = 200;
    p.kind = "blackhole";
    return p;
}
std::vector<RouteView> routes() {
    PathView second = bgp_path();
    second.best = false;
    second.protocol = "tor_b";
    second.igp_metric = 0;
    return {{*Prefix::parse("10.244.1.0/26"), {blackhole()}},
            {*Prefix::parse("10.244.0.0/16"), {bgp_path(), second}},
            {*Prefix::parse("2001:db8:1::/48"), {blackhole()}}};
}

}  // namespace

TEST_CASE("show protocols: birdc's columns, wider where a name is") {
    CHECK(show_protocols(sample_node()) ==
          "Name             Proto      Table      State  Since        Info\n"
          "kernel1          Kernel     master4    up     11:34:56.789\n"
          "device1          Device     ---        up     11:34:56.789\n"
          "Node_192_0_2_1   BGP        master4    up     12:33:56.789 Established\n"
          "Mesh_2001_db8__2 BGP        master6    start  2026-01-30   Active        ConnectRefused: "
          "2001:db8::2 refused "
          "the connection\n");
}

TEST_CASE("show protocols: one that does not exist is nothing") {
    CHECK(show_protocols(sample_node(), "nobody").empty());
}

TEST_CASE("show protocols all NAME: the session with all that is known") {
    CHECK(show_protocols(sample_node(), "Node_192_0_2_1", true) ==
          "Name           Proto      Table      State  Since        Info\n"
          "Node_192_0_2_1 BGP        master4    up     12:33:56.789 Established\n"
          "  Comes from:         BGPPeer tor-a\n"
          "  BGP state:          Established\n"
          "    Neighbor address: 192.0.2.1\n"
          "    Neighbor AS:      64512\n"
          "    Local AS:         64513\n"
          "    Neighbor ID:      192.0.2.1\n"
          "    Source address:   192.0.2.11\n"
          "    Capabilities:     ipv4-unicast, route-refresh, as4\n"
          "    Session:          external\n"
          "    Hold timer:       90\n"
          "    Keepalive timer:  30\n"
          "    Flaps:            1\n"
          "    Messages in:      keepalive 2, open 1\n"
          "    Messages out:     open 1\n"
          "  Channel ipv4\n"
          "    State:            UP\n"
          "    Table:            master4\n"
          "    Routes:           4 imported, 1 filtered, 1 exported\n"
          "\n");
}

TEST_CASE("show protocols all: what was malformed") {
    NodeView view = sample_node();
    view.sessions[0].last_malformed = "ORIGIN: a wrong length";
    view.sessions[0].updates_withdrawn = 3;
    const std::string text = show_protocols(view, "Node_192_0_2_1", true);
    CHECK(text.find("    Malformed UPDATEs: 3 treated as withdraw, 0 attributes discarded\n"
                    "    Last malformed:   ORIGIN: a wrong length\n") != std::string::npos);
    CHECK(show_protocols(sample_node(), "Node_192_0_2_1", true).find("alformed") == std::string::npos);
}

TEST_CASE("show protocols all: a session that is down says why") {
    const std::string text = show_protocols(sample_node(), "Mesh_2001_db8__2", true);
    CHECK(text.find("  Comes from:         node-to-node mesh\n") != std::string::npos);
    CHECK(text.find("    Reason:           ConnectRefused\n") != std::string::npos);
    CHECK(text.find("    State:            DOWN\n") != std::string::npos);
}

TEST_CASE("show neighbors: a line a session") {
    CHECK(show_neighbors(sample_node()) ==
          "Neighbor        AS         State                 Since        Received Accepted Exported Name\n"
          "192.0.2.1       64512      Established           12:33:56.789 5        4        1        "
          "Node_192_0_2_1\n"
          "2001:db8::2     64513      Active/ConnectRefused 2026-01-30   0        0        0        "
          "Mesh_2001_db8__2\n");
}

TEST_CASE("show status: who this is, and what is not well") {
    NodeView view = sample_node();
    view.problems = {{"BGPPeer", "bad", "spec.peerIP", Reason::invalid, "300.1.1.1 is not an IP address"}};
    view.sources.push_back({"ippools.dunlin.io", "Forbidden", "no rights to list", 0});
    CHECK(show_status(view) ==
          "Dunlin 0.1.0\n"
          "Router ID is 10.0.0.11\n"
          "Node is node-1, AS 64513\n"
          "Current server time is 2026-01-31 12:34:56\n"
          "Started on 2026-01-31 11:34:56\n"
          "Sessions established: 1/2\n"
          "Block 10.244.1.0/26 of pool pods, in the kernel, announced\n"
          "Routes in master4: 410\n"
          "Routes in master6: 2\n"
          "Source ippools.dunlin.io is Forbidden: no rights to list\n"
          "Problem of BGPPeer bad: Invalid: spec.peerIP: 300.1.1.1 is not an IP address\n"
          "Daemon is up and running\n");
    view.synced = false;
    CHECK(show_status(view).ends_with("Daemon waits for its objects\n"));
}

TEST_CASE("show route: birdc's form, a table a family, the prefix before its first path only") {
    CHECK(show_routes(routes(), sample_time(0)) ==
          "Table master4:\n"
          "10.244.1.0/26        blackhole [static1 12:34:54.789] * (200)\n"
          "10.244.0.0/16        unicast [tor_a 12:34:55.789] * (100) [AS64512i]\n"
          "\tvia 192.0.2.1 on eth0\n"
          "                     unicast [tor_b 12:34:55.789] (100/0) [AS64512i]\n"
          "\tvia 192.0.2.1 on eth0\n"
          "\n"
          "Table master6:\n"
          "2001:db8:1::/48      blackhole [static1 12:34:54.789] * (200)\n");
}

TEST_CASE("show route all: the attributes as BIRD prints them, and what decided") {
    PathView path = bgp_path();
    bgp::PathAttributes& a = path.attributes;
    a.origin = bgp::Origin::incomplete;
    a.med = 5;
    a.local_pref = 100;
    a.atomic_aggregate = true;
    a.aggregator = bgp::Aggregator{Asn(64520), RouterId(0x0a000001)};
    a.communities = {64512u << 16 | 100, bgp::kNoExport};
    a.extended_communities = {0x0002'fc00'0000'0064, 0x0102'0a00'0001'0005, 0x0203'0001'0000'0007,
                              0x0300'0000'0000'0001};
    a.large_communities = {{64512, 1, 2}};
    a.originator_id = RouterId(0x0a000002);
    a.cluster_list = {0x01010101, 0x02020202};
    a.only_to_customer = Asn(64520);
    a.unknown = {{0xe0, 99, {0xde, 0xad}}};
    ShowRoute all;
    all.all = true;
    CHECK(show_routes({{*Prefix::parse("10.244.0.0/16"), {path}}}, sample_time(0), all) ==
          "Table master4:\n"
          "10.244.0.0/16        unicast [tor_a 12:34:55.789] * (100) [AS64512?]\n"
          "\tvia 192.0.2.1 on eth0\n"
          "\tType: BGP univ\n"
          "\tBGP.origin: Incomplete\n"
          "\tBGP.as_path: 64520 64512\n"
          "\tBGP.next_hop: 192.0.2.1\n"
          "\tBGP.med: 5\n"
          "\tBGP.local_pref: 100\n"
          "\tBGP.atomic_aggr: \n"
          "\tBGP.aggregator: 10.0.0.1 AS64520\n"
          "\tBGP.community: (64512,100) (65535,65281)\n"
          "\tBGP.originator_id: 10.0.0.2\n"
          "\tBGP.cluster_list: 1.1.1.1 2.2.2.2\n"
          "\tBGP.ext_community: (rt, 64512, 100) (rt, 10.0.0.1, 5) (ro, 65536, 7) (generic, 0x3000000, 0x1)\n"
          "\tBGP.large_community: (64512, 1, 2)\n"
          "\tBGP.otc: 64520\n"
          "\tBGP.63 [t]: de ad\n"
          "\tDecided by: only path\n");
}

TEST_CASE("show route count: paths and networks a table") {
    ShowRoute count;
    count.count = true;
    CHECK(show_routes(routes(), sample_time(0), count) ==
          "3 of 3 routes for 2 networks in table master4\n"
          "1 of 1 routes for 1 networks in table master6\n");
    CHECK(show_routes({}, sample_time(0), count) == "0 of 0 routes for 0 networks\n");
}

TEST_CASE("show route: what is not there is said") {
    CHECK(show_routes({}, sample_time(0)) == "Network not found\n");
}

TEST_CASE("select_routes: a prefix, the longest for an address, a protocol, a table") {
    ShowRoute request;
    request.for_address = IpAddress::parse("10.244.1.7");
    auto found = select_routes(routes(), request);
    REQUIRE(found.size() == 1);
    CHECK(found[0].prefix.to_string() == "10.244.1.0/26");
    request = {};
    request.prefix = Prefix::parse("10.244.0.0/16");
    CHECK(select_routes(routes(), request).size() == 1);
    request = {};
    request.protocol = "tor_b";
    found = select_routes(routes(), request);
    REQUIRE(found.size() == 1);
    CHECK(found[0].paths.size() == 1);
    request = {};
    request.table = "master6";
    CHECK(select_routes(routes(), request).size() == 1);
}

TEST_CASE("JSON: the same figures under names") {
    const nlohmann::json node = to_json(sample_node());
    CHECK(node["routerID"] == "10.0.0.11");
    CHECK(node["sessions"][0]["holdTimeSeconds"] == 90);
    CHECK(node["sessions"][1]["reason"] == "ConnectRefused");
    const nlohmann::json all = to_json(routes());
    CHECK(all[1]["paths"][0]["bgp"]["asPath"] == "64520 64512");
    CHECK(all[1]["paths"][0]["gateway"] == "192.0.2.1");
    CHECK_FALSE(all[0]["paths"][0].contains("bgp"));
}
