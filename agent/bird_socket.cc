#include "agent/bird_socket.h"

#include <utility>

#include "agent/local_socket.h"
#include "agent/request_server.h"
#include "agent/show/bird.h"

namespace dunlin::agent {
namespace {

using Local = boost::asio::local::stream_protocol;

constexpr std::chrono::hours kIdle{1};

}  // namespace

struct BirdSocket::Server {
    Server(LocalAcceptor acceptor, const std::string& path, Answer answer)
        : file(path),
          server(std::move(acceptor), "\n",
                 ServerLimits{.connections = 16,
                              .request = 1024,
                              .read = kIdle,
                              .keep_open = true,
                              .greeting = kBirdGreeting},
                 std::move(answer)) {}

    SocketFile file;
    RequestServer<Local> server;
};

BirdSocket::BirdSocket(std::unique_ptr<Server> server) : server_(std::move(server)) {}
BirdSocket::~BirdSocket() = default;

Result<std::unique_ptr<BirdSocket>, Error> BirdSocket::open(boost::asio::io_context& io,
                                                            const std::string& path, const std::string& flag,
                                                            Answer answer) {
    auto acceptor = listen_locally(io, {"BIRD socket", flag, path});
    if (!acceptor) return Unexpected{acceptor.error()};
    auto server = std::make_unique<Server>(*std::move(acceptor), path, std::move(answer));
    return std::unique_ptr<BirdSocket>(new BirdSocket(std::move(server)));
}

}  // namespace dunlin::agent
