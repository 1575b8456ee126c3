// BIRD's control socket, for the tools that read it (calicoctl, birdc, bird_exporter): greets, and answers a
// line at a time for as long as the reader wants. What to say is agent/show/bird.h.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bgp/base/result.h"

namespace dunlin::agent {

class BirdSocket {
public:
    using Answer = std::function<std::string(std::string_view line)>;

    // `flag`: by which the place is given, for errors.
    static Result<std::unique_ptr<BirdSocket>, Error> open(boost::asio::io_context& io,
                                                           const std::string& path, const std::string& flag,
                                                           Answer answer);
    ~BirdSocket();
    BirdSocket(const BirdSocket&) = delete;
    BirdSocket& operator=(const BirdSocket&) = delete;

private:
    struct Server;
    explicit BirdSocket(std::unique_ptr<Server> server);
    std::unique_ptr<Server> server_;
};

}  // namespace dunlin::agent
