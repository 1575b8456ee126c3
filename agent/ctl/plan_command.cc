#include "agent/ctl/plan_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/ctl/complaint.h"
#include "agent/ctl/plan_files.h"
#include "agent/show/plan.h"
#include "agent/show/plan_diff.h"
#include "agent/show/plan_input.h"
#include "k8s/yaml.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

std::string printed(const json& value, Output output) {
    if (output == Output::yaml) return k8s::to_yaml(value);
    return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::string, Error> ask_for(const PlanArguments& arguments, const Ask& ask, const std::string& words) {
    auto reply = ask(arguments.socket, "-o json " + words);
    if (!reply) return Unexpected{reply.error()};
    if (!reply->ok) return Unexpected{Error{reply->text}};
    return std::move(reply->text);
}

Result<PlanInput, Error> input_of_files(const PlanArguments& arguments,
                                        const std::vector<std::string>& paths) {
    PlanInput out;
    out.api_group = arguments.api_group;
    out.options.env = arguments.env;
    for (const auto& path : paths) {
        auto objects = read_objects(path);
        if (!objects) return Unexpected{objects.error()};
        std::ranges::move(*objects, std::back_inserter(out.objects));
    }
    if (!arguments.endpoint_status.empty()) {
        auto workloads = read_endpoint_status(arguments.endpoint_status);
        if (!workloads) return Unexpected{workloads.error()};
        out.workloads = *std::move(workloads);
    }
    return out;
}

// The node that is meant: the one that is named, or the only one.
Result<std::string, Error> chosen_node(const PlanArguments& arguments, const PlanInput& input) {
    if (!arguments.node.empty()) return arguments.node;
    if (!input.options.node.empty()) return input.options.node;
    const auto names = node_names(input);
    if (names.size() == 1) return names.front();
    return Unexpected{Error{"--node NAME is needed: there are " + std::to_string(names.size()) + " nodes"}};
}

PlannedNode planned(PlanInput input, const std::string& node) {
    input.options.node = node;
    return plan_node(input);
}

CtlOutcome print_plan(const PlanArguments& arguments, const Ask& ask) {
    if (arguments.inputs.empty()) {
        const auto text = ask_for(arguments, ask, "plan");
        if (!text) return complaint(kRefused, text.error().message);
        const json value = json::parse(*text, nullptr, false);
        if (value.is_discarded()) return complaint(kRefused, "the agent's answer is no JSON");
        if (!arguments.node.empty() && value.value("node", "") != arguments.node) {
            return complaint(kUsage, "the agent runs node " + value.value("node", "") + ", not " +
                                         arguments.node + "; give --input for another one");
        }
        return {0, printed(value, arguments.output), ""};
    }
    const auto input = input_of_files(arguments, arguments.inputs);
    if (!input) return complaint(kRefused, input.error().message);
    const auto node = chosen_node(arguments, *input);
    if (!node) return complaint(kUsage, node.error().message);
    const PlannedNode plan = planned(*input, *node);
    return {0, printed(plan_json(plan.cluster, plan.desired), arguments.output), ""};
}

Result<PlanInput, Error> side(const PlanArguments& arguments, const std::string& which, const Ask& ask) {
    if (which != kRunningAgent) {
        auto input = input_of_files(arguments, {which});
        if (input) hide_secrets(*input);  // as those of the agent are, so that they can be compared
        return input;
    }
    const auto text = ask_for(arguments, ask, "plan input");
    if (!text) return Unexpected{text.error()};
    auto input = plan_input_from(json::parse(*text, nullptr, false));
    if (!input) return Unexpected{Error{"the agent's answer is not the input of a plan"}};
    return *std::move(input);
}

// Both sides are asked about in the same surroundings: those of the agent, if one of them is the agent.
void share_surroundings(PlanInput& before, PlanInput& after) {
    const bool first = !before.options.node.empty();
    const PlanInput& known = first ? before : after;
    PlanInput& other = first ? after : before;
    if (known.options.node.empty()) return;
    other.options = known.options;
    other.workloads = known.workloads;
    other.machine_addresses = known.machine_addresses;
    if (!other.api_group) other.api_group = known.api_group;
}

CtlOutcome print_diff(const PlanArguments& arguments, const Ask& ask) {
    auto before = side(arguments, arguments.diff->first, ask);
    if (!before) return complaint(kRefused, before.error().message);
    auto after = side(arguments, arguments.diff->second, ask);
    if (!after) return complaint(kRefused, after.error().message);
    share_surroundings(*before, *after);
    std::set<std::string> nodes;
    if (arguments.all_nodes) {
        for (const PlanInput* each : {&*before, &*after}) {
            for (auto& name : node_names(*each)) nodes.insert(std::move(name));
        }
    } else {
        const auto node = chosen_node(arguments, *after);
        if (!node) return complaint(kUsage, node.error().message);
        nodes.insert(*node);
    }
    std::vector<PlanDiff> diffs;
    for (const auto& node : nodes) {
        diffs.push_back(plan_diff(planned(*before, node).desired, planned(*after, node).desired));
    }
    if (arguments.output == Output::table) return {0, diff_text(diffs), ""};
    json out = json::array();
    for (const PlanDiff& each : diffs) out.push_back(to_json(each));
    return {0, printed(out, arguments.output), ""};
}

}  // namespace

CtlOutcome run_plan(const PlanArguments& arguments, const Ask& ask) {
    return arguments.diff ? print_diff(arguments, ask) : print_plan(arguments, ask);
}

}  // namespace dunlin::agent
