#include "k8s/rest_transport.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "tests/support/temp_dir.h"
#include "tests/unit/k8s/scripted_client.h"

using namespace dunlin;
using namespace dunlin::k8s;
using namespace std::chrono_literals;
using test::Asked;
using test::Authority;
using test::Connection;
using test::ScriptedServer;

namespace {
const Authority& authority() { return test::test_authority(); }
const test::Identity& localhost() { return test::test_identity(); }

struct Client : test::ScriptedClient {
    using ScriptedClient::ScriptedClient;
    HttpResponse ask(HttpRequest request) {
        std::optional<HttpResponse> out;
        transport().start(std::move(request), nullptr, [&](const HttpResponse& response) { out = response; });
        CHECK(until([&] { return out.has_value(); }));
        return out.value_or(HttpResponse{});
    }
    HttpResponse get(const std::string& path = "/x", Duration deadline = 10s) {
        HttpRequest request;
        request.path = path;
        request.deadline = deadline;
        return ask(std::move(request));
    }
};

void hello(const Asked&, Connection& to) { to.answer(200, "hello"); }

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
}  // namespace

TEST_CASE("RestTransport: sends what it is asked to, with the token, and hands over status and body") {
    ScriptedServer server(localhost(),
                          [](const Asked&, Connection& to) { to.answer(409, "no", "Retry-After: 7\r\n"); });
    Client client(server.url() + "/prefix/");
    client.access.token.text = "abc.def\n";
    HttpRequest request;
    request.method = Method::patch;
    request.path = "/apis/a?b=c%20d";
    request.content_type = "application/apply-patch+yaml";
    request.body = "{\"a\":1}";
    const HttpResponse response = client.ask(request);
    CHECK(response.status == 409);
    CHECK(response.error == "");
    CHECK(response.body == "no");
    CHECK(response.retry_after == Seconds(7));
    REQUIRE(server.asked().size() == 1);
    const Asked asked = server.asked()[0];
    CHECK(asked.method == "PATCH");
    CHECK(asked.target == "/prefix/apis/a?b=c%20d");
    CHECK(asked.body == request.body);
    CHECK(asked.headers.at("content-type") == "application/apply-patch+yaml");
    CHECK(asked.headers.at("authorization") == "Bearer abc.def");
}

TEST_CASE("RestTransport: a body comes in pieces in their order, and its end is told") {
    ScriptedServer server(localhost(), [](const Asked&, Connection& to) {
        to.begin();
        for (int i = 0; i < 200; ++i) to.chunk(std::to_string(i) + "\n");
        to.end();
    });
    Client client(server.url());
    std::string got;
    int pieces = 0;
    std::optional<HttpResponse> end;
    client.transport().start(
        {Method::get, "/x", "", "", 10s},
        [&](std::string_view bytes) {
            ++pieces;
            got += bytes;
            return true;
        },
        [&](const HttpResponse& response) { end = response; });
    CHECK(client.until([&] { return end.has_value(); }));
    CHECK(end->good());
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += std::to_string(i) + "\n";
    CHECK(got == expected);
    CHECK(pieces >= 1);
}

TEST_CASE("RestTransport: a reader that has enough ends the request") {
    ScriptedServer server(localhost(), [](const Asked&, Connection& to) {
        to.begin();
        for (;;) to.chunk(std::string(1000, 'x'));
    });
    Client client(server.url());
    std::optional<HttpResponse> end;
    std::size_t got = 0;
    client.transport().start(
        {Method::get, "/x", "", "", 10s},
        [&](std::string_view bytes) { return (got += bytes.size()) < 5000; },
        [&](const HttpResponse& response) { end = response; });
    CHECK(client.until([&] { return end.has_value(); }));
    CHECK(end->error == "given up by the reader");
    CHECK(client.until([&] { return client.made->in_flight() == 0; }));
}

TEST_CASE("RestTransport: silence, a cut and a closed port are errors with words") {
    ScriptedServer server(localhost(), [](const Asked& asked, Connection& to) {
        if (asked.has("silent")) to.hang();
        to.begin();
        to.chunk("{\"half\":");
        if (asked.has("stall")) to.hang();
        to.cut();
    });
    Client client(server.url());
    CHECK(contains(client.get("/silent", 200ms).error, "within 200 ms"));
    CHECK(contains(client.get("/stall", 200ms).error, "within 200 ms"));
    const HttpResponse cut = client.get("/cut");
    CHECK(cut.status == 200);
    CHECK_FALSE(cut.error.empty());
    CHECK_FALSE(cut.good());
    Client nobody("https://127.0.0.1:1");
    const HttpResponse refused = nobody.get();
    CHECK(refused.status == 0);
    CHECK(contains(refused.error, "refused"));
    CHECK(client.until([&] { return client.made->in_flight() == 0; }));
}

TEST_CASE("RestTransport: a cancelled request calls nothing, and neither does one whose transport is gone") {
    ScriptedServer server(localhost(), [](const Asked&, Connection& to) {
        to.begin();
        to.chunk("x");
        to.hang();
    });
    Client client(server.url());
    bool begun = false, ended = false;
    const auto start = [&] {
        begun = false;
        return client.transport().start(
            {Method::get, "/x", "", "", 10s},
            [&](std::string_view bytes) { return begun = begun || !bytes.empty(), true; },
            [&](const HttpResponse&) { ended = true; });
    };
    const RequestId id = start();
    CHECK(client.until([&] { return begun; }));
    client.transport().cancel(id);
    client.transport().cancel(id);
    CHECK(client.until([&] { return client.made->in_flight() == 0; }));
    start();
    CHECK(client.until([&] { return begun; }));
    const auto before = std::chrono::steady_clock::now();
    client.made.reset();
    CHECK(std::chrono::steady_clock::now() - before < 1s);
    client.io.restart();
    client.io.run_for(50ms);
    CHECK_FALSE(ended);
}

