#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <fstream>

#include "agent/control_socket.h"
#include "agent/http_endpoint.h"
#include "agent/request_server.h"

using namespace dunlin;
using namespace dunlin::agent;
using Local = boost::asio::local::stream_protocol;
using boost::asio::ip::tcp;

namespace {

struct Folder {
    std::string path;
    Folder() {
        char name[] = "/tmp/dunlin-test-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() {
        unlink((path + "/ctl").c_str());
        rmdir(path.c_str());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

// Runs the loop until the condition holds, five seconds at most.
template <class Condition>
bool wait(boost::asio::io_context& io, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition() && std::chrono::steady_clock::now() < end) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(50));
    }
    return condition();
}

// Sends, then reads until the other side closes.
template <class Socket>
std::string exchange(boost::asio::io_context& io, Socket& socket, const std::string& request) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(request), ignored);
    socket.non_blocking(true);
    std::string reply;
    bool closed = false;
    CHECK(wait(io, [&] {
        char chunk[4096];
        boost::system::error_code failed;
        const std::size_t count = socket.read_some(boost::asio::buffer(chunk), failed);
        reply.append(chunk, count);
        closed = failed && failed != boost::asio::error::would_block;
        return closed;
    }));
    return reply;
}

std::string ask(boost::asio::io_context& io, const std::string& path, const std::string& line) {
    Local::socket socket(io);
    socket.connect(Local::endpoint(path));
    return exchange(io, socket, line);
}
std::string get(boost::asio::io_context& io, std::uint16_t port, const std::string& request) {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    return exchange(io, socket, request);
}

ControlSocket::Answer echo_kind() {
    return [](const Request& request) { return Reply{true, request.json ? "{}\n" : "table\n"}; };
}

}  // namespace

TEST_CASE("Control socket: a line in, a framed reply out; what is not understood is an error reply") {
    const Folder folder;
    boost::asio::io_context io;
    const auto socket = ControlSocket::open(io, folder.path + "/ctl", echo_kind());
    REQUIRE(socket.has_value());
    CHECK(ask(io, folder.path + "/ctl", "show status\n") == "ok 6\ntable\n");
    CHECK(ask(io, folder.path + "/ctl", "-o json show status\n") == "ok 3\n{}\n");
    CHECK(ask(io, folder.path + "/ctl", "dance\n").starts_with("error "));
}

TEST_CASE("Control socket: a request without an end is cut off, and the next one is served") {
    const Folder folder;
    boost::asio::io_context io;
    const auto socket = ControlSocket::open(io, folder.path + "/ctl", echo_kind());
    REQUIRE(socket.has_value());
    CHECK(ask(io, folder.path + "/ctl", std::string(2 * kMaxRequest, 'x')).empty());
    CHECK(ask(io, folder.path + "/ctl", "show status\n") == "ok 6\ntable\n");
}

TEST_CASE("Control socket: for owner and group only, and gone with its object") {
    const Folder folder;
    const std::string path = folder.path + "/ctl";
    boost::asio::io_context io;
    struct stat found {};
    {
        const auto socket = ControlSocket::open(io, path, echo_kind());
        REQUIRE(socket.has_value());
        REQUIRE(stat(path.c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0660);
    }
    CHECK(stat(path.c_str(), &found) != 0);
}

TEST_CASE("Control socket: a living agent is not pushed aside, a dead one is") {
    const Folder folder;
    const std::string path = folder.path + "/ctl";
    boost::asio::io_context io;
    {
        Local::acceptor left_behind(io, Local::endpoint(path));  // closing does not remove the file
    }
    const auto first = ControlSocket::open(io, path, echo_kind());
    REQUIRE_MESSAGE(first.has_value(), (first ? std::string() : first.error().message));
    const auto second = ControlSocket::open(io, path, echo_kind());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find("another agent") != std::string::npos);
}

TEST_CASE("Control socket: a file, a long path and a folder that cannot be made are refused") {
    const Folder folder;
    const std::string path = folder.path + "/ctl";
    boost::asio::io_context io;
    std::ofstream(path) << "precious";
    CHECK(ControlSocket::open(io, path, echo_kind()).error().message.find("no socket") != std::string::npos);
    CHECK(ControlSocket::open(io, path + "/below/ctl", echo_kind()).error().message.find("folder") !=
          std::string::npos);
    CHECK_FALSE(ControlSocket::open(io, std::string(200, 'x'), echo_kind()).has_value());
    std::string kept;
    std::ifstream(path) >> kept;
    CHECK(kept == "precious");
}

TEST_CASE("HTTP: GET, HEAD, other methods, and what is no request") {
    const HttpEndpoint::Answer answer = [](std::string_view path) {
        return path == "/healthz" ? HttpReply{200, "ok\n"} : HttpReply{404, "no such page\n"};
    };
    CHECK(http_response("GET /healthz?verbose=1 HTTP/1.1\r\nHost: x\r\n\r\n", answer) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nConnection: "
          "close\r\n"
          "\r\nok\n");
    CHECK(http_response("HEAD /healthz HTTP/1.1\r\n\r\n", answer).ends_with("\r\n\r\n"));
    CHECK(http_response("GET /nothing HTTP/1.0\r\n\r\n", answer).starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(http_response("POST /healthz HTTP/1.1\r\n\r\n", answer).starts_with("HTTP/1.1 405 "));
    for (const char* bad :
         {"", "\r\n\r\n", "GET /\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET / SPDY/3\r\n\r\n"}) {
        CAPTURE(bad);
        CHECK(http_response(bad, answer).starts_with("HTTP/1.1 400 "));
    }
}

TEST_CASE("HTTP: serves over a socket, cuts off what is too long, and says when the port is taken") {
    boost::asio::io_context io;
    const IpAddress loopback = IpAddress::v4(0x7f000001);
    const auto answer = [](std::string_view path) { return HttpReply{200, std::string(path)}; };
    const auto endpoint = HttpEndpoint::open(io, loopback, 0, answer);
    REQUIRE(endpoint.has_value());
    const std::uint16_t port = (*endpoint)->port();
    CHECK(get(io, port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n/metrics"));
    CHECK(get(io, port, "GET /" + std::string(20'000, 'x')).empty());
    const auto second = HttpEndpoint::open(io, loopback, port, answer);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find("--http-listen") != std::string::npos);
}

TEST_CASE("RequestServer: more connections than allowed are closed, silent ones after their time") {
    boost::asio::io_context io;
    tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    const tcp::endpoint where = acceptor.local_endpoint();
    const ServerLimits limits{.connections = 1, .read = std::chrono::seconds(1)};
    RequestServer<tcp> server(std::move(acceptor), "\n", limits, [](std::string_view) { return "hello"; });
    tcp::socket silent(io);
    silent.connect(where);
    tcp::socket refused(io);
    refused.connect(where);
    CHECK(exchange(io, refused, "").empty());
    CHECK(exchange(io, silent, "").empty());
    tcp::socket served(io);
    served.connect(where);
    CHECK(exchange(io, served, "\n") == "hello");
}
