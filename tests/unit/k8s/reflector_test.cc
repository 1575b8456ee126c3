#include "k8s/reflector.h"

#include <doctest/doctest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.h"
#include "tests/unit/k8s/scripted_client.h"

using namespace dunlin;
using namespace dunlin::k8s;
using namespace std::chrono_literals;
using nlohmann::json;
using test::Asked;
using test::Connection;
using test::ScriptedServer;
using test::test_identity;

namespace {
const Resource kPeers{"dunlin.io", "v1", "bgppeers", "BGPPeer", false, std::nullopt, std::nullopt};

json object(const std::string& name, int version) {
    return {
        {"metadata", {{"name", name}, {"uid", "u-" + name}, {"resourceVersion", std::to_string(version)}}}};
}
std::string page(const std::vector<json>& items, int version, const std::string& more = {}) {
    json list = {{"items", items}, {"metadata", {{"resourceVersion", std::to_string(version)}}}};
    if (!more.empty()) list["metadata"]["continue"] = more;
    return list.dump();
}
std::string event(const std::string& type, const json& what) {
    return json{{"type", type}, {"object", what}}.dump() + "\n";
}
std::string expired() {
    return json{{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}, {"message", "too old"}}.dump();
}

struct Agent : test::ScriptedClient {
    explicit Agent(const std::string& url, Resource resource = kPeers)
        : ScriptedClient(url), store(std::move(resource)) {
        options.backoff = {10ms, 40ms, 60s, 300s};
        options.healthy_stream = 50ms;
        options.random = [] { return 0.5; };
    }
    ~Agent() { reflector.reset(); }
    void start() {
        reflector = std::make_unique<Reflector>(io, transport(), store, callbacks, options);
        reflector->start();
    }
    bool has(const std::string& name) const { return store.find({"", name}) != nullptr; }
    const ReflectorStatus& status() const { return reflector->status(); }
    std::uint64_t restarts(const std::string& why) const {
        const auto found = status().restarts.find(why);
        return found == status().restarts.end() ? 0 : found->second;
    }

    Store store;
    ReflectorOptions options;
    ReflectorCallbacks callbacks;
    std::unique_ptr<Reflector> reflector;
};

std::size_t watches(const ScriptedServer& server) {
    std::size_t out = 0;
    for (const Asked& asked : server.asked()) out += asked.is_watch();
    return out;
}
std::size_t lists(const ScriptedServer& server) { return server.asked().size() - watches(server); }
}  // namespace

TEST_CASE("Reflector: a list in pages changes the store once, and the watch goes on from its version") {
    std::atomic<bool> second = false;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (asked.is_watch()) {
            to.begin();
            to.chunk(event("ADDED", object("c", 8)) + event("DELETED", object("a", 9)));
            to.hang();
        }
        if (!asked.has("continue")) return to.answer(200, page({object("a", 1)}, 7, "next"));
        to.wait_for([&] { return second.load(); });
        to.answer(200, page({object("b", 2)}, 7));
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return server.asked().size() == 2; }));
    CHECK_FALSE(agent.store.synced());
    CHECK(agent.store.objects().empty());
    second = true;
    CHECK(agent.until([&] { return agent.has("c"); }));
    CHECK_FALSE(agent.has("a"));
    CHECK(agent.has("b"));
    CHECK(agent.store.vanished().empty());
    CHECK(agent.status().state == ReflectorState::synced);
    const auto asked = server.asked();
    CHECK(asked[0].target == "/apis/dunlin.io/v1/bgppeers?limit=500");
    CHECK(asked[1].target == "/apis/dunlin.io/v1/bgppeers?limit=500&continue=next");
    CHECK(asked[2].has("resourceVersion=7&timeoutSeconds=300"));
}

