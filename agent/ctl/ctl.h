// dunlinctl without main: its arguments, and what it prints for them. The words are those of birdc; they are
// checked here, so that a wrong one needs no agent. Exit codes: 0 done, 1 the agent refused or is not there,
// 2 usage.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "agent/show/command.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

enum class Output : std::uint8_t { table, json, yaml };

struct CtlArguments {
    std::string socket = "/run/dunlin/dunlin.ctl";
    Output output = Output::table;
    std::vector<std::string> words;
};

struct CtlOutcome {
    int code = 0;
    std::string out, err;  // for standard output and standard error
};

// An outcome stands for --help, --version and what is wrong with the flags.
std::variant<CtlArguments, CtlOutcome> parse_ctl(int argc, const char* const* argv);

using Ask = std::function<Result<Reply, Error>(const std::string& socket, const std::string& line)>;
CtlOutcome run_ctl(const CtlArguments& arguments, const Ask& ask);

}  // namespace dunlin::agent
