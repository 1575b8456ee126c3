#include "agent/ctl/ctl.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "agent/ctl/client.h"

using namespace dunlin;
using namespace dunlin::agent;

namespace {

CtlOutcome run(std::vector<std::string> words, Output output, Reply reply, std::string* sent = nullptr) {
    return run_ctl({"/nowhere", output, std::move(words)}, [&](const std::string&, const std::string& line) {
        if (sent != nullptr) *sent = line;
        return Result<Reply, Error>(reply);
    });
}

auto parse(std::vector<const char*> words) {
    words.insert(words.begin(), "dunlinctl");
    return parse_ctl(static_cast<int>(words.size()), words.data());
}

// A socket with an agent behind it that answers one request with these bytes.
class FakeAgent {
public:
    explicit FakeAgent(std::string bytes) {
        char name[] = "/tmp/dunlin-ctl-XXXXXX";
        folder_ = mkdtemp(name);
        path_ = folder_ + "/ctl";
        fd_ = socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, path_.size());
        REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(listen(fd_, 1) == 0);
        thread_ = std::thread([this, bytes = std::move(bytes)] { serve(bytes); });
    }
    ~FakeAgent() {
        thread_.join();
        close(fd_);
        unlink(path_.c_str());
        rmdir(folder_.c_str());
    }
    FakeAgent(const FakeAgent&) = delete;
    FakeAgent& operator=(const FakeAgent&) = delete;
    const std::string& path() const { return path_; }

private:
    void serve(const std::string& bytes) const {
        const int client = accept(fd_, nullptr, nullptr);
        char chunk[256];
        [[maybe_unused]] const auto got = recv(client, chunk, sizeof chunk, 0);
        [[maybe_unused]] const auto put = send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        close(client);
    }
    std::string folder_, path_;
    int fd_ = -1;
    std::thread thread_;
};

}  // namespace

TEST_CASE("dunlinctl: words go to the agent as they are, its text comes out as it is") {
    std::string sent;
    const CtlOutcome outcome = run({"show", "protocols", "all"}, Output::table, {true, "Name\n"}, &sent);
    CHECK(outcome.code == 0);
    CHECK(outcome.out == "Name\n");
    CHECK(sent == "show protocols all");
}

TEST_CASE("dunlinctl: JSON is asked for, YAML is made of it, an object has no table") {
    std::string sent;
    CHECK(run({"show", "status"}, Output::json, {true, "{\"a\":1}"}, &sent).out == "{\"a\":1}");
    CHECK(sent == "-o json show status");
    CHECK(run({"show", "status"}, Output::yaml, {true, "{\"a\":1}"}).out == "a: 1\n");
    CHECK(run({"status"}, Output::table, {true, "{\"a\":1}"}, &sent).out == "a: 1\n");
    CHECK(sent == "-o json status");
    CHECK(run({"status"}, Output::yaml, {true, "{"}).code == 1);
}

TEST_CASE("dunlinctl: exit code 1 when the agent refuses, 2 when the words are wrong") {
    const CtlOutcome refused = run({"restart", "nobody"}, Output::table, {false, "no protocol nobody\n"});
    CHECK(refused.code == 1);
    CHECK(refused.err == "dunlinctl: no protocol nobody\n");
    CHECK(refused.out.empty());
    const CtlOutcome wrong = run({"dance"}, Output::table, {true, ""});
    CHECK(wrong.code == 2);
    CHECK(wrong.err ==
          "dunlinctl: \"dance\" is not known here; could be: show, status, plan, enable, disable, restart, "
          "refresh\n");
}

TEST_CASE("dunlinctl: flags before and after the words") {
    const auto parsed = parse({"-s", "/x", "show", "route", "10.0.0.0/8", "-o", "json"});
    REQUIRE(std::holds_alternative<CtlArguments>(parsed));
    const auto& arguments = std::get<CtlArguments>(parsed);
    CHECK(arguments.socket == "/x");
    CHECK(arguments.output == Output::json);
    CHECK(arguments.words == std::vector<std::string>{"show", "route", "10.0.0.0/8"});
}

TEST_CASE("dunlinctl: a wrong flag, a wrong format and no words are one line and exit code 2") {
    for (const auto& words : std::vector<std::vector<const char*>>{
             {"--frobnicate", "show", "status"}, {"-o", "xml", "show", "status"}, {}}) {
        const auto parsed = parse(words);
        REQUIRE(std::holds_alternative<CtlOutcome>(parsed));
        const auto& outcome = std::get<CtlOutcome>(parsed);
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find('\n') == outcome.err.size() - 1);
    }
    CHECK(std::get<CtlOutcome>(parse({"--help"})).code == 0);
    CHECK(std::get<CtlOutcome>(parse({"--version"})).out.starts_with("dunlinctl "));
}

TEST_CASE("Client: a reply, an error reply, and one that breaks off") {
    {
        const FakeAgent agent("ok 6\ntable\n");
        const auto reply = ask_agent(agent.path(), "show status", Seconds(5));
        REQUIRE(reply.has_value());
        CHECK(reply->text == "table\n");
    }
    {
        const FakeAgent agent("error 3\nno\n");
        CHECK_FALSE(ask_agent(agent.path(), "x", Seconds(5))->ok);
    }
    const FakeAgent agent("ok 60\ntab");
    const auto reply = ask_agent(agent.path(), "x", Seconds(5));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().message.find("broke off") != std::string::npos);
}

TEST_CASE("Client: without an agent one line says what to do") {
    const auto reply = ask_agent("/nonexistent/dunlin.ctl", "show status", Seconds(5));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().message ==
          "cannot reach the agent at /nonexistent/dunlin.ctl: No such file or directory; start dunlind, or "
          "name its "
          "socket with -s");
}
