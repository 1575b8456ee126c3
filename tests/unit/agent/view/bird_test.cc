#include "agent/show/bird.h"

#include <doctest/doctest.h>

#include "tests/unit/agent/view/sample.h"

using namespace dunlin;
using namespace dunlin::agent;

namespace {

RouteView blackhole(const char* prefix) {
    PathView path;
    path.protocol = "static1";
    path.since = sample_time(0);
    path.best = true;
    path.preference = 200;
    path.kind = "blackhole";
    return {*Prefix::parse(prefix), {path}};
}

RouteView learned(const char* prefix) {
    PathView path;
    path.protocol = "Node_192_0_2_1";
    path.since = sample_time(0);
    path.best = true;
    path.gateway = IpAddress::parse("192.0.2.1");
    path.interface = "eth0";
    path.kind = "unicast";
    path.igp_metric = 0;
    path.from_bgp = true;
    path.attributes.as_path = bgp::AsPath::sequence({Asn(64512)});
    path.attributes.next_hop = *path.gateway;
    return {*Prefix::parse(prefix), {path}};
}

BirdParts parts(Family family = Family::ipv4) {
    BirdParts out;
    out.family = family;
    out.view = sample_node;
    out.routes = [](const ShowRoute& request) -> Result<std::vector<RouteView>, Error> {
        if (request.exported) return Unexpected{Error{"there is no session " + *request.exported}};
        return std::vector<RouteView>{blackhole("10.244.1.0/26"), learned("10.244.2.0/26")};
    };
    return out;
}

}  // namespace

TEST_CASE("BIRD's socket: protocols, one family of them, in the columns of 1.6") {
    const std::string four = bird_answer(parts(), "show protocols\n");
    CAPTURE(four);
    CHECK(four.starts_with("2002-name     proto    table    state  since       info\n1002-"));
    CHECK(four.find(" Node_192_0_2_1 BGP      master   up     12:33:56    Established   \n") !=
          std::string::npos);
    CHECK(four.find("Mesh_") == std::string::npos);
    CHECK(four.ends_with("\n0000 \n"));
    const std::string six = bird_answer(parts(Family::ipv6), "show protocols");
    CAPTURE(six);
    CHECK(six.find("Mesh_2001_db8__2 BGP      master   start  ") != std::string::npos);
    CHECK(six.find("Active        Socket: Connection refused\n") != std::string::npos);
}

TEST_CASE("BIRD's socket: one protocol with all there is, by its name in quotes too") {
    const std::string all = bird_answer(parts(), "show protocols all \"Node_192_0_2_1\"");
    CAPTURE(all);
    CHECK(all.find("\n1006-  Preference:     100\n") != std::string::npos);
    CHECK(all.find("\n   Routes:         4 imported, 1 filtered, 1 exported, 4 preferred\n") !=
          std::string::npos);
    CHECK(all.find("\n   BGP state:          Established\n") != std::string::npos);
    CHECK(all.find("\n     Neighbor caps:    refresh AS4\n") != std::string::npos);
    CHECK(all.ends_with("0000 \n"));
    CHECK(bird_answer(parts(), "show protocols all nobody") == "8003 No protocols match\n");
}

TEST_CASE("BIRD's socket: routes, with attributes and counted") {
    const std::string routes = bird_answer(parts(), "show route table master");
    CAPTURE(routes);
    CHECK(routes.starts_with("1007-10.244.1.0/26      blackhole [static1 "));
    CHECK(routes.find("\n 10.244.2.0/26      via 192.0.2.1 on eth0 [Node_192_0_2_1 ") != std::string::npos);
    CHECK(routes.ends_with("] * (100/0) [AS64512i]\n0000 \n"));
    const std::string all = bird_answer(parts(), "show route all");
    CHECK(all.find("\n1008-\tType: BGP unicast univ\n1012-\tBGP.origin: IGP\n \tBGP.as_path: 64512\n") !=
          std::string::npos);
    CHECK(bird_answer(parts(), "show route count") == "0014 2 of 2 routes for 2 networks\n");
    CHECK(bird_answer(parts(), "show route export nobody") == "8003 there is no session nobody\n");
}

TEST_CASE("BIRD's socket: status, and what is not served") {
    const std::string status = bird_answer(parts(), "show status");
    CAPTURE(status);
    CHECK(status.starts_with("1000-BIRD 1.6.8 (dunlin 0.1.0)\n1011-Router ID is 10.0.0.11\n "));
    CHECK(status.ends_with("\n0013 Daemon is up and running\n"));
    CHECK(bird_answer(parts(), "restrict") == "0016 Access restricted\n");
    CHECK(bird_answer(parts(), "configure").starts_with("9001 syntax error: "));
    CHECK(bird_answer(parts(), "disable all").starts_with("9001 syntax error: "));
    CHECK(bird_answer(parts(), "").starts_with("9001 "));
}
