// /metrics, /healthz, /readyz over HTTP/1.1, one request a connection: GET and HEAD, no body, no TLS (it
// listens on loopback unless told otherwise). What a path says is the caller's. RFC 9112 as far as that needs
// it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bgp/base/ip_address.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

struct HttpReply {
    int status = 200;
    std::string body;
    std::string content_type = "text/plain; charset=utf-8";
};

class HttpEndpoint {
public:
    using Answer = std::function<HttpReply(std::string_view path)>;  // without the query

    // Port 0: any free one, for tests. An error says what to do.
    static Result<std::unique_ptr<HttpEndpoint>, Error> open(boost::asio::io_context& io,
                                                             const IpAddress& address, std::uint16_t port,
                                                             Answer answer);
    ~HttpEndpoint();
    HttpEndpoint(const HttpEndpoint&) = delete;
    HttpEndpoint& operator=(const HttpEndpoint&) = delete;
    std::uint16_t port() const;

private:
    struct Server;
    explicit HttpEndpoint(std::unique_ptr<Server> server);
    std::unique_ptr<Server> server_;
};

// Pure: the whole response to a request whose head is `head`.
std::string http_response(std::string_view head, const HttpEndpoint::Answer& answer);

}  // namespace dunlin::agent
