#include "agent/log.h"

#include <doctest/doctest.h>

#include <vector>

using namespace dunlin;
using namespace dunlin::agent;

namespace {
const WallTime kAt = WallTime(std::chrono::milliseconds(1'700'000'000'123));
}

TEST_CASE("Log: a text line is ts, level, message and the fields that are not empty") {
    CHECK(format_record(LogFormat::text, kAt, LogLevel::info, "session changed", "node-1",
                        {{"peer", "tor_a"}, {"from", ""}, {"to", "Established"}}) ==
          "2023-11-14T22:13:20.123Z info session changed peer=tor_a to=Established");
}

TEST_CASE("Log: what a neighbour sent cannot forge a line or a field") {
    CHECK(format_record(LogFormat::text, kAt, LogLevel::warn, "a\nb", "",
                        {{"reason", "x=1 \"y\"\n\x01"}, {"peer", "back\\slash"}}) ==
          R"(2023-11-14T22:13:20.123Z warn a\nb reason="x=1 \"y\"\n\x01" peer="back\\slash")");
}

TEST_CASE("Log: a JSON line has the fixed keys in their order, and survives what is no UTF-8") {
    CHECK(format_record(LogFormat::json, kAt, LogLevel::error, "refused", "node-1", {{"reason", "\"\xff"}}) ==
          "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"refused\",\"node\":\"node-1\","
          "\"reason\":\"\\\"\xef\xbf\xbd\"}");
}

TEST_CASE("Log: below its level nothing is written, and the level can be changed") {
    std::vector<std::string> lines;
    Log log(LogLevel::warn, LogFormat::text, "", [&](std::string_view line) { lines.emplace_back(line); });
    log.info("quiet");
    CHECK(lines.empty());
    log.set_level(LogLevel::debug);
    log.debug("loud");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].ends_with(" debug loud\n"));
}

TEST_CASE("Log: the same warning comes once a minute and then with its count") {
    RepeatLimit limit(Seconds(60));
    const Time start{};
    CHECK(limit.pass("a", start) == 0u);
    CHECK(limit.pass("a", start + Seconds(1)) == std::nullopt);
    CHECK(limit.pass("b", start + Seconds(1)) == 0u);
    CHECK(limit.pass("a", start + Seconds(59)) == std::nullopt);
    CHECK(limit.pass("a", start + Seconds(60)) == 2u);
    CHECK(limit.pass("a", start + Seconds(61)) == std::nullopt);
}

TEST_CASE("Log: limited lets the first of a kind through") {
    int lines = 0;
    Log log(LogLevel::info, LogFormat::text, "", [&](std::string_view) { ++lines; });
    for (int i = 0; i < 5; ++i) log.limited(LogLevel::warn, "refused", {{"peer", "tor_a"}});
    log.limited(LogLevel::warn, "refused", {{"peer", "tor_b"}});
    CHECK(lines == 2);
}
