// The agent's end of dunlinctl: a local stream socket, one line a request, one reply, then it closes. It
// parses the words and frames the reply (agent/show/command.h); what to say is the caller's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agent/show/command.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

class ControlSocket {
public:
    using Answer = std::function<Reply(const Request&)>;

    // Makes the folder if there is none, and takes the place of a socket that nobody listens on. The file can
    // be used by owner and group (0660). An error says what to do. The file goes when the object does.
    static Result<std::unique_ptr<ControlSocket>, Error> open(boost::asio::io_context& io,
                                                              const std::string& path, Answer answer);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

private:
    struct Server;
    explicit ControlSocket(std::unique_ptr<Server> server);
    std::unique_ptr<Server> server_;
};

}  // namespace dunlin::agent
