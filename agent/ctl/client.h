// The other end of the agent's control socket: connects, sends one line, reads one reply. Blocks, but not for
// ever.
#pragma once

#include <string>

#include "agent/show/command.h"
#include "bgp/base/result.h"
#include "bgp/base/time.h"

namespace dunlin::agent {

inline constexpr std::size_t kMaxReply = std::size_t{1} << 30;

// The error is one line that says what to do.
Result<Reply, Error> ask_agent(const std::string& socket_path, const std::string& line,
                               Duration patience = Seconds(60));

}  // namespace dunlin::agent
