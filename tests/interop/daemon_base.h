// What the drivers of the other implementations have in common: a directory, one process, waiting for an
// answer of its command line.
#pragma once

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "tests/interop/daemons.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace dunlin::test {

inline bool contains(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}
inline bool is_ipv6(const std::string& prefix) { return contains(prefix, ":"); }
inline std::string node_address(bool ipv6) { return ipv6 ? "2001:db8:2::11" : "192.0.2.11"; }
inline std::string router_address(bool ipv6) { return ipv6 ? "2001:db8:2::1" : "192.0.2.1"; }
inline std::vector<std::string> prefixes_of(bool ipv6) {
    return ipv6 ? std::vector<std::string>{kTheirs6} : std::vector<std::string>{kTheirs4, kMoreOfTheirs4};
}

class DaemonBase : public Daemon {
public:
    explicit DaemonBase(const NetNs& netns) : netns_(netns) {}
    std::string log() const override { return read_file(dir_ / "daemon.log"); }
    void signal(int number) const override { process_.signal(number); }
    void kill() override { process_.kill(); }
    void start() override {
        Process::Options options;
        options.log = dir_ / "daemon.log";
        options.env = env_;
        process_ = netns_.spawn(argv_, options);
        const bool answers = wait_until(std::chrono::seconds(30),
                                        [&] { return !process_.running() || netns_.exec(probe_).ok(); });
        if (!answers || !process_.running())
            throw std::runtime_error(argv_.front() + " does not start: " + log());
    }

protected:
    void start(const Argv& argv, const Argv& probe, const std::vector<std::string>& env = {}) {
        argv_ = argv;
        probe_ = probe;
        env_ = env;
        DaemonBase::start();
    }
    std::string ask(const Argv& argv) const { return netns_.exec(argv).out; }
    // A command that has to succeed.
    void tell(const Argv& argv) const {
        const Completed done = netns_.exec(argv);
        if (!done.ok()) throw std::runtime_error(argv.front() + ": " + done.err + done.out);
    }

    const NetNs& netns_;
    TempDir dir_;
    Process process_;

private:
    Argv argv_, probe_;
    std::vector<std::string> env_;
};

DaemonKind frr_kind();
DaemonKind gobgp_kind();
DaemonKind openbgpd_kind();
DaemonKind exabgp_kind();
DaemonKind bird_kind();   // 2
DaemonKind bird3_kind();  // where DUNLIN_BIRD3 says

// Why a program cannot run here; nothing if it can.
std::optional<std::string> why_not(const std::string& program, const char* package);
// Of a package of Debian.
std::string package_version(const char* package);

template <class D>
std::unique_ptr<Daemon> make_daemon(const NetNs& netns, const DaemonOptions& options) {
    return std::make_unique<D>(netns, options);
}

}  // namespace dunlin::test
