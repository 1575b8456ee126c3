#include "k8s/events.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

using namespace dunlin;
using namespace dunlin::k8s;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {
const Time kStart = Time() + Seconds(100'000);

EventCause cause(const std::string& name, const std::string& reason = "SessionDown") {
    return {"dunlin.io/v1", "BGPPeer", "", name, "u", true, reason, "Connect"};
}

struct Recorder final : ObjectWriter {
    void apply(const Resource&, const ObjectKey& key, const json& object, std::string_view,
               OnDone done) override {
        applied.emplace_back(key, object);
        done(Done{});
    }
    void create(const Resource& resource, const json& object, OnCreated done) override {
        CHECK(resource.api_version() == "events.k8s.io/v1");
        created.push_back(object);
        if (refuse) return done(Unexpected{WriteError{WriteError::Kind::forbidden, 403, "no", {}}});
        done(Created::created);
    }
    void remove(const Resource&, const ObjectKey&, OnDone) override {}

    std::vector<json> created;
    std::vector<std::pair<ObjectKey, json>> applied;
    bool refuse = false;
};
}  // namespace

TEST_CASE("EventSeries: the first is written, those within a minute are counted, then the sum is written") {
    EventSeries series;
    const auto first = series.happened(cause("a"), "1", kStart);
    REQUIRE(first);
    CHECK(first->name == "a.1");
    CHECK(first->count == 1);
    for (int i = 1; i < 60; ++i) CHECK_FALSE(series.happened(cause("a"), "2", kStart + Seconds(i)));
    const auto later = series.happened(cause("a"), "3", kStart + 60s);
    REQUIRE(later);
    CHECK(later->name == "a.1");
    CHECK(later->count == 61);
    CHECK_FALSE(series.happened(cause("a"), "4", kStart + 61s));
}

TEST_CASE("EventSeries: other causes are told apart, and one that was long silent begins anew") {
    EventSeries series;
    CHECK(series.happened(cause("a"), "1", kStart));
    CHECK(series.happened(cause("b"), "1", kStart));
    CHECK(series.happened(cause("a", "SessionUp"), "2", kStart));
    CHECK(series.happened(cause("a"), "9", kStart + 3600s)->name == "a.9");
}

TEST_CASE("EventSeries: remembers so many causes and no more") {
    EventLimits limits;
    limits.most_causes = 10;
    EventSeries series(limits);
    for (int i = 0; i < 100; ++i) {
        CHECK(series.happened(cause("peer-" + std::to_string(i)), "x", kStart + Seconds(i)));
        CHECK(series.causes() <= 10);
    }
    CHECK_FALSE(series.happened(cause("peer-99"), "y", kStart + 100s));
}

TEST_CASE("Events: an event says what it is about, and a series what it has come to") {
    Recorder writer;
    EventLimits limits;
    limits.apart = 0s;
    Events events(writer, "dunlin", "node-1", {}, limits);
    events.happened(cause("tor-a"), std::string(2000, 'x'));
    events.happened(cause("tor-a"), "again");
    REQUIRE(writer.created.size() == 1);
    const json& event = writer.created[0];
    CHECK(event["regarding"]["name"] == "tor-a");
    CHECK(event["metadata"]["namespace"] == "default");
    CHECK(event["type"] == "Warning");
    CHECK(event["reportingInstance"] == "node-1");
    CHECK(event["note"].get<std::string>().size() == 1023);
    REQUIRE(writer.applied.size() == 1);
    CHECK(writer.applied[0].first.name == event["metadata"]["name"]);
    CHECK(writer.applied[0].second["series"]["count"] == 2);
}

TEST_CASE("Events: one that is refused is logged") {
    Recorder writer;
    writer.refuse = true;
    std::string logged;
    Events events(writer, "dunlin", "n", [&](const std::string& text) { logged = text; });
    events.happened(cause("a"), "x");
    CHECK(logged.find(": no") != std::string::npos);
}