TEST_CASE("Reflector: the field selector is part of list and watch") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        if (asked.is_watch()) to.hang();
        to.answer(200, page({}, 1));
    });
    Agent agent(server.url(), {"", "v1", "nodes", "Node", false, std::nullopt, "metadata.name=n 1"});
    agent.start();
    CHECK(agent.until([&] { return server.asked().size() == 2; }));
    for (const Asked& asked : server.asked()) CHECK(asked.has("&fieldSelector=metadata.name%3Dn%201"));
}

TEST_CASE("Reflector: a bookmark moves the version from which a stream that ended goes on, without a list") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({object("a", 1)}, 7));
        to.begin();
        if (asked.has("resourceVersion=7&")) {
            to.chunk(event("BOOKMARK", {{"metadata", {{"resourceVersion", "42"}}}}));
            return to.end();
        }
        to.hang();
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return server.asked().size() == 3; }));
    CHECK(server.asked()[2].has("resourceVersion=42&"));
    CHECK(agent.restarts("ended") == 1);
    CHECK(agent.status().bookmarks == 1);
    CHECK(agent.store.objects().size() == 1);
}

TEST_CASE("Reflector: 410 as an object in the stream, or as a status of a page, begins the list anew") {
    std::atomic<int> page_lost = 0, stream_lost = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (asked.is_watch()) {
            to.begin();
            if (stream_lost++ == 0) {
                to.chunk(event("ERROR", json::parse(expired())));
                return to.end();
            }
            to.hang();
        }
        if (asked.has("continue=lost") && page_lost++ == 0) return to.answer(410, expired());
        if (asked.has("continue=lost")) return to.answer(200, page({object("b", 2)}, 7));
        if (stream_lost > 0) return to.answer(200, page({object("b", 2)}, 9));
        to.answer(200, page({object("a", 1)}, 7, "lost"));
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return watches(server) == 2; }));
    CHECK(agent.restarts("gone") == 2);
    CHECK(lists(server) == 5);
    CHECK(agent.has("b"));
    CHECK_FALSE(agent.has("a"));
    CHECK(agent.store.vanished().contains({"", "a"}));
    CHECK(agent.status().state == ReflectorState::synced);
}

TEST_CASE(
    "Reflector: a stream cut in the middle of a line goes on from the last whole one, nothing lost or "
    "doubled") {
    std::atomic<int> cuts = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        to.begin();
        if (cuts++ == 0) {
            const std::string line = event("ADDED", object("b", 3));
            to.chunk(event("ADDED", object("a", 2)) + line.substr(0, line.size() / 2));
            to.cut();
        }
        if (asked.has("resourceVersion=2&")) to.chunk(event("ADDED", object("b", 3)));
        to.hang();
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return agent.has("b"); }));
    CHECK(agent.has("a"));
    CHECK(agent.status().events == 2);
    CHECK(lists(server) == 1);
    CHECK(agent.restarts("broken") == 1);
}

TEST_CASE("Reflector: silence is ended by our own deadline, and the watch goes on") {
    std::atomic<int> silent = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        to.begin();
        if (silent++ == 0) to.hang();
        to.chunk(event("ADDED", object("a", 2)));
        to.hang();
    });
    Agent agent(server.url());
    agent.options.watch.stream_timeout = Seconds(1);
    agent.options.stream_slack = 50ms;
    agent.start();
    CHECK(agent.until([&] { return agent.has("a"); }));
    CHECK(lists(server) == 1);
}

TEST_CASE("Reflector: a watch that is not answered at all is given up long before its stream's deadline") {
    std::atomic<int> frozen = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        if (frozen++ == 0) to.hang();
        to.begin();
        to.chunk(event("ADDED", object("a", 2)));
        to.hang();
    });
    Agent agent(server.url());
    agent.options.answer_deadline = 500ms;
    agent.start();
    CHECK(agent.until([&] { return agent.status().text == "the watch was not answered"; }));
    CHECK(agent.until([&] { return agent.has("a"); }));
    CHECK(agent.status().state == ReflectorState::synced);
    // The one that was answered stays.
    const std::size_t before = watches(server);
    CHECK_FALSE(agent.until([&] { return watches(server) > before; }, 700ms));
}

