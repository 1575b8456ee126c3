#include "agent/node_address.h"

#include <doctest/doctest.h>

using namespace dunlin;
using namespace dunlin::agent;

namespace {

InterfaceAddress at(const char* text) { return *InterfaceAddress::parse(text); }

AddressFacts machine() {
    AddressFacts out;
    out.machine = {{"docker0", at("172.17.0.1/16")},
                   {"eth0", at("192.0.2.11/24")},
                   {"eth1", at("198.51.100.11/24")},
                   {"eth1", at("2001:db8::11/64")},
                   {"cali12", at("10.244.0.1/32")}};
    out.internal = IpAddress::parse("198.51.100.11");
    out.source_towards = [](const std::string& destination) {
        return destination == "203.0.113.1" ? IpAddress::parse("198.51.100.11") : std::nullopt;
    };
    return out;
}

AddressWish wish(const std::string& address, const std::string& method = "", Family family = Family::ipv4) {
    const auto out = parse_address_wish(family, address, method);
    REQUIRE(out);
    return *out;
}

std::string detected(const std::string& method, Family family = Family::ipv4) {
    const auto decision = decide_address(wish("autodetect", method, family), family, machine(), true);
    return decision.address ? decision.address->to_string() : decision.problem;
}

}  // namespace

TEST_CASE("node address: every method of detection") {
    CHECK(detected("") == "192.0.2.11/24");
    CHECK(detected("first-found") == "192.0.2.11/24");
    CHECK(detected("first-found", Family::ipv6) == "2001:db8::11/64");
    CHECK(detected("can-reach=203.0.113.1") == "198.51.100.11/24");
    CHECK(detected("can-reach=nowhere.example") == "no address was found");
    CHECK(detected("interface=eth1") == "198.51.100.11/24");
    CHECK(detected("interface=ens.*,docker0") == "172.17.0.1/16");
    CHECK(detected("skip-interface=eth0") == "198.51.100.11/24");
    CHECK(detected("cidr=198.51.100.0/24") == "198.51.100.11/24");
    CHECK(detected("cidr=10.0.0.0/9") == "no address was found");
    CHECK(detected("kubernetes-internal-ip") == "198.51.100.11/24");
}

TEST_CASE("node address: wrong words name what could stand there") {
    for (const char* text :
         {"first", "can-reach", "can-reach=", "interface=(", "cidr=10.0.0.0/33", "cidr=x"}) {
        CAPTURE(text);
        const auto parsed = parse_detect_method(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.find("kubernetes-internal-ip") != std::string::npos);
    }
    CHECK_FALSE(parse_address_wish(Family::ipv4, "2001:db8::1", ""));
    CHECK_FALSE(parse_address_wish(Family::ipv6, "autodetected", ""));
}

TEST_CASE("node address: IPv4 is looked for where there is none, IPv6 when asked for") {
    AddressFacts facts = machine();
    CHECK(decide_address(wish(""), Family::ipv4, facts, true).change);
    CHECK_FALSE(decide_address(wish("", "", Family::ipv6), Family::ipv6, facts, true).change);
    facts.now = at("203.0.113.9/24");
    CHECK_FALSE(decide_address(wish(""), Family::ipv4, facts, true).change);
    CHECK(decide_address(wish("autodetect"), Family::ipv4, facts, true).change);
    facts.now = at("192.0.2.11/24");
    CHECK_FALSE(decide_address(wish("autodetect"), Family::ipv4, facts, true).change);
}

TEST_CASE("node address: a given one takes its length from the interface; none takes it away") {
    AddressFacts facts = machine();
    CHECK(decide_address(wish("192.0.2.11"), Family::ipv4, facts, true).address == at("192.0.2.11/24"));
    CHECK(decide_address(wish("192.0.2.11/28"), Family::ipv4, facts, true).address == at("192.0.2.11/28"));
    CHECK_FALSE(decide_address(wish("none"), Family::ipv4, facts, true).change);
    facts.now = at("192.0.2.11/24");
    const auto none = decide_address(wish("none"), Family::ipv4, facts, true);
    CHECK(none.change);
    CHECK_FALSE(none.address);
}

TEST_CASE("node address: one that another node has is not taken") {
    AddressFacts facts = machine();
    facts.others[*IpAddress::parse("192.0.2.11")] = "n2";
    auto decision = decide_address(wish("autodetect"), Family::ipv4, facts, true);
    CHECK_FALSE(decision.change);
    CHECK(decision.problem == "192.0.2.11 is the address of node n2");
    CHECK(decide_address(wish("autodetect"), Family::ipv4, facts, false).address == at("192.0.2.11/24"));
    facts.now = at("192.0.2.11/24");  // detected before the other node came: cleared
    decision = decide_address(wish("autodetect"), Family::ipv4, facts, true);
    CHECK(decision.change);
    CHECK_FALSE(decision.address);
    CHECK_FALSE(decide_address(wish("192.0.2.11"), Family::ipv4, facts, true).change);
}

TEST_CASE("node address: an interface that is away for a moment takes nothing from the Node") {
    AddressFacts facts;
    facts.now = at("192.0.2.11/24");
    CHECK_FALSE(decide_address(wish("autodetect"), Family::ipv4, facts, true).change);
}
