// A rack of nodes whose router also holds the control plane, each in a namespace of its own.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/cluster.h"
#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/session_line.h"
#include "tests/support/wait.h"

namespace dunlin::test {

using std::chrono::seconds;

inline bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

inline bool agents_skipped() {
    if (skipped()) return true;
    std::optional<std::string> why = Bird::unavailable();
    if (!why) why = Agent::unavailable();
    if (why) MESSAGE("SKIPPED: " << *why);
    return why.has_value();
}

// The control plane and the router are on 192.0.2.1, the nodes n1, n2, n3 on .11, .12, .13.
struct Rack {
    static constexpr int kNodes = 3;

    Rack() {
        NetNs::clear_stale();
        tor.add_bridge({"rack", {"192.0.2.1/24"}});
        for (int i = 0; i < kNodes; ++i) {
            nodes.push_back(std::make_unique<NetNs>(name(i)));
            tor.plug("rack", "to-" + name(i), *nodes.back(), {"eth0", {address(i) + "/24"}});
        }
    }
    static std::string name(int i) { return "n" + std::to_string(i + 1); }
    static std::string address(int i) { return "192.0.2.1" + std::to_string(i + 1); }

    NetNs tor{"tor"};
    std::vector<std::unique_ptr<NetNs>> nodes;
};

}  // namespace dunlin::test
