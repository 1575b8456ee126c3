#include "agent/options.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace dunlin;
using namespace dunlin::agent;

namespace {

auto parse(std::vector<const char*> words) {
    words.insert(words.begin(), "dunlind");
    return parse_options(static_cast<int>(words.size()), words.data());
}

DaemonOptions good(std::vector<const char*> words) {
    const auto result = parse(std::move(words));
    REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().message));
    REQUIRE(std::holds_alternative<DaemonOptions>(*result));
    return std::get<DaemonOptions>(*result);
}

std::string refusal(std::vector<const char*> words) {
    const auto result = parse(std::move(words));
    REQUIRE_FALSE(result.has_value());
    return result.error().message;
}

struct Variable {  // set while it lives
    const char* name;
    Variable(const char* n, const char* value) : name(n) { setenv(n, value, 1); }
    ~Variable() { unsetenv(name); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
};

}  // namespace

TEST_CASE("Options: the defaults are those of the documentation") {
    const Variable node("NODE_NAME", "node-1");
    const DaemonOptions o = good({});
    CHECK(o.node_name == "node-1");
    CHECK(o.kernel);
    CHECK(o.kernel_table == 254);
    CHECK(o.route_protocol == 178);
    CHECK(o.control_socket == "/run/dunlin/dunlin.ctl");
    CHECK(o.http_listen == HttpListen{});
    CHECK(o.state_dir == "/var/lib/dunlin");
    CHECK(o.log_level == LogLevel::info);
    CHECK(o.desired_options().source() == BlockSource::pool);
}

TEST_CASE("Options: NODENAME stands in for NODE_NAME, and the flag beats both") {
    const Variable second("NODENAME", "second");
    CHECK(good({}).node_name == "second");
    const Variable first("NODE_NAME", "first");
    CHECK(good({}).node_name == "first");
    CHECK(good({"--node-name", "flag"}).node_name == "flag");
}

TEST_CASE("Options: without any of them the host name is the node") {
    CHECK_FALSE(good({}).node_name.empty());
}

TEST_CASE("Options: every flag is an environment variable, too, and the flag wins") {
    const Variable table("DUNLIN_KERNEL_TABLE", "100");
    CHECK(good({"--node-name", "n"}).kernel_table == 100);
    CHECK(good({"--node-name", "n", "--kernel-table", "7"}).kernel_table == 7);
}

TEST_CASE("Options: with a Calico group our routes bear BIRD's number and blocks are only read") {
    const DaemonOptions o = good({"--node-name", "n", "--api-group", "crd.projectcalico.org"});
    CHECK(o.route_protocol == 12);
    CHECK(o.desired_options().source() == BlockSource::affinity);
    CHECK(good({"--node-name=n", "--api-group=projectcalico.org", "--route-protocol=99"}).route_protocol ==
          99);
}

TEST_CASE("Options: an unknown flag is one line that says what to do") {
    CHECK(refusal({"--node-name", "n", "--frobnicate"}) ==
          "--frobnicate: no such flag; dunlind --help shows all");
}

TEST_CASE("Options: a bad value is refused with the flag's name") {
    CHECK(refusal({"--kernel", "maybe"}).find("--kernel") != std::string::npos);
    CHECK(refusal({"--route-protocol", "2"}).find("--route-protocol") != std::string::npos);
    CHECK(refusal({"--kernel-table", "0"}).find("--kernel-table") != std::string::npos);
    CHECK(refusal({"--node-name", "no such name"}).find("--node-name") != std::string::npos);
    CHECK(refusal({"--node-name", "n", "--http-listen", "nine"}).find("127.0.0.1:9478") != std::string::npos);
    CHECK(refusal({"--resources", "d", "--kubeconfig", "f"}).find('\n') == std::string::npos);
}

TEST_CASE("Options: help and version are texts, not errors") {
    for (const char* flag : {"--help", "--version"}) {
        const auto result = parse({flag});
        REQUIRE(result.has_value());
        CHECK(std::holds_alternative<OptionsText>(*result));
    }
}

TEST_CASE("Options: the address to listen on") {
    CHECK(parse_listen("0.0.0.0:80") == HttpListen{IpAddress::v4(0), 80});
    CHECK(parse_listen("[::1]:9478") == HttpListen{*IpAddress::parse("::1"), 9478});
    for (const char* bad : {"", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "::1:80",
                            "[1.2.3.4]:80", "1.2.3.4:80x", "host:80"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_listen(bad));
    }
    CHECK_FALSE(good({"--node-name", "n", "--http-listen", "off"}).http_listen);
}
