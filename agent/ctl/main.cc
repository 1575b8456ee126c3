// dunlinctl: the command line of the agent.
#include <cstdio>

#include "agent/ctl/client.h"
#include "agent/ctl/ctl.h"

int main(int argc, char** argv) {
    using namespace dunlin::agent;
    const auto parsed = parse_ctl(argc, argv);
    const auto* arguments = std::get_if<CtlArguments>(&parsed);
    const CtlOutcome outcome =
        arguments == nullptr ? std::get<CtlOutcome>(parsed)
                             : run_ctl(*arguments, [](const std::string& socket, const std::string& line) {
                                   return ask_agent(socket, line);
                               });
    std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
    std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
    return outcome.code;
}
