#include "agent/api/selector.h"

#include <doctest/doctest.h>

using namespace dunlin;
using namespace dunlin::agent;

namespace {
const Labels kLabels{{"rack", "a"}, {"zone", "eu-1"}, {"role/edge", ""}, {"k8s.io/os", "linux"}};

bool matches(const char* text) {
    const auto selector = Selector::parse(text);
    CAPTURE(text);
    REQUIRE(selector);
    return selector->matches(kLabels);
}
}  // namespace

TEST_CASE("Selector: every operator, and what holds when a label is absent") {
    CHECK(matches("rack == 'a'"));
    CHECK(matches("rack=='a'"));
    CHECK_FALSE(matches("rack == \"b\""));
    CHECK_FALSE(matches("absent == 'a'"));
    CHECK(matches("absent != 'a'"));
    CHECK_FALSE(matches("rack != 'a'"));
    CHECK(matches("has(rack)"));
    CHECK(matches("has(role/edge)"));
    CHECK_FALSE(matches("has(absent)"));
    CHECK(matches("!has(absent)"));
    CHECK(matches("rack in {'a', 'b'}"));
    CHECK_FALSE(matches("rack in {'c'}"));
    CHECK_FALSE(matches("rack not in {'a', 'b'}"));
    CHECK(matches("absent not in {'a'}"));
    CHECK(matches("zone contains 'u-'"));
    CHECK(matches("zone starts with 'eu'"));
    CHECK(matches("zone ends with '-1'"));
    CHECK(matches("all()"));
}

TEST_CASE("Selector: and binds closer than or, parentheses closest") {
    CHECK(matches("rack == 'x' && zone == 'x' || rack == 'a'"));
    CHECK_FALSE(matches("rack == 'x' && (zone == 'x' || rack == 'a')"));
    CHECK(matches("!(rack == 'x') && k8s.io/os == 'linux'"));
}

TEST_CASE("Selector: what does not parse is refused with a position") {
    for (const char* bad : {"rack ==", "rack = 'a'", "rack == 'a", "has()", "has(rack", "rack in {'a'",
                            "&& rack == 'a'", "rack == 'a' zone == 'b'", "()", "rack == a", "rack in 'a'"}) {
        CAPTURE(bad);
        const auto selector = Selector::parse(bad);
        REQUIRE_FALSE(selector);
        CHECK(selector.error().message.find("position") != std::string::npos);
    }
}

TEST_CASE("Selector: nesting without end is refused, and a long row of negations is no nesting") {
    const std::string deep(100000, '(');
    CHECK_FALSE(Selector::parse(deep + "all()"));
    const auto even = Selector::parse(std::string(100000, '!') + "all()");
    const auto odd = Selector::parse(std::string(100001, '!') + "all()");
    REQUIRE(even);
    REQUIRE(odd);
    CHECK(even->matches({}));
    CHECK_FALSE(odd->matches({}));
}
