#include "agent/ctl/ctl.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/ctl/complaint.h"
#include "k8s/yaml.h"

namespace dunlin::agent {
namespace {

constexpr const char* kWords =
    "Words:\n"
    "  show status\n"
    "  show protocols [all] [NAME]\n"
    "  show route [PREFIX | for ADDRESS] [protocol NAME | export NAME | filtered] "
    "[table master4|master6] [all] [count]\n"
    "  show neighbors\n"
    "  enable|disable|restart NAME\n"
    "  refresh in|out NAME\n"
    "  status    the object that the API server gets\n"
    "  plan      what a node would run; see dunlinctl plan --help\n";

CtlOutcome as_yaml(const std::string& text) {
    const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) return complaint(kRefused, "the agent's answer is no JSON");
    return {0, k8s::to_yaml(value), ""};
}

}  // namespace

std::variant<CtlArguments, CtlOutcome> parse_ctl(int argc, const char* const* argv) {
    CLI::App app("Asks the BGP agent of this node.", "dunlinctl");
    CtlArguments out;
    std::string output = "table";
    app.add_option("-s,--socket", out.socket, "control socket of the agent")
        ->envname("DUNLIN_CONTROL_SOCKET")
        ->capture_default_str();
    app.add_option("-o,--output", output, "how to print")
        ->check(CLI::IsMember(std::vector<std::string>{"table", "json", "yaml"}))
        ->capture_default_str();
    app.add_option("words", out.words, "what to do")->required();
    app.set_version_flag("--version", "dunlinctl " DUNLIN_VERSION);
    app.footer(kWords);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return CtlOutcome{0, app.help(), ""};
    } catch (const CLI::CallForVersion&) {
        return CtlOutcome{0, "dunlinctl " DUNLIN_VERSION "\n", ""};
    } catch (const CLI::ParseError& error) {
        return complaint(kUsage, one_line(error.what()) + "; dunlinctl --help says more");
    }
    out.output = output_of(output);
    return out;
}

CtlOutcome run_ctl(const CtlArguments& arguments, const Ask& ask) {
    const auto command = parse_command(arguments.words);
    if (!command) return complaint(kUsage, command.error().message);
    // An object has no table.
    const bool object = std::holds_alternative<ShowNodeStatus>(*command);
    const Output output = object && arguments.output == Output::table ? Output::yaml : arguments.output;
    const auto reply = ask(arguments.socket, request_line(arguments.words, output != Output::table));
    if (!reply) return complaint(kRefused, reply.error().message);
    if (!reply->ok) return complaint(kRefused, reply->text);
    if (output == Output::yaml) return as_yaml(reply->text);
    return {0, reply->text, ""};
}

}  // namespace dunlin::agent
