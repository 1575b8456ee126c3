#include "k8s/lease.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "k8s/wall_time.h"
#include "tests/unit/k8s/scripted_client.h"

using namespace dunlin;
using namespace dunlin::k8s;
using namespace std::chrono_literals;
using nlohmann::json;
using test::Asked;
using test::Connection;

namespace {
const Time kStart = Time() + Seconds(1000);
using Step = Election::Step;

LeaseRecord record(const std::string& holder, const std::string& version) {
    return {holder, version, 15s, 0};
}

// A server that keeps one Lease as an API server does: by version.
struct LeaseServer {
    LeaseServer()
        : server(test::test_identity(), [this](const Asked& asked, Connection& to) { serve(asked, to); }) {}

    void serve(const Asked& asked, Connection& to) {
        if (frozen) to.hang();
        const std::lock_guard lock(mutex);
        if (asked.method == "GET") return lease.is_null() ? to.answer(404, "") : to.answer(200, lease.dump());
        json wanted = json::parse(asked.body);
        const bool same = lease.is_null()
                              ? asked.method == "POST"
                              : asked.method == "PUT" && wanted["metadata"].value("resourceVersion", "") ==
                                                             std::to_string(version);
        if (!same) return to.answer(409, "conflict");
        wanted["metadata"]["resourceVersion"] = std::to_string(++version);
        lease = wanted;
        to.answer(200, lease.dump());
    }
    std::string holder() {
        const std::lock_guard lock(mutex);
        return lease.is_null() ? "" : lease["spec"]["holderIdentity"].get<std::string>();
    }

    int transitions() {
        const std::lock_guard lock(mutex);
        return lease["spec"]["leaseTransitions"].get<int>();
    }

    std::mutex mutex;
    json lease;
    int version = 0;
    std::atomic<bool> frozen = false;
    test::ScriptedServer server;
};

struct Candidate {
    Candidate(const std::string& url, const std::string& name) : client(url) {
        LeaseOptions options{"dunlin", "dunlin", name, {2500ms, 1500ms, 30ms}};
        lease = std::make_unique<Lease>(client.io, client.transport(), options,
                                        LeaseCallbacks{[this](bool now) { changes.push_back(now); }, {}});
        lease->start();
    }
    test::ScriptedClient client;
    std::vector<bool> changes;
    std::unique_ptr<Lease> lease;
};
}  // namespace

TEST_CASE(
    "Election: a lease is taken when there is none, when nobody holds it, and when it has not moved for its "
    "time") {
    Election election("me");
    CHECK(election.next(kStart) == Step::take);
    election.seen(record("", "1"), kStart);
    CHECK(election.next(kStart) == Step::take);
    election.seen(record("other", "2"), kStart);
    CHECK(election.next(kStart + 14s) == Step::wait);
    CHECK(election.next(kStart + 15s) == Step::take);
    election.seen(record("other", "3"), kStart + 14s);
    CHECK(election.next(kStart + 28s) == Step::wait);
    election.seen(record("other", "3"), kStart + 28s);
    CHECK(election.next(kStart + 29s) == Step::take);
}

TEST_CASE("Election: our lead ends before others may take it, and counts from when we asked") {
    Election election("me");
    election.wrote(record("me", "1"), kStart);
    CHECK(election.leading(kStart + 9s));
    CHECK(election.next(kStart + 9s) == Step::renew);
    CHECK_FALSE(election.leading(kStart + 10s));
    CHECK(election.next(kStart + 10s) == Step::take);
    election.wrote(record("me", "2"), kStart + 12s);
    election.seen(record("other", "3"), kStart + 13s);
    CHECK_FALSE(election.leading(kStart + 13s));
    CHECK(election.next(kStart + 13s) == Step::wait);
}

TEST_CASE("Election: a name that is ours from before a restart is no lead until it is written again") {
    Election election("me");
    election.seen(record("me", "1"), kStart);
    CHECK_FALSE(election.leading(kStart));
    CHECK(election.next(kStart) == Step::take);
}

TEST_CASE(
    "Lease: one of two leads; when it gives up the other follows at once, and when it is silent, later") {
    LeaseServer server;
    auto a = std::make_unique<Candidate>(server.server.url(), "a");
    CHECK(a->client.until([&] { return a->lease->leading(); }));
    Candidate b(server.server.url(), "b");
    const auto both = [&](auto holds) {
        return b.client.until([&] {
            if (a) a->client.until([] { return false; }, 1ms);
            return holds();
        });
    };
    CHECK_FALSE(b.client.until([&] { return a->client.until([] { return false; }, 1ms), b.lease->leading(); },
                               400ms));
    CHECK(a->lease->leading());
    SUBCASE("given up") {
        bool done = false;
        a->lease->release([&] { done = true; });
        CHECK(both([&] { return done; }));
        CHECK(both([&] { return b.lease->leading(); }));
    }
    SUBCASE("silent") {
        a.reset();
        CHECK(both([&] { return b.lease->leading(); }));
    }
    CHECK(server.holder() == "b");
    CHECK(b.changes == std::vector<bool>{true});
    CHECK(server.transitions() == 1);
}

TEST_CASE(
    "Lease: a leader whose server is silent says that it leads no more, and leads again when it answers") {
    LeaseServer server;
    Candidate a(server.server.url(), "a");
    CHECK(a.client.until([&] { return a.lease->leading(); }));
    server.frozen = true;
    CHECK(a.client.until([&] { return a.changes == std::vector<bool>{true, false}; }));
    server.frozen = false;
    CHECK(a.client.until([&] { return a.lease->leading(); }));
}

TEST_CASE("rfc3339: seconds and microseconds in UTC") {
    const WallTime time = WallTime(std::chrono::microseconds(1'700'000'000'000'042));
    CHECK(rfc3339(time) == "2023-11-14T22:13:20Z");
    CHECK(rfc3339_micro(time) == "2023-11-14T22:13:20.000042Z");
}
