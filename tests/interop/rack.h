// A node that runs dunlind and its router that runs BIRD 2, each in a namespace of its own; what the cases of
// this folder share. What counts is BIRD's view.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>

#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/wait.h"

namespace dunlin::test {

using std::chrono::seconds;

inline bool skipped() {
    std::optional<std::string> why = Bird::unavailable();
    if (!why) why = Agent::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

// A node and its router on one link: 192.0.2.11 and .1, 2001:db8:2::11 and ::1.
struct Rack {
    Rack() {
        NetNs::clear_stale();
        router.link({"rack", {"192.0.2.1/24", "2001:db8:2::1/64"}}, node,
                    {"eth0", {"192.0.2.11/24", "2001:db8:2::11/64"}});
    }
    NetNs router{"tor"}, node{"n1"};
};

inline constexpr const char* kNode =
    "dunlin.io/ipv4-address: 192.0.2.11/24, dunlin.io/ipv6-address: 2001:db8:2::11/64, "
    "dunlin.io/as-number: '64513'";

struct RouterOptions {
    std::string local_as = "64512";
    std::string extra = {};       // in the template
    std::string attributes = {};  // statements of the IPv4 export filter
};

inline std::string router_config(const RouterOptions& options = {}) {
    return "router id 192.0.2.1;\n"
           "protocol device {}\n"
           "protocol static s4 { ipv4; route 198.51.100.0/24 blackhole; }\n"
           "protocol static s6 { ipv6; route 2001:db8:ffff::/48 blackhole; }\n"
           "filter out4 { if source = RTS_STATIC then { " +
           options.attributes +
           " accept; } reject; }\n"
           "template bgp node { local as " +
           options.local_as + "; connect delay time 1; connect retry time 2; error wait time 1, 2; " +
           options.extra +
           " }\n"
           "protocol bgp n4 from node { neighbor 192.0.2.11 as 64513; ipv4 { import all; export filter out4; "
           "}; }\n"
           "protocol bgp n6 from node { neighbor 2001:db8:2::11 as 64513; ipv6 { import all; export where "
           "source = RTS_STATIC; }; }\n";
}

// BIRD's line about a session, with the time since when it is so: equal means that it was not reset. BIRD
// works the time out anew for each answer and is off by a millisecond now and then; a session that falls is
// away for a second at least.
struct SessionLine {
    std::string text;   // without the time
    long since_ms = 0;  // of the day
    friend bool operator==(const SessionLine& a, const SessionLine& b) {
        return a.text == b.text && std::abs(a.since_ms - b.since_ms) < 100;
    }
    friend std::ostream& operator<<(std::ostream& out, const SessionLine& line) {
        return out << line.text << " since " << line.since_ms;
    }
};
inline SessionLine session_line(const Bird& router, const std::string& protocol) {
    SessionLine out;
    out.text = router.birdc("show protocols " + protocol);
    const std::size_t dot = out.text.find('.', out.text.find(protocol));
    int hrs = 0, mins = 0, secs = 0, millis = 0;
    if (dot == std::string::npos || dot < 8 ||
        std::sscanf(out.text.c_str() + dot - 8, "%d:%d:%d.%d", &hrs, &mins, &secs, &millis) != 4)
        return out;
    out.since_ms = ((hrs * 60L + mins) * 60 + secs) * 1000 + millis;
    out.text.erase(dot - 8, 12);
    return out;
}

inline std::string peer_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

inline std::string pool_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

inline std::string kernel_routes(const NetNs& netns) {
    return netns.ip({"route", "show", "table", "main"}) + netns.ip({"-6", "route", "show", "table", "main"});
}

inline bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

// The one block that the node has claimed of a family.
inline std::string block_of(const Agent& agent, const std::string& pool) {
    std::string found;
    wait_until(seconds(60), [&] {
        const nlohmann::json status = agent.json({"status"});
        for (const auto& block : status["status"]["blocks"]) {
            if (block["pool"] == pool && block["inKernel"] == true) found = block["cidr"];
        }
        return !found.empty();
    });
    return found;
}

}  // namespace dunlin::test