TEST_CASE("Reflector: a token that was rotated is read again after 401") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        const auto token = asked.headers.find("authorization");
        if (token == asked.headers.end() || token->second != "Bearer new")
            return to.answer(401, "Unauthorized");
        if (asked.is_watch()) to.hang();
        to.answer(200, page({object("a", 1)}, 1));
    });
    test::TempDir dir;
    test::write_file(dir / "token", "old");
    Agent agent(server.url());
    agent.access.token.file = dir / "token";
    agent.start();
    CHECK(agent.until([&] { return agent.status().state == ReflectorState::forbidden; }));
    CHECK(agent.status().text == "HTTP 401: Unauthorized");
    test::write_file(dir / "token", "new");
    CHECK(agent.until([&] { return agent.status().state == ReflectorState::synced; }));
    CHECK(agent.status().text == "");
}

TEST_CASE("Reflector: 403, 404 and 500 are told apart, keep what is known, and pass") {
    std::atomic<int> status = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (status != 0) {
            return to.answer(status, json{{"kind", "Status"}, {"reason", "R"}, {"message", "m"}}.dump());
        }
        if (!asked.is_watch()) return to.answer(200, page({object("a", 1)}, 1));
        to.begin();
        to.wait_for([&] { return status != 0; });
        to.end();
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return agent.has("a"); }));
    for (const auto& [code, state] : {std::pair{403, ReflectorState::forbidden},
                                      {404, ReflectorState::not_installed},
                                      {500, ReflectorState::unreachable}}) {
        status = code;
        CHECK(agent.until([&, want = state] { return agent.status().state == want; }));
        CHECK(agent.status().text == "HTTP " + std::to_string(code) + " R: m");
        CHECK(agent.has("a"));
    }
    status = 0;
    CHECK(agent.until([&] { return agent.status().state == ReflectorState::synced; }));
}

TEST_CASE("Reflector: waits as long as Retry-After says, also when there is no Status in the body") {
    std::atomic<int> asked_before = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (asked_before++ == 0) return to.answer(429, "too many", "Retry-After: 1\r\n");
        if (asked.is_watch()) to.hang();
        to.answer(200, page({}, 1));
    });
    Agent agent(server.url());
    const auto start = std::chrono::steady_clock::now();
    agent.start();
    CHECK(agent.until([&] { return agent.store.synced(); }));
    CHECK(std::chrono::steady_clock::now() - start >= 1s);
}

TEST_CASE("Reflector: garbage in the stream is passed by a list when it comes twice") {
    std::atomic<int> streams = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({object("a", 1)}, 1));
        to.begin();
        if (streams++ < 2) to.chunk("<html>sorry</html>\n");
        to.hang();
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return streams == 3; }));
    CHECK(lists(server) == 2);
    CHECK(agent.restarts("broken") == 1);
    CHECK(agent.restarts("gone") == 1);
    CHECK(agent.has("a"));
}

TEST_CASE("Reflector: a list that is none is asked for again, and says so") {
    std::atomic<int> asked_before = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (asked.is_watch()) to.hang();
        to.answer(200, asked_before++ < 3 ? "{\"items\": [" : page({object("a", 1)}, 1));
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return agent.status().state == ReflectorState::unreachable; }));
    CHECK(agent.status().text.find("a list that is none") == 0);
    CHECK(agent.until([&] { return agent.has("a"); }));
}

TEST_CASE("Reflector: a line beyond the limit is refused, not kept") {
    std::atomic<int> streams = 0;
    ScriptedServer server(test_identity(), [&](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        to.begin();
        if (streams++ == 0) {
            for (;;) to.chunk(std::string(1000, 'x'));
        }
        to.chunk(event("ADDED", object("a", 2)));
        to.hang();
    });
    Agent agent(server.url());
    agent.options.longest_line = 10'000;
    std::string logged;
    agent.callbacks.log = [&](const std::string& text) { logged += text; };
    agent.start();
    CHECK(agent.until([&] { return agent.has("a"); }));
    CHECK(logged.find("a line of more than 10000 octets") != std::string::npos);
}

