#include "k8s/api_writer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/k8s/scripted_client.h"

using namespace dunlin;
using namespace dunlin::k8s;
using nlohmann::json;
using test::Asked;
using test::Connection;
using test::ScriptedServer;

namespace {
const Resource kBlocks{"dunlin.io", "v1",         "blockaffinities", "BlockAffinity",
                       false,       std::nullopt, std::nullopt};

struct Server {
    Server(int status, const std::string& body)
        : server(test::test_identity(),
                 [status, body](const Asked&, Connection& to) { to.answer(status, body); }),
          client(server.url()),
          writer(client.transport()) {}
    Result<Done, WriteError> apply(const json& object, std::string_view subresource) {
        std::optional<Result<Done, WriteError>> out;
        writer.apply(kBlocks, {"", "b"}, object, subresource, [&](auto answer) { out = answer; });
        CHECK(client.until([&] { return out.has_value(); }));
        return *out;
    }
    Result<Created, WriteError> create() {
        std::optional<Result<Created, WriteError>> out;
        writer.create(kBlocks, {{"metadata", {{"name", "b"}}}}, [&](auto answer) { out = answer; });
        CHECK(client.until([&] { return out.has_value(); }));
        return *out;
    }
    Asked asked() const { return server.asked().at(0); }

    ScriptedServer server;
    test::ScriptedClient client;
    ApiWriter writer;
};

std::string status(const char* reason) {
    return json{{"kind", "Status"}, {"reason", reason}, {"message", "m"}}.dump();
}
}  // namespace

TEST_CASE("ApiWriter: status is applied by force under our field manager, with name and kind filled in") {
    Server server(200, "{}");
    CHECK(server.apply({{"status", {{"x", 1}}}}, "status"));
    const Asked asked = server.asked();
    CHECK(asked.method == "PATCH");
    CHECK(asked.target == "/apis/dunlin.io/v1/blockaffinities/b/status?fieldManager=dunlin&force=true");
    CHECK(asked.headers.at("content-type") == "application/apply-patch+yaml");
    CHECK(json::parse(asked.body) == json{{"apiVersion", "dunlin.io/v1"},
                                          {"kind", "BlockAffinity"},
                                          {"metadata", {{"name", "b"}}},
                                          {"status", {{"x", 1}}}});
}

TEST_CASE("ApiWriter: creating is a POST to the collection, and one that is there is no error") {
    Server made(201, "{}");
    CHECK(*made.create() == Created::created);
    CHECK(made.asked().method == "POST");
    CHECK(made.asked().target == "/apis/dunlin.io/v1/blockaffinities?fieldManager=dunlin");
    Server taken(409, status("AlreadyExists"));
    CHECK(*taken.create() == Created::already_exists);
    Server conflict(409, status("Conflict"));
    CHECK(conflict.create().error().kind == WriteError::Kind::conflict);
}

TEST_CASE("ApiWriter: removing what is not there is done") {
    for (const int code : {200, 404, 403}) {
        Server server(code, status("R"));
        std::optional<bool> good;
        server.writer.remove(kBlocks, {"", "b"}, [&](auto answer) { good = answer.has_value(); });
        CHECK(server.client.until([&] { return good.has_value(); }));
        CHECK(*good == (code != 403));
        CHECK(server.asked().method == "DELETE");
    }
}

TEST_CASE("ApiWriter: errors come by kind and with the server's words") {
    using Kind = WriteError::Kind;
    for (const auto& [code, kind] : {std::pair{403, Kind::forbidden},
                                     {404, Kind::not_found},
                                     {422, Kind::invalid},
                                     {429, Kind::overloaded},
                                     {500, Kind::failed}}) {
        Server server(code, status("Reason"));
        const auto answer = server.apply({}, "status");
        REQUIRE_FALSE(answer);
        CHECK(answer.error().kind == kind);
        CHECK(answer.error().message == "HTTP " + std::to_string(code) + " Reason: m");
    }
}

TEST_CASE("ApiWriter: no answer comes after it was destroyed") {
    ScriptedServer server(test::test_identity(), [](const Asked&, Connection& to) { to.hang(); });
    test::ScriptedClient client(server.url());
    bool answered = false;
    {
        ApiWriter writer(client.transport());
        writer.remove(kBlocks, {"", "b"}, [&](auto) { answered = true; });
        CHECK(client.until([&] { return !server.asked().empty(); }));
    }
    CHECK(client.until([&] { return client.made->in_flight() == 0; }));
    CHECK_FALSE(answered);
}
