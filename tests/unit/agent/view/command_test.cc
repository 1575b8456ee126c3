#include "agent/show/command.h"

#include <doctest/doctest.h>

using namespace dunlin;
using namespace dunlin::agent;

namespace {
template <class T>
T as(const char* line) {
    const auto request = parse_request(line);
    CAPTURE(line);
    REQUIRE_MESSAGE(request.has_value(), (request ? std::string() : request.error().message));
    REQUIRE(std::holds_alternative<T>(request->command));
    return std::get<T>(request->command);
}
std::string refusal(const char* line) {
    const auto request = parse_request(line);
    CAPTURE(line);
    REQUIRE_FALSE(request.has_value());
    return request.error().message;
}
}  // namespace

TEST_CASE("Command: the words of birdc, and beginnings of them") {
    as<ShowStatus>("show status\n");
    as<ShowNeighbors>("show neighbors");
    as<ShowNodeStatus>("status");
    CHECK_FALSE(as<ShowProtocols>("show protocols").name);
    CHECK(as<ShowProtocols>("show protocols all tor_a").all);
    CHECK(as<ShowProtocols>("show prot tor_a all").name == "tor_a");
    CHECK(as<ActOn>("refresh in tor_a").act == Act::refresh_in);
    CHECK(as<ActOn>("refresh out tor_a").act == Act::refresh_out);
    CHECK(as<ActOn>("disable tor_a").name == "tor_a");
}

TEST_CASE("Command: show route with all that can follow") {
    const auto route = as<ShowRoute>("  show   route 10.0.0.0/8 all protocol tor_a table master4 ");
    CHECK(route.prefix == Prefix::parse("10.0.0.0/8"));
    CHECK(route.all);
    CHECK(route.protocol == "tor_a");
    CHECK(route.table == "master4");
    CHECK(as<ShowRoute>("show route for 2001:db8::1").for_address == IpAddress::parse("2001:db8::1"));
    CHECK(as<ShowRoute>("show route 10.0.0.1").for_address == IpAddress::parse("10.0.0.1"));
    CHECK(as<ShowRoute>("show route export tor_a count").exported == "tor_a");
    CHECK(as<ShowRoute>("show route filtered all").filtered);
}

TEST_CASE("Command: JSON is asked for before the words") {
    const auto request = parse_request("-o json show status");
    REQUIRE(request.has_value());
    CHECK(request->json);
    CHECK(request_line({"show", "route", "all"}, true) == "-o json show route all");
    CHECK(request_line({"status"}, false) == "status");
}

TEST_CASE("Command: what is not understood is answered with what is") {
    CHECK(refusal("") == "no command; could be: show, status, plan, enable, disable, restart, refresh");
    CHECK(refusal("show colours") ==
          "\"colours\" is not known here; could be: status, protocols, route, neighbors");
    CHECK(refusal("show status now") == "\"now\" is not known here; could be: nothing more");
    CHECK(refusal("show route 10.0.0.1/8") == "\"10.0.0.1/8\" is not a prefix (are host bits set?)");
    CHECK(refusal("show route for nobody") == "after \"for\" an address is needed");
    CHECK(refusal("show route 10.0.0.0/8 11.0.0.0/8").find("only one") != std::string::npos);
    CHECK(refusal("show route table inet").find("master4") != std::string::npos);
    CHECK(refusal("show protocols a b").find("one NAME") != std::string::npos);
    CHECK(refusal("restart").find("NAME") != std::string::npos);
    CHECK(refusal("refresh tor_a").find("in, out") != std::string::npos);
    CHECK(refusal("-o xml show status").find("json") != std::string::npos);
}

TEST_CASE("Reply: comes back as it went, and half of one is none") {
    const std::string bytes = encode_reply({true, "Name\nx\n"});
    CHECK(bytes == "ok 7\nName\nx\n");
    const auto reply = decode_reply(bytes);
    REQUIRE(reply.has_value());
    CHECK(reply->ok);
    CHECK(reply->text == "Name\nx\n");
    CHECK_FALSE(decode_reply(encode_reply({false, "no"}))->ok);
    for (const char* bad : {"", "ok", "ok 3\nab", "ok 3\nabcd", "ok x\n", "yes 1\na", "ok \n"}) {
        CAPTURE(bad);
        CHECK_FALSE(decode_reply(bad));
    }
}