TEST_CASE("Reflector: an object that does not parse costs itself") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({object("a", 1), {{"spec", 1}}}, 1));
        to.begin();
        to.chunk(event("ADDED", {{"metadata", {{"name", 5}, {"resourceVersion", "2"}}}}));
        to.chunk(event("NEWS", object("x", 3)) + event("ADDED", object("b", 4)));
        to.hang();
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return agent.has("b"); }));
    CHECK(agent.has("a"));
    CHECK(agent.status().bad_objects == 3);
    CHECK(watches(server) == 1);
}

TEST_CASE("Reflector: a server with another authority or name is unreachable, and the text says why") {
    const auto serve = [](const Asked&, Connection& to) { to.answer(200, page({}, 1)); };
    std::string why;
    SUBCASE("authority") {
        ScriptedServer server(test::Authority("other").issue("s", {"IP:127.0.0.1"}), serve);
        Agent agent(server.url());
        agent.start();
        CHECK(agent.until([&] { return agent.status().state == ReflectorState::unreachable; }));
        CHECK(agent.status().text.find("issuer") != std::string::npos);
    }
    SUBCASE("name") {
        ScriptedServer server(test::test_authority().issue("s", {"DNS:elsewhere"}), serve);
        Agent agent(server.url());
        agent.start();
        CHECK(agent.until([&] { return agent.status().state == ReflectorState::unreachable; }));
        CHECK(agent.status().text.find("for elsewhere") != std::string::npos);
    }
}

TEST_CASE("Reflector: a server that is away and comes back keeps the objects and needs no restart of ours") {
    const auto serve = [](const Asked& asked, Connection& to) {
        if (asked.is_watch()) to.hang();
        to.answer(200, page({object("a", 1)}, 1));
    };
    auto server = std::make_unique<ScriptedServer>(test_identity(), serve);
    Agent agent(server->url());
    agent.start();
    CHECK(agent.until([&] { return agent.has("a") && watches(*server) == 1; }));
    ScriptedServer::Options options;
    options.port = server->port();
    server.reset();
    CHECK(agent.until([&] { return agent.status().state == ReflectorState::unreachable; }));
    CHECK(agent.has("a"));
    server = std::make_unique<ScriptedServer>(
        test_identity(),
        [](const Asked& asked, Connection& to) {
            if (!asked.is_watch()) return to.answer(200, page({object("a", 1)}, 1));
            to.begin();
            to.chunk(event("ADDED", object("b", 2)));
            to.hang();
        },
        options);
    CHECK(agent.until([&] { return agent.has("b"); }));
    CHECK(agent.status().state == ReflectorState::synced);
}

TEST_CASE("Reflector: a server that ends each stream at once is asked less and less often") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        to.begin();
        to.end();
    });
    Agent agent(server.url());
    agent.options.healthy_stream = 10s;
    agent.options.backoff = {200ms, 400ms, 60s, 300s};
    agent.start();
    CHECK(agent.until([&] { return watches(server) == 2; }));
    CHECK_FALSE(agent.until([&] { return watches(server) > 5; }, 700ms));
}

TEST_CASE("Reflector: it can go away while its stream is open, and nothing is called any more") {
    ScriptedServer server(test_identity(), [](const Asked& asked, Connection& to) {
        if (!asked.is_watch()) return to.answer(200, page({}, 1));
        to.begin();
        for (int i = 2;; ++i) to.chunk(event("ADDED", object("a", i)));
    });
    Agent agent(server.url());
    agent.start();
    CHECK(agent.until([&] { return agent.has("a"); }));
    agent.reflector.reset();
    const auto revision = agent.store.revision();
    CHECK(agent.until([&] { return agent.made->in_flight() == 0; }));
    CHECK(agent.store.revision() == revision);
}
