// dunlinctl: the command line of the agent.
#include <cstdio>

#include "agent/ctl/client.h"
#include "agent/ctl/ctl.h"
#include "agent/ctl/plan_command.h"

namespace {

using namespace dunlin::agent;

dunlin::Result<Reply, dunlin::Error> ask(const std::string& socket, const std::string& line) {
    return ask_agent(socket, line);
}

template <class Arguments, class Run>
CtlOutcome run(const std::variant<Arguments, CtlOutcome>& parsed, Run command) {
    const auto* arguments = std::get_if<Arguments>(&parsed);
    return arguments == nullptr ? std::get<CtlOutcome>(parsed) : command(*arguments, ask);
}

}  // namespace

int main(int argc, char** argv) {
    const CtlOutcome outcome =
        is_plan(argc, argv) ? run(parse_plan(argc, argv), run_plan) : run(parse_ctl(argc, argv), run_ctl);
    std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
    std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
    return outcome.code;
}
