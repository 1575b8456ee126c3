// dunlind: the agent.
#include <cstdio>
#include <variant>

#include "agent/app/app.h"
#include "agent/options.h"

int main(int argc, char** argv) {
    using namespace dunlin::agent;
    const auto parsed = parse_options(argc, argv);
    if (!parsed) {
        std::fprintf(stderr, "dunlind: %s\n", parsed.error().message.c_str());
        return 1;
    }
    if (const auto* text = std::get_if<OptionsText>(&*parsed)) {
        std::fputs(text->text.c_str(), stdout);
        return 0;
    }
    const auto done = run_agent(std::get<DaemonOptions>(*parsed));
    if (!done) {
        std::fprintf(stderr, "dunlind: %s\n", done.error().message.c_str());
        return 1;
    }
    return 0;
}
