#include "k8s/yaml.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

using namespace dunlin::k8s;
using nlohmann::json;

namespace {
json one(const std::string& text) {
    json out = "nothing";
    const auto failed = parse_yaml(text, [&](json value, int) { out = std::move(value); });
    if (failed) return "line " + std::to_string(failed->line) + ": " + failed->message;
    return out;
}
}  // namespace

TEST_CASE("YAML: plain scalars have the types of the core schema of YAML 1.2") {
    CHECK(one("[yes, no, on, off, y]") == json({"yes", "no", "on", "off", "y"}));
    CHECK(one("[true, False, TRUE]") == json({true, false, true}));
    CHECK(one("[~, null, , a]") == json({nullptr, nullptr, nullptr, "a"}));
    CHECK(one("[1, -2, +3, 0x1f, 0o17, 0123, 18446744073709551615]") ==
          json({1, -2, 3, 31, 15, 123, 18446744073709551615u}));
    CHECK(one("[1.5, .5, 1., 1e3, -1.5e-1]") == json({1.5, 0.5, 1.0, 1000.0, -0.15}));
    CHECK(one("[1.2.3.4, 10.0.0.0/8, '65000:1', 1_000, 0x, e3, ., 12a, '::1', .inf]") ==
          json({"1.2.3.4", "10.0.0.0/8", "65000:1", "1_000", "0x", "e3", ".", "12a", "::1", ".inf"}));
}

TEST_CASE("YAML: quoted and tagged scalars are text") {
    CHECK(one("['1', \"true\", 'null', !!str 5]") == json({"1", "true", "null", "5"}));
    CHECK(one("a: |\n  1\n") == json({{"a", "1\n"}}));
}

TEST_CASE("YAML: each document comes with its line, empty ones are left out") {
    std::vector<int> lines;
    CHECK_FALSE(parse_yaml("# c\na: 1\n---\n---\n\nb: 2\n...\n---\n",
                           [&](json, int line) { lines.push_back(line); }));
    CHECK(lines == std::vector{2, 6});
    CHECK(one("") == "nothing");
}

TEST_CASE("YAML: an error names its line, and nothing of the text counts") {
    int documents = 0;
    const auto failed = parse_yaml("a: 1\n---\nb: [1, 2\nc: 3\n", [&](json, int) { ++documents; });
    REQUIRE(failed);
    CHECK(failed->line >= 3);
    CHECK_FALSE(failed->message.empty());
    CHECK(documents == 0);
    CHECK(one("a: 1\nb: 2\na: 3\n") == "line 3: the key \"a\" is there twice");
    CHECK(one("? [a]\n: 1\n").get<std::string>().find("not text") != std::string::npos);
    CHECK(one("x: &x {a: 1}\ny:\n  <<: *x\n").get<std::string>().find("merge") != std::string::npos);
}

TEST_CASE("YAML: aliases that multiply, circles and depth are refused, not expanded") {
    std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'j'; ++c) {
        const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
        text += std::string(1, c) + ": &" + c + " [" + before;
        for (int i = 0; i < 9; ++i) text += ", " + before;
        text += "]\n";
    }
    CHECK(one(text).get<std::string>().find("too many values") != std::string::npos);
    CHECK(one("&a [*a]").is_string());
    CHECK(one(std::string(5000, '[')).is_string());
}

TEST_CASE("YAML: what is written is read back as it was") {
    const json value = {
        {"empty", json::object()},
        {"none", nullptr},
        {"list", {1, "1", true, "true", 1.5, "", "~", "yes", json::array()}},
        {"text", {"a: b", "- x", "two\nlines", "\xc3\xa4", "#c", "1.2.3.4", " s ", "{", "0x10"}},
        {"5", {{"deep", {{"x", 18446744073709551615u}, {"y", -7}}}}}};
    CHECK(one(to_yaml(value)) == value);
    CHECK(to_yaml({{"a", {{"b", "c"}}}}) == "a:\n  b: c\n");
    const json words{
        {"a/b.c-d_e", {"nan", "inf", "e5", "null", "Null", "True", "n", "on", "x-", "a.", "dunlin.io/v1"}},
        {"null", "no"},
        {"y", -1.5e300},
        {std::string(300, 'k'), std::string(2000, 'v')}};
    CHECK(one(to_yaml(words)) == words);
}
