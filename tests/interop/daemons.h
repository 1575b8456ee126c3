// The other implementations as the router of a Rack: each with its own configuration, read through its own
// command line. All are at 192.0.2.1 and 2001:db8:2::1, have the node (AS 64513) as neighbour over both
// addresses, one family each, and announce kTheirs4, kMoreOfTheirs4 and kTheirs6.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/netns.h"

namespace dunlin::test {

inline constexpr const char* kTheirs4 = "198.51.100.0/24";
inline constexpr const char* kMoreOfTheirs4 = "203.0.113.0/24";
inline constexpr const char* kTheirs6 = "2001:db8:ffff::/48";

class Daemon {
public:
    virtual ~Daemon() = default;
    virtual bool established(bool ipv6) const = 0;
    // What it says of a route that it has, with the attributes; empty: it has none.
    virtual std::string route(const std::string& prefix) const = 0;
    // It has said that it no longer has the route.
    virtual bool lost(const std::string& prefix) const { return route(prefix).empty(); }
    // What it says of the IPv4 session and of how the last one ended.
    virtual std::string account() const = 0;
    // Asks for all IPv4 routes again (RFC 2918).
    virtual void ask_again() const = 0;
    // Ends the IPv4 session with Cease/Administrative Shutdown and this text (RFC 9003).
    virtual void shut_down(const std::string& text) const = 0;
    virtual std::string log() const = 0;
    virtual void signal(int number) const = 0;
    virtual void kill() = 0;   // at once, with all that belongs to it
    virtual void start() = 0;  // again
};

struct DaemonOptions {
    std::string password = {};  // TCP MD5; empty: none
    bool gtsm = false;          // RFC 5082, one hop
    std::string as = "64512";
    bool add_path = false;          // both ways, where it can
    bool graceful_restart = false;  // RFC 4724
};

// Parts of rows that some cannot do.
enum class Feature {
    asks_again,          // sends ROUTE-REFRESH
    answers,             // ROUTE-REFRESH
    keeps,               // routes of a neighbour that restarts
    restarts,            // says that its own routes are to be kept
    shutdown_text_sent,  // RFC 9003
    shutdown_text_shown,
};

struct DaemonKind {
    std::string name;
    std::optional<std::string> (*unavailable)();
    std::unique_ptr<Daemon> (*start)(const NetNs&, const DaemonOptions&);
    std::string (*version)();
    std::map<Feature, std::string> lacks;  // why
};
const std::vector<DaemonKind>& daemon_kinds();

}  // namespace dunlin::test
