#include "tests/support/bird.h"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/support/wait.h"

namespace dunlin::test {

namespace {

constexpr std::chrono::seconds kStartLimit(10);

// In the folder that a variable of the environment names.
std::optional<BirdPrograms> programs_in(const char* variable) {
    const char* folder = std::getenv(variable);
    if (folder == nullptr) return std::nullopt;
    BirdPrograms out{std::string(folder) + "/bird", std::string(folder) + "/birdc"};
    if (!have_program(out.bird) || !have_program(out.birdc)) return std::nullopt;
    return out;
}

}  // namespace

std::optional<BirdPrograms> Bird::version1() { return programs_in("DUNLIN_BIRD1"); }
std::optional<BirdPrograms> Bird::version3() { return programs_in("DUNLIN_BIRD3"); }

std::optional<std::string> Bird::unavailable() {
    const BirdPrograms programs;
    if (!have_program(programs.bird) || !have_program(programs.birdc))
        return "no BIRD: install Debian's bird2";
    if (!NetNs::available()) return "no network namespaces: needs root and CAP_SYS_ADMIN";
    return std::nullopt;
}

Bird::Bird(const NetNs& netns, const std::string& config, BirdPrograms programs)
    : netns_(netns), programs_(std::move(programs)) {
    write_config(config);
    const Completed parsed = run({programs_.bird, "-p", "-c", dir_ / "bird.conf"});
    if (!parsed.ok()) throw std::runtime_error("BIRD refuses its configuration: " + parsed.err + parsed.out);
    start();
}

void Bird::write_config(const std::string& config) const {
    // Words of `configure` are read by number of line too: the log shares the first line with the test's
    // text.
    write_file(dir_ / "bird.conf", "log \"" + (dir_ / "bird.log") + "\" all; " + config);
}

void Bird::start() {
    Process::Options options;
    options.log = dir_ / "bird.out";
    process_ =
        netns_.spawn({programs_.bird, "-f", "-c", dir_ / "bird.conf", "-s", dir_ / "bird.ctl"}, options);
    const bool answers =
        wait_until(kStartLimit, [&] { return !process_.running() || !birdc("show status").empty(); });
    if (!answers || !process_.running()) throw std::runtime_error("BIRD does not start: " + log());
}

std::string Bird::birdc(const std::string& command) const {
    Argv argv{programs_.birdc, "-s", dir_ / "bird.ctl"};
    std::istringstream words(command);
    for (std::string word; words >> word;) argv.push_back(word);
    const Completed done = run(argv);
    const std::size_t greeting = done.out.find('\n');
    // "Network not found" is an answer too, though birdc then exits with 1.
    if (!done.out.starts_with("BIRD ") || greeting == std::string::npos) return {};
    return done.out.substr(greeting + 1);
}

void Bird::configure(const std::string& config) {
    write_config(config);
    const std::string answer = birdc("configure");
    if (answer.find("Reconfigur") == std::string::npos)
        throw std::runtime_error("BIRD refuses its configuration: " + answer);
}

std::string Bird::protocol_state(const std::string& protocol) const {
    std::istringstream lines(birdc("show protocols " + protocol));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream columns(line);
        std::string name, kind, table, state;
        columns >> name >> kind >> table >> state;
        if (name != protocol) continue;
        std::string rest;
        std::getline(columns, rest);
        return state + rest;
    }
    return {};
}

bool Bird::established(const std::string& protocol) const {
    return protocol_state(protocol).find("Established") != std::string::npos;
}

bool Bird::wait_established(const std::string& protocol, std::chrono::milliseconds limit) const {
    return wait_until(limit, [&] { return established(protocol); });
}

bool Bird::wait_not_established(const std::string& protocol, std::chrono::milliseconds limit) const {
    return wait_until(limit, [&] {
        const std::string state = protocol_state(protocol);
        return !state.empty() && state.find("Established") == std::string::npos;
    });
}

std::string Bird::route(const std::string& prefix) const {
    std::string text = birdc("show route " + prefix + " all");
    return text.find(prefix) == std::string::npos ? std::string() : text;
}

bool Bird::wait_route(const std::string& prefix, std::chrono::milliseconds limit) const {
    return wait_until(limit, [&] { return !route(prefix).empty(); });
}

bool Bird::wait_no_route(const std::string& prefix, std::chrono::milliseconds limit) const {
    // Without an answer it is not known what BIRD has.
    return wait_until(limit, [&] {
        const std::string text = birdc("show route " + prefix + " all");
        return !text.empty() && text.find(prefix) == std::string::npos;
    });
}

bool Bird::wait_for(const std::string& command, const std::string& words,
                    std::chrono::milliseconds limit) const {
    return wait_until(limit, [&] { return birdc(command).find(words) != std::string::npos; });
}

}  // namespace dunlin::test
