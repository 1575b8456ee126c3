#include "agent/api/object.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;

namespace {
json peer(const json& spec) { return {{"metadata", {{"name", "tor-a"}, {"generation", 3}}}, {"spec", spec}}; }

bool names(const Problems& problems, const std::string& field) {
    for (const auto& problem : problems) {
        if (problem.field == field && !problem.message.empty()) return true;
    }
    return false;
}
}  // namespace

TEST_CASE("BGPPeer: address, AS and selector come through") {
    const auto got = parse_bgp_peer(
        peer({{"peerIP", "192.0.2.1"}, {"asNumber", 4200000000}, {"nodeSelector", "rack == 'a'"}}));
    REQUIRE(got);
    CHECK(got->meta.name == "tor-a");
    CHECK(got->meta.generation == 3);
    CHECK(got->peer_ip->address == *IpAddress::parse("192.0.2.1"));
    CHECK(got->as_number == Asn(4200000000u));
    CHECK(got->node_selector->matches({{"rack", "a"}}));
    CHECK_FALSE(got->global());
}

TEST_CASE("BGPPeer: each bad field refuses the object and is named") {
    struct Case {
        const char* field;
        json value;
    };
    const Case cases[] = {{"peerIP", "300.1.1.1"},     {"peerIP", 7},          {"asNumber", 0},
                          {"asNumber", 4294967296},    {"asNumber", "64512"},  {"nodeSelector", "rack =="},
                          {"nextHopMode", "Sideways"}, {"keepaliveTime", "x"}, {"ttlSecurity", 300},
                          {"sourceAddress", "Moon"},   {"passive", "yes"},     {"filters", "not-a-list"}};
    for (const auto& test : cases) {
        json spec = {{"peerIP", "192.0.2.1"}, {"asNumber", 64512}};
        spec[test.field] = test.value;
        CAPTURE(spec.dump());
        const auto got = parse_bgp_peer(peer(spec));
        REQUIRE_FALSE(got);
        CHECK(names(got.error(), std::string("spec.") + test.field));
    }
}

TEST_CASE("BGPPeer: a neighbour is required, and one alone") {
    CHECK_FALSE(parse_bgp_peer(peer({{"asNumber", 64512}})));
    CHECK_FALSE(parse_bgp_peer(peer({{"peerIP", "192.0.2.1"}, {"asNumber", 1}, {"peerSelector", "all()"}})));
    CHECK_FALSE(parse_bgp_peer(json::array()));
    CHECK_FALSE(parse_bgp_peer(json{{"metadata", {{"name", "x"}}}}));
}

TEST_CASE("IPPool: the prefix is checked and the block size has the default of its family") {
    const auto pool = [](const json& spec) {
        return parse_ip_pool(json{{"metadata", {{"name", "pods"}}}, {"spec", spec}});
    };
    CHECK(pool({{"cidr", "10.244.0.0/16"}})->block_size == 26);
    CHECK(pool({{"cidr", "fd00:10::/48"}})->block_size == 122);
    CHECK_FALSE(pool({{"cidr", "10.244.0.1/16"}}));
    CHECK_FALSE(pool({{"cidr", "10.244.0.0/16"}, {"blockSize", 12}}));
    CHECK_FALSE(pool({{"cidr", "10.244.0.0/16"}, {"blockSize", 33}}));
}

TEST_CASE("Node: dunlin.io annotations come before Calico's, and those before the InternalIP") {
    json object = {
        {"metadata",
         {{"name", "n1"},
          {"labels", {{"rack", "a"}}},
          {"annotations",
           {{"projectcalico.org/IPv4Address", "10.0.0.9/24"}, {"projectcalico.org/ASNumber", "1.10"}}}}},
        {"status", {{"addresses", {{{"type", "InternalIP"}, {"address", "192.0.2.9"}}}}}}};
    auto node = parse_node(object);
    REQUIRE(node);
    CHECK(node->labels.at("rack") == "a");
    CHECK(node->facts(ApiGroup::dunlin).ipv4->to_string() == "10.0.0.9/24");
    CHECK(node->facts(ApiGroup::dunlin).as_number == Asn(65546));
    object["metadata"]["annotations"]["dunlin.io/ipv4-address"] = "10.9.0.9/16";
    node = parse_node(object);
    CHECK(node->facts(ApiGroup::dunlin).ipv4->to_string() == "10.9.0.9/16");
    CHECK(node->facts(ApiGroup::calico).ipv4->to_string() == "10.0.0.9/24");
    object["metadata"].erase("annotations");
    node = parse_node(object);
    CHECK(node->facts(ApiGroup::dunlin).ipv4->address == *IpAddress::parse("192.0.2.9"));
    CHECK_FALSE(node->facts(ApiGroup::calico).ipv4);
}

TEST_CASE("parse_object: an unknown kind is a problem, and nonsense of any type never throws") {
    CHECK_FALSE(parse_object("Teapot", json::object()));
    for (const char* kind :
         {"BGPPeer", "BGPConfiguration", "BGPFilter", "IPPool", "BlockAffinity", "Node", "Secret"}) {
        for (const char* text :
             {"null", "3", "[]", "{}", R"({"metadata":3,"spec":4})", R"({"metadata":{"name":"x"},"spec":[]})",
              R"({"metadata":{"name":[]},"spec":{}})"}) {
            CAPTURE(kind);
            CAPTURE(text);
            CHECK_NOTHROW((void)parse_object(kind, json::parse(text)));
        }
    }
}
