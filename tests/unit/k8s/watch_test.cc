#include "k8s/watch.h"

#include <doctest/doctest.h>

using namespace dunlin;
using namespace dunlin::k8s;

namespace {
const Time kStart = Time() + Seconds(1000);

Watch streaming(const std::string& version) {
    Watch watch;
    CHECK(watch.on_page(version, "", kStart, 0.0));
    return watch;
}
}  // namespace

TEST_CASE(
    "Watch: begins with the first page of a list, and the last page starts the stream from its version") {
    Watch watch;
    CHECK(watch.next() == Watch::Request(Watch::List{}));
    CHECK(watch.query(0.5) == "limit=500");
    CHECK_FALSE(watch.on_page("7", "a b", kStart, 0.0));
    CHECK(watch.query(0.5) == "limit=500&continue=a%20b");
    CHECK(watch.on_page("7", "", kStart, 0.0));
    CHECK(watch.query(0.5) == "watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300");
}

TEST_CASE("Watch: the time-out asked of the server is spread by 20 % to both sides") {
    CHECK(streaming("1").stream_timeout(0.0) == Seconds(240));
    CHECK(streaming("1").stream_timeout(0.999999) == Seconds(359));
}

TEST_CASE("Watch: an event or a bookmark moves the place from which a broken stream goes on") {
    Watch watch = streaming("7");
    watch.on_event("9");
    CHECK(watch.on_end(0, "", kStart) == Watch::Restart::broken);
    CHECK(watch.next() == Watch::Request(Watch::Stream{"9"}));
    CHECK(watch.on_end(200, "", kStart) == Watch::Restart::ended);
    CHECK(watch.next() == Watch::Request(Watch::Stream{"9"}));
}

TEST_CASE("Watch: 410 loses the place, in the stream and in the middle of a list") {
    Watch watch = streaming("7");
    CHECK(watch.on_end(410, "Expired", kStart) == Watch::Restart::gone);
    CHECK(watch.next() == Watch::Request(Watch::List{}));
    CHECK_FALSE(watch.on_page("8", "token", kStart, 0.0));
    CHECK(watch.on_end(410, "Expired", kStart) == Watch::Restart::gone);
    CHECK(watch.next() == Watch::Request(Watch::List{}));
}

TEST_CASE(
    "Watch: a refused continue token starts the list anew, but a refused first page stays where it is") {
    Watch watch;
    CHECK(watch.on_end(400, "BadRequest", kStart) == Watch::Restart::refused);
    CHECK_FALSE(watch.on_page("8", "token", kStart, 0.0));
    CHECK(watch.on_end(400, "BadRequest", kStart) == Watch::Restart::gone);
    CHECK(watch.next() == Watch::Request(Watch::List{}));
}

TEST_CASE("Watch: 403, 404, 429 and 503 keep the place") {
    for (const int status : {401, 403, 404, 429, 503}) {
        Watch watch = streaming("7");
        CHECK(watch.on_end(status, "", kStart) == Watch::Restart::refused);
        CHECK(watch.next() == Watch::Request(Watch::Stream{"7"}));
    }
}

TEST_CASE("Watch: a version ahead of the server and half an hour without a list both lead to a list") {
    Watch watch = streaming("7");
    CHECK(watch.on_end(504, "ResourceVersionTooLarge", kStart) == Watch::Restart::version_ahead);
    CHECK(watch.next() == Watch::Request(Watch::List{}));

    Watch old = streaming("7");
    CHECK(old.on_end(200, "", kStart + Seconds(1799)) == Watch::Restart::ended);
    CHECK(old.on_end(200, "", kStart + Seconds(1800)) == Watch::Restart::relist);
    CHECK(old.next() == Watch::Request(Watch::List{}));
}

TEST_CASE("Watch: a list that is older than what was seen says that the server went back in time") {
    Watch watch = streaming("99");
    CHECK_FALSE(watch.went_back());
    watch.on_event("1000");
    CHECK(watch.on_end(410, "Expired", kStart) == Watch::Restart::gone);
    CHECK(watch.on_page("500", "", kStart, 0.0));
    CHECK(watch.went_back());
    CHECK(watch.next() == Watch::Request(Watch::Stream{"500"}));
}