TEST_CASE("RestTransport: only the given authority is trusted, and the error says what is wrong") {
    SUBCASE("unknown authority") {
        ScriptedServer server(Authority("other").issue("server", {"IP:127.0.0.1"}), hello);
        const HttpResponse response = Client(server.url()).get();
        CHECK(response.status == 0);
        CHECK(contains(response.error, "unable to get local issuer certificate"));
    }
    SUBCASE("wrong host") {
        ScriptedServer server(authority().issue("server", {"IP:10.96.0.1,DNS:kubernetes"}), hello);
        const std::string error = Client(server.url()).get().error;
        CHECK(contains(error, "for kubernetes") + contains(error, "for 10.96.0.1, kubernetes") > 0);
    }
    SUBCASE("expired") {
        ScriptedServer server(authority().issue("server", {"IP:127.0.0.1", -1}), hello);
        CHECK(contains(Client(server.url()).get().error, "certificate has expired"));
    }
    SUBCASE("an authority file that is not there, or is none") {
        ScriptedServer server(localhost(), hello);
        test::TempDir dir;
        Client client(server.url());
        client.access.certificate_authority = {"", dir / "ca.crt"};
        CHECK(contains(client.get().error, "ca.crt: No such file"));
        test::write_file(dir / "ca.crt", "nonsense");
        CHECK(contains(client.get().error, "ca.crt: no PEM"));
        test::write_file(dir / "ca.crt", authority().certificate());
        CHECK(client.get().body == "hello");
    }
}

TEST_CASE("RestTransport: tls-server-name is compared in the place of the host") {
    ScriptedServer server(authority().issue("server", {"DNS:kube.test"}), hello);
    Client client(server.url());
    client.access.tls_server_name = "kube.test";
    CHECK(client.get().body == "hello");
}

TEST_CASE("RestTransport: an IPv6 literal works, and its certificate is checked") {
    ScriptedServer::Options options;
    options.address = "::1";
    SUBCASE("right") {
        ScriptedServer server(localhost(), hello, options);
        const HttpResponse response = Client(server.url()).get();
        CHECK(response.error == "");
        CHECK(response.body == "hello");
    }
    SUBCASE("wrong") {
        ScriptedServer server(authority().issue("server", {"IP:::2"}), hello, options);
        CHECK(contains(Client(server.url()).get().error, "::2"));
    }
}

TEST_CASE("RestTransport: shows its client certificate, and says so when it was refused") {
    ScriptedServer::Options options;
    options.client_authority = authority().certificate();
    ScriptedServer server(localhost(), hello, options);
    Client client(server.url());
    const HttpResponse without = client.get();
    CHECK(without.status == 0);
    CHECK_FALSE(without.error.empty());
    Client with(server.url());
    const test::Identity me = authority().issue("me");
    with.access.client_certificate.text = me.certificate;
    with.access.client_key.text = me.key;
    CHECK(with.get().body == "hello");
}

TEST_CASE("RestTransport: the token file is read for each request; one with a line break in it is not sent") {
    ScriptedServer server(localhost(), hello);
    test::TempDir dir;
    Client client(server.url());
    client.access.token.file = dir / "token";
    CHECK(contains(client.get().error, "token: "));
    for (const char* token : {"one", "two\n"}) {
        test::write_file(dir / "token", token);
        CHECK(client.get().body == "hello");
    }
    test::write_file(dir / "token", "three\r\nX-Evil: 1");
    CHECK(contains(client.get().error, "characters of no token"));
    const auto asked = server.asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].headers.at("authorization") == "Bearer one");
    CHECK(asked[1].headers.at("authorization") == "Bearer two");
}

TEST_CASE("RestTransport: redirects are not followed, and large answers are not kept") {
    ScriptedServer other(localhost(), hello);
    ScriptedServer server(localhost(), [&](const Asked& asked, Connection& to) {
        if (asked.has("moved")) return to.answer(302, "", "Location: " + other.url() + "/x\r\n");
        to.answer(asked.has("error") ? 500 : 200, std::string(100'000, 'x'));
    });
    Client client(server.url());
    client.limits.most_body = 50'000;
    CHECK(client.get("/moved").status == 302);
    CHECK(other.asked().empty());
    CHECK(contains(client.get("/large").error, "more than 50000"));
    const HttpResponse error = client.get("/error");
    CHECK(error.status == 500);
    CHECK(error.body.size() == 64u << 10);
}

TEST_CASE("RestTransport: many at once end on the loop") {
    ScriptedServer server(localhost(), hello);
    Client client(server.url());
    int good = 0;
    for (int i = 0; i < 100; ++i) {
        client.transport().start({Method::get, "/x", "", "", 10s}, nullptr,
                                 [&](const HttpResponse& response) { good += response.body == "hello"; });
    }
    CHECK(client.until([&] { return good == 100; }));
}

TEST_CASE("RestTransport: a URL that is none is an error value") {
    boost::asio::io_context io;
    for (const char* url : {"", "ftp://x", "https://", "not a url", "10.0.0.1:6443"}) {
        ClusterAccess access;
        access.server = url;
        CHECK_FALSE(RestTransport::make(io, access));
    }
}
