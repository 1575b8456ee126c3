#include "agent/http_endpoint.h"

#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "agent/request_server.h"

namespace dunlin::agent {
namespace {

using boost::asio::ip::tcp;

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

std::string response(const HttpReply& reply, bool with_body) {
    std::string out =
        "HTTP/1.1 " + std::to_string(reply.status) + " " + std::string(reason_phrase(reply.status));
    out += "\r\nContent-Type: " + reply.content_type;
    out += "\r\nContent-Length: " + std::to_string(reply.body.size());
    if (reply.status == 405) out += "\r\nAllow: GET, HEAD";
    out += "\r\nConnection: close\r\n\r\n";
    return with_body ? out + reply.body : out;
}

tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
    const std::string text = address.to_string();
    boost::system::error_code ignored;  // our own text is always good
    return {boost::asio::ip::make_address(text, ignored), port};
}

boost::system::error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    boost::system::error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(32, failed);
    return failed;
}

}  // namespace

std::string http_response(std::string_view head, const HttpEndpoint::Answer& answer) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1.")) {
        return response({400, "not a request\n"}, true);
    }
    const std::string_view method = line.substr(0, first);
    std::string_view path = line.substr(first + 1, last - first - 1);
    path = path.substr(0, path.find('?'));
    if (!path.starts_with('/')) return response({400, "not a path\n"}, true);
    if (method != "GET" && method != "HEAD") return response({405, "GET and HEAD only\n"}, true);
    return response(answer(path), method == "GET");
}

struct HttpEndpoint::Server {
    Server(tcp::acceptor acceptor, Answer answer)
        : port(acceptor.local_endpoint().port()),
          server(
              std::move(acceptor), "\r\n\r\n", ServerLimits{},
              [answer = std::move(answer)](std::string_view head) { return http_response(head, answer); }) {}
    std::uint16_t port;
    RequestServer<tcp> server;
};

HttpEndpoint::HttpEndpoint(std::unique_ptr<Server> server) : server_(std::move(server)) {}
HttpEndpoint::~HttpEndpoint() = default;
std::uint16_t HttpEndpoint::port() const { return server_->port; }

Result<std::unique_ptr<HttpEndpoint>, Error> HttpEndpoint::open(boost::asio::io_context& io,
                                                                const IpAddress& address, std::uint16_t port,
                                                                Answer answer) {
    tcp::acceptor acceptor(io);
    if (const auto failed = listen(acceptor, endpoint_of(address, port))) {
        const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
        return Unexpected{Error{"cannot listen on " + host + ":" + std::to_string(port) + ": " +
                                failed.message() + "; give another address with --http-listen, or off"}};
    }
    auto server = std::make_unique<Server>(std::move(acceptor), std::move(answer));
    return std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(server)));
}

}  // namespace dunlin::agent
