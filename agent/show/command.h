// What dunlinctl asks of the agent, and how it travels: the words of a line, parsed by the agent; the reply
// is "ok LENGTH" or "error LENGTH", a line end and so many octets, so that half a reply is known as such. The
// words are those of birdc. Pure; shared by the agent and dunlinctl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bgp/base/prefix.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

struct ShowStatus {};
struct ShowProtocols {
    std::optional<std::string> name;
    bool all = false;
};
struct ShowRoute {
    std::optional<Prefix> prefix;          // this one
    std::optional<IpAddress> for_address;  // the longest that holds it; both empty: all
    bool all = false, count = false;
    bool filtered = false;                // in the place of the table: what import filters keep out of it
    std::optional<std::string> protocol;  // paths learned by it
    std::optional<std::string> exported;  // what it is told
    std::optional<std::string> table;     // "master4", "master6"
};
struct ShowNeighbors {};
struct ShowNodeStatus {};  // "status": the object that the API server gets
struct ShowPlan {          // "plan": what the agent has worked out; "plan input": of what
    bool input = false;
};
enum class Act : std::uint8_t { enable, disable, restart, refresh_in, refresh_out };
struct ActOn {
    Act act = Act::enable;
    std::string name;  // of the protocol, or "all"
};
using Command =
    std::variant<ShowStatus, ShowProtocols, ShowRoute, ShowNeighbors, ShowNodeStatus, ShowPlan, ActOn>;

// The error names the word that is not understood and what could stand there.
Result<Command, Error> parse_command(const std::vector<std::string>& words);

struct Request {
    Command command;
    bool json = false;
};
inline constexpr std::size_t kMaxRequest = 4096;

// "-o json show route all", without the line end.
std::string request_line(const std::vector<std::string>& words, bool json);
Result<Request, Error> parse_request(std::string_view line);

struct Reply {
    bool ok = true;
    std::string text;
};
std::string encode_reply(const Reply& reply);
// Nothing: broken off, or not a reply.
std::optional<Reply> decode_reply(std::string_view bytes);

}  // namespace dunlin::agent
