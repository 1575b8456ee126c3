// The harness itself: two BIRDs in two namespaces are neighbours, and the driver sees what they do. If this
// fails, no other case of the folder means anything.
#include <doctest/doctest.h>

#include "tests/support/bird.h"

namespace dunlin::test {
namespace {

bool skipped() {
    const std::optional<std::string> why = Bird::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

std::string speaker(const std::string& id, const std::string& own_as, const std::string& neighbor,
                    const std::string& route) {
    return "router id " + id +
           ";\n"
           "protocol device {}\n"
           "protocol static blocks { ipv4; route " +
           route +
           " blackhole; }\n"
           "protocol bgp peer { local as " +
           own_as + "; neighbor " + neighbor +
           "; connect delay time 1; connect retry time 2; error wait time 1, 2;\n"
           "  ipv4 { import all; export all; }; }\n";
}

TEST_CASE("two BIRDs in two namespaces peer, exchange a route, lose it and come back") {
    if (skipped()) return;
    NetNs::clear_stale();
    const NetNs left("bird-left"), right("bird-right");
    left.link({"eth0", {"192.0.2.1/24"}}, right, {"eth0", {"192.0.2.2/24"}});
    const Bird a(left, speaker("192.0.2.1", "64512", "192.0.2.2 as 64513", "10.1.0.0/16"));
    Bird b(right, speaker("192.0.2.2", "64513", "192.0.2.1 as 64512", "10.2.0.0/16"));

    REQUIRE(a.wait_established("peer"));
    REQUIRE(b.wait_established("peer"));
    REQUIRE(a.wait_route("10.2.0.0/16"));
    CHECK(a.route("10.2.0.0/16").find("BGP.as_path: 64513") != std::string::npos);
    CHECK(a.route("10.3.0.0/16").empty());

    b.configure(speaker("192.0.2.2", "64513", "192.0.2.1 as 64512", "10.3.0.0/16"));
    CHECK(a.wait_route("10.3.0.0/16"));
    CHECK(a.wait_no_route("10.2.0.0/16"));
    CHECK(a.established("peer"));

    b.stop();
    CHECK(a.wait_not_established("peer"));
    CHECK(a.wait_no_route("10.3.0.0/16"));
    b.start();
    CHECK(a.wait_established("peer"));
    CHECK(a.wait_route("10.3.0.0/16"));
}

TEST_CASE("a configuration that BIRD does not understand is an exception with its words") {
    if (skipped()) return;
    const NetNs alone("bird-alone");
    CHECK_THROWS_WITH_AS(Bird(alone, "protocol nonsense {}"), doctest::Contains("syntax error"),
                         std::runtime_error);
}

}  // namespace
}  // namespace dunlin::test
