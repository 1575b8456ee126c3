// A node that runs dunlind and its router that runs BIRD 2, each in a namespace of its own; what the cases of
// this folder share. What counts is BIRD's view.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/session_line.h"
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

inline std::string peer_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

inline std::string pool_yaml(const std::string& name, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: " + name + "}\nspec: {" + rest + "}\n";
}

inline std::string kernel_routes(const NetNs& netns) {
    return netns.ip({"route", "show", "table", "main"}) + netns.ip({"-6", "route", "show", "table", "main"});
}

// Without what the kernel adds by itself, and when it likes: link-local subnets come with the end of
// duplicate address detection.
inline std::string routes_of_agents(const NetNs& netns) {
    std::istringstream lines(kernel_routes(netns));
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("proto kernel") == std::string::npos) out += line + "\n";
    }
    return out;
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
