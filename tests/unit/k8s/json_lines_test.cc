#include "k8s/json_lines.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "k8s/backoff.h"

using namespace dunlin;
using namespace dunlin::k8s;

TEST_CASE("JsonLines: the same lines come out however the body is cut into chunks") {
    const std::string body = "{\"a\":1}\n\r\n{\"b\":2}\r\n\n{\"c\":3}\nrest";
    for (std::size_t size = 1; size <= body.size(); ++size) {
        JsonLines lines;
        std::vector<std::string> got;
        for (std::size_t at = 0; at < body.size(); at += size) {
            CHECK(lines.push(body.substr(at, size), [&](std::string_view line) {
                got.emplace_back(line);
                return true;
            }));
        }
        CHECK(got == std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"});
        CHECK(lines.pending() == 4);
    }
}

TEST_CASE("JsonLines: a line over the limit breaks the splitter for good and frees what it held") {
    JsonLines lines(8);
    const auto keep = [](std::string_view) { return true; };
    CHECK(lines.push("12345678", keep));
    CHECK_FALSE(lines.push("9", keep));
    CHECK(lines.too_long());
    CHECK(lines.pending() == 0);
    CHECK_FALSE(lines.push("\n", keep));
}

TEST_CASE("JsonLines: the callback may stop") {
    JsonLines lines;
    int count = 0;
    CHECK_FALSE(lines.push("a\nb\n", [&](std::string_view) { return ++count < 1; }));
    CHECK(count == 1);
}

TEST_CASE("Backoff: doubles from 0.8 s to 30 s, and a minute of health forgets it") {
    Backoff backoff;
    const Time start = Time() + Seconds(100);
    CHECK(backoff.failed(start, 0.0) == std::chrono::milliseconds(800));
    Duration last{};
    for (int i = 0; i < 20; ++i) last = backoff.failed(start, 0.999);
    CHECK(last <= Seconds(30));
    CHECK(last > Seconds(29));
    backoff.succeeded(start);
    CHECK(backoff.failed(start + Seconds(59), 0.0) == Seconds(15));
    backoff.succeeded(start);
    CHECK(backoff.failed(start + Seconds(60), 0.0) == std::chrono::milliseconds(800));
}

TEST_CASE("Backoff: waits at least as long as the server asks, within reason") {
    Backoff backoff;
    CHECK(backoff.failed(Time() + Seconds(1), 0.0, Seconds(7)) == Seconds(7));
    CHECK(backoff.failed(Time() + Seconds(1), 0.0, Seconds(86400)) == Seconds(300));
}
