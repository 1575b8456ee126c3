#include "agent/control_socket.h"

#include <utility>

#include "agent/local_socket.h"
#include "agent/request_server.h"

namespace dunlin::agent {
namespace {

using Local = boost::asio::local::stream_protocol;

std::string respond(const ControlSocket::Answer& answer, std::string_view line) {
    const auto request = parse_request(line);
    return encode_reply(request ? answer(*request) : Reply{false, request.error().message + "\n"});
}

}  // namespace

struct ControlSocket::Server {
    Server(LocalAcceptor acceptor, const std::string& path, Answer answer)
        : file(path),
          server(std::move(acceptor), "\n", ServerLimits{.connections = 16, .request = kMaxRequest},
                 [answer = std::move(answer)](std::string_view line) { return respond(answer, line); }) {}

    SocketFile file;
    RequestServer<Local> server;
};

ControlSocket::ControlSocket(std::unique_ptr<Server> server) : server_(std::move(server)) {}
ControlSocket::~ControlSocket() = default;

Result<std::unique_ptr<ControlSocket>, Error> ControlSocket::open(boost::asio::io_context& io,
                                                                  const std::string& path, Answer answer) {
    auto acceptor = listen_locally(io, {"control socket", "--control-socket", path});
    if (!acceptor) return Unexpected{acceptor.error()};
    auto server = std::make_unique<Server>(*std::move(acceptor), path, std::move(answer));
    return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(server)));
}

}  // namespace dunlin::agent
