#include "agent/ctl/plan_arguments.h"

#include <CLI/CLI.hpp>
#include <set>
#include <string_view>

#include "agent/ctl/complaint.h"

namespace dunlin::agent {
namespace {

struct Raw {
    std::string output = "table", group;
    std::vector<std::string> env, diff;
    std::string verb;
};

void add_options(CLI::App& app, Raw& raw, PlanArguments& out) {
    app.add_option("plan", raw.verb)->required()->group("");
    app.add_option("-s,--socket", out.socket, "control socket of the agent")
        ->envname("DUNLIN_CONTROL_SOCKET")
        ->capture_default_str();
    app.add_option("-o,--output", raw.output, "how to print; a plan is JSON unless YAML is asked for")
        ->check(CLI::IsMember(std::vector<std::string>{"table", "json", "yaml"}))
        ->capture_default_str();
    app.add_option("--node", out.node, "name of the node");
    app.add_option("--input", out.inputs, "file or directory of objects, YAML or JSON; may be given again");
    app.add_option("--api-group", raw.group, "of the routing objects; left out: as the objects say")
        ->check(CLI::IsMember(
            std::vector<std::string>{"dunlin.io", "projectcalico.org", "crd.projectcalico.org"}));
    app.add_option("--env", raw.env, "NAME=VALUE of the agent's environment; may be given again");
    app.add_option("--endpoint-status", out.endpoint_status,
                   "endpoint status of Felix: a file or a directory");
    app.add_option("--diff", raw.diff,
                   "BEFORE AFTER: each a file, a directory, or \"agent\" for the running one")
        ->expected(2);
    app.add_flag("--all-nodes", out.all_nodes, "with --diff: every node of the two");
}

std::string check(const Raw& raw, const PlanArguments& out) {
    if (out.diff && !out.inputs.empty()) return "--diff names its two sets itself: leave --input out";
    if (out.all_nodes && !out.diff) return "--all-nodes goes with --diff";
    if (out.all_nodes && !out.node.empty()) return "--all-nodes and --node exclude each other";
    for (const auto& each : raw.env) {
        const auto equals = each.find('=');
        if (equals == std::string::npos || equals == 0) return "--env " + each + ": is not NAME=VALUE";
    }
    return "";
}

}  // namespace

bool is_plan(int argc, const char* const* argv) {
    const std::set<std::string_view> with_value{"-s", "--socket", "-o", "--output"};
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (with_value.contains(word)) {
            ++i;
        } else if (!word.starts_with('-')) {
            return word == "plan";
        }
    }
    return false;
}

std::variant<PlanArguments, CtlOutcome> parse_plan(int argc, const char* const* argv) {
    CLI::App app("What a node would run, of a set of objects or as the running agent has it.",
                 "dunlinctl plan");
    PlanArguments out;
    out.socket = CtlArguments().socket;
    Raw raw;
    add_options(app, raw, out);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return CtlOutcome{0, app.help(), ""};
    } catch (const CLI::ParseError& error) {
        return complaint(kUsage, one_line(error.what()) + "; dunlinctl plan --help says more");
    }
    if (!raw.diff.empty()) out.diff = {raw.diff[0], raw.diff[1]};
    if (const std::string wrong = check(raw, out); !wrong.empty()) return complaint(kUsage, wrong);
    for (const auto& each : raw.env) {
        const auto equals = each.find('=');
        out.env[each.substr(0, equals)] = each.substr(equals + 1);
    }
    if (!raw.group.empty()) out.api_group = api_group(raw.group);
    out.output = output_of(raw.output);
    return out;
}

}  // namespace dunlin::agent
