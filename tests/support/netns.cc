#include "tests/support/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dunlin::test {

namespace {

const std::string kPrefix = "dunlin-";

void remove_namespace(const std::string& name) {
    std::istringstream pids(run({"ip", "netns", "pids", name}).out);
    for (pid_t pid = 0; pids >> pid;)
        if (pid > 1) kill(pid, SIGKILL);
    run({"ip", "netns", "delete", name});
}

// The pid in "dunlin-<pid>-<name>", 0 if it is not one of ours.
pid_t owner(const std::string& name) {
    if (!name.starts_with(kPrefix)) return 0;
    pid_t pid = 0;
    const char* const begin = name.data() + kPrefix.size();
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), pid);
    return error == std::errc() && end != name.data() + name.size() && *end == '-' ? pid : 0;
}

}  // namespace

bool NetNs::available() {
    static const bool works = [] {
        if (geteuid() != 0) return false;
        const std::string name = kPrefix + std::to_string(getpid()) + "-available";
        const bool made = run({"ip", "netns", "add", name}).ok();
        const bool enters = made && run({"ip", "netns", "exec", name, "true"}).ok();
        if (made) remove_namespace(name);
        return enters;
    }();
    return works;
}

void NetNs::clear_stale() {
    std::istringstream lines(run({"ip", "netns", "list"}).out);
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(0, line.find(' '));
        const pid_t pid = owner(name);
        if (pid > 0 && !std::filesystem::exists("/proc/" + std::to_string(pid))) remove_namespace(name);
    }
}

NetNs::NetNs(const std::string& name) : name_(kPrefix + std::to_string(getpid()) + "-" + name) {
    check_run({"ip", "netns", "add", name_});
    ip({"link", "set", "lo", "up"});
}

NetNs::~NetNs() { remove_namespace(name_); }

Argv NetNs::inside(const Argv& argv) const {
    Argv words{"ip", "netns", "exec", name_};
    words.insert(words.end(), argv.begin(), argv.end());
    return words;
}

Completed NetNs::exec(const Argv& argv, const RunOptions& options) const {
    return run(inside(argv), options);
}

Process NetNs::spawn(const Argv& argv, const Process::Options& options) const {
    if (argv.empty() || !have_program(argv[0])) throw std::runtime_error("no such program: " + to_text(argv));
    return Process(inside(argv), options);
}

std::string NetNs::ip(const Argv& words) const {
    Argv argv{"ip", "-n", name_};
    argv.insert(argv.end(), words.begin(), words.end());
    return check_run(argv);
}

void NetNs::link(const LinkEnd& here, const NetNs& other, const LinkEnd& there) const {
    ip({"link", "add", here.interface, "type", "veth", "peer", "name", there.interface, "netns",
        other.name()});
    for (const std::string& address : here.addresses) add_address(here.interface, address);
    for (const std::string& address : there.addresses) other.add_address(there.interface, address);
    ip({"link", "set", here.interface, "up"});
    other.ip({"link", "set", there.interface, "up"});
}

void NetNs::add_bridge(const LinkEnd& bridge) const {
    ip({"link", "add", bridge.interface, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"});
    for (const std::string& address : bridge.addresses) add_address(bridge.interface, address);
    ip({"link", "set", bridge.interface, "up"});
}

void NetNs::plug(const std::string& bridge, const std::string& port, const NetNs& other,
                 const LinkEnd& there) const {
    link({port, {}}, other, there);
    ip({"link", "set", port, "master", bridge});
}

void NetNs::add_address(const std::string& interface, const std::string& address) const {
    Argv words{"address", "add", address, "dev", interface};
    // RFC 4862 5.4: duplicate address detection would keep the address unusable for a second or two.
    if (address.find(':') != std::string::npos) words.emplace_back("nodad");
    ip(words);
}

void NetNs::set_sysctl(const std::string& path, const std::string& value) const {
    const Inside inside_it(name_);
    std::ofstream file("/proc/sys/" + path);
    file << value << std::flush;
    if (!file) throw std::runtime_error("cannot set /proc/sys/" + path);
}

NetNs::Inside::Inside(const std::string& name)
    : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    const int target = open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = target >= 0 && home_ >= 0 && setns(target, CLONE_NEWNET) == 0;
    if (target >= 0) close(target);
    if (entered) return;
    if (home_ >= 0) close(home_);
    throw std::runtime_error("cannot enter network namespace " + name);
}

NetNs::Inside::~Inside() {
    setns(home_, CLONE_NEWNET);
    close(home_);
}

}  // namespace dunlin::test
