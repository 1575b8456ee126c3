// Reads all that the kernel has, in slices: links, addresses, the routes of one table. Interrupted parts are
// begun again, a few times. Nothing may be sent and no event applied meanwhile (route_table.h).
#pragma once

#include <map>
#include <set>
#include <string>

#include "netlink/route_table.h"
#include "netlink/socket.h"

namespace dunlin::netlink {

class FullDump {
public:
    enum class State : std::uint8_t { running, done, failed };

    FullDump(RequestSocket& socket, RouteTable& routes, std::uint32_t table)
        : socket_(socket), routes_(routes), table_(table) {}

    void begin();
    State step();

    // Valid once done.
    std::map<unsigned, Link>& links() { return links_; }
    std::set<LinkAddress>& addresses() { return addresses_; }
    // Some part changed under every reading: what we know is near the truth, and events do the rest.
    bool inexact() const { return inexact_; }
    const std::string& error() const { return error_; }

private:
    enum class Part : std::uint8_t { links, addresses, ipv4_routes, ipv6_routes };

    bool begin_part();
    void end_part();
    void take(Event&& event);
    State fail(const std::string& why);

    RequestSocket& socket_;
    RouteTable& routes_;
    std::uint32_t table_;
    Part part_ = Part::links;
    bool asked_ = false, inexact_ = false;
    unsigned attempts_ = 0;
    std::string error_;
    std::map<unsigned, Link> links_;
    std::set<LinkAddress> addresses_;
};

}  // namespace dunlin::netlink
