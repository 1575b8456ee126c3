// Transport by cpprestsdk, HTTP/1.1 over TLS. Its pool (2 threads) only copies bytes and posts them to our
// loop. TLS 1.2 or newer; if a CA is given, that one alone is trusted. Redirects are not followed: they would
// carry the token to another host. Tokens and certificates are read anew for each request and connection.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "bgp/base/result.h"
#include "k8s/access.h"
#include "k8s/transport.h"

namespace dunlin::k8s {

struct RestLimits {
    std::size_t most_body = 64u << 20;     // of an answer that is not taken in pieces
    std::size_t most_pending = 64u << 20;  // received and not yet taken by the loop
    std::size_t most_error_body = 64u << 10;
    Duration shutdown = Seconds(2);  // how long the destructor waits for the library to let go
};

class RestTransport final : public Transport {
public:
    // The error says what is wrong with the URL. Files are not looked at yet.
    static Result<std::unique_ptr<RestTransport>, Error> make(boost::asio::io_context& io,
                                                              ClusterAccess access, RestLimits limits = {});
    ~RestTransport() override;

    RequestId start(HttpRequest request, OnChunk chunk, OnEnd end) override;
    void cancel(RequestId id) override;
    // Requests that the library has not let go of, cancelled ones too.
    std::size_t in_flight() const;

private:
    class Impl;
    explicit RestTransport(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace dunlin::k8s
