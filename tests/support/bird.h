// Debian's BIRD 2 as the neighbour of a test: runs in a namespace from the text of a configuration, with a
// directory and a control socket of its own, and says by birdc what it sees. Tests assert on that view, not
// on ours.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dunlin::test {

struct BirdPrograms {
    std::string bird = "/usr/sbin/bird", birdc = "/usr/sbin/birdc";
};

class Bird {
public:
    // BIRD 1.6 and BIRD 3 beside Debian 12's BIRD 2: in the folders that DUNLIN_BIRD1 and DUNLIN_BIRD3 name.
    // Nothing: it is not there.
    static std::optional<BirdPrograms> version1();
    static std::optional<BirdPrograms> version3();
    // Why it cannot run on this machine; nothing if it can.
    static std::optional<std::string> unavailable();

    // `config` is what bird.conf(5) says, without the line about the log. The namespace must outlive the
    // object. Returns once birdc gets an answer. Throws std::runtime_error with what BIRD said about the
    // configuration.
    Bird(const NetNs& netns, const std::string& config, BirdPrograms programs = {});

    // The output of a command without the line of greeting, such as "show route all".
    std::string birdc(const std::string& command) const;
    // Another configuration, taken by `configure`: sessions that need not go stay. Throws if BIRD refuses it.
    void configure(const std::string& config);

    // "up", "start", "down" ... and what stands behind it: the columns of `show protocols`. Empty if there is
    // none.
    std::string protocol_state(const std::string& protocol) const;
    bool established(const std::string& protocol) const;
    bool wait_established(const std::string& protocol,
                          std::chrono::milliseconds limit = std::chrono::seconds(30)) const;
    bool wait_not_established(const std::string& protocol,
                              std::chrono::milliseconds limit = std::chrono::seconds(30)) const;
    // `show route PREFIX all`: exactly that prefix; empty if it has no route.
    std::string route(const std::string& prefix) const;
    bool wait_route(const std::string& prefix,
                    std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
    bool wait_no_route(const std::string& prefix,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
    // Waits until the output of a command has these words in it.
    bool wait_for(const std::string& command, const std::string& words,
                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

    void stop() { process_.terminate(); }  // sends Cease to its neighbours
    void kill() { process_.kill(); }       // TCP just closes
    void start();                          // after one of these, with the same configuration
    void signal(int number) const { process_.signal(number); }
    pid_t pid() const { return process_.pid(); }
    std::string log() const { return read_file(dir_ / "bird.log") + process_.output(); }

private:
    void write_config(const std::string& config) const;

    const NetNs& netns_;
    BirdPrograms programs_;
    TempDir dir_;
    Process process_;
};

}  // namespace dunlin::test
