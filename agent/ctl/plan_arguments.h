// The arguments of `dunlinctl plan`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/node.h"
#include "agent/ctl/ctl.h"

namespace dunlin::agent {

inline constexpr const char* kRunningAgent = "agent";  // in place of a set of files

struct PlanArguments {
    std::string socket;
    Output output = Output::table;           // of a plan: JSON
    std::string node;                        // empty: the only one there is, or that of the agent
    std::vector<std::string> inputs;         // files and directories; empty: the running agent
    std::optional<ApiGroup> api_group;       // nothing: that of the objects
    std::map<std::string, std::string> env;  // as the agent would find it
    std::string endpoint_status;             // file or directory; empty: none
    std::optional<std::pair<std::string, std::string>>
        diff;  // before and after: a file, a directory, "agent"
    bool all_nodes = false;
};

// True: the first word is "plan", which takes flags of its own.
bool is_plan(int argc, const char* const* argv);
// An outcome stands for --help and what is wrong with the flags.
std::variant<PlanArguments, CtlOutcome> parse_plan(int argc, const char* const* argv);

}  // namespace dunlin::agent
