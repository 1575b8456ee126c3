// A local stream socket to listen on: the folder is made if there is none, what a dead process left behind is
// removed, and nothing else. The file goes with the object.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

#include "bgp/base/result.h"

namespace dunlin::agent {

struct LocalSocketName {
    std::string what;  // "control socket", for errors
    std::string flag;  // with which another place is given
    std::string path;
};

using LocalAcceptor = boost::asio::local::stream_protocol::acceptor;

// Owner and group may use it (0660): a user may see and change sessions with it. An error says what to do.
Result<LocalAcceptor, Error> listen_locally(boost::asio::io_context& io, const LocalSocketName& name);

// Removes the file when it ends, unless another process has put its own there.
class SocketFile {
public:
    explicit SocketFile(std::string path);
    ~SocketFile();
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;

private:
    std::string path_;
    ino_t inode_ = 0;
};

}  // namespace dunlin::agent
