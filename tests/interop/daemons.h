// The other implementations as the router of a Rack: each with its own configuration, read through its own
// command line. All are AS 64512 at 192.0.2.1 and 2001:db8:2::1, have the node (AS 64513) as neighbour over
// both addresses, one family each, and announce kTheirs4 and kTheirs6.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/netns.h"

namespace dunlin::test {

inline constexpr const char* kTheirs4 = "198.51.100.0/24";
inline constexpr const char* kTheirs6 = "2001:db8:ffff::/48";

class Daemon {
public:
    virtual ~Daemon() = default;
    virtual bool established(bool ipv6) const = 0;
    // What it says of a route that it has, with the attributes; empty: it has none.
    virtual std::string route(const std::string& prefix) const = 0;
    // It has said that it no longer has the route.
    virtual bool lost(const std::string& prefix) const { return route(prefix).empty(); }
    virtual std::string log() const = 0;
    virtual void signal(int number) const = 0;
};

struct DaemonOptions {
    std::string password = {};  // TCP MD5; empty: none
    bool gtsm = false;          // RFC 5082, one hop
};

struct DaemonKind {
    std::string name;
    std::optional<std::string> (*unavailable)();
    std::unique_ptr<Daemon> (*start)(const NetNs&, const DaemonOptions&);
    std::string (*version)();
};
const std::vector<DaemonKind>& daemon_kinds();

}  // namespace dunlin::test
