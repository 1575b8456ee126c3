// Processes of the tests: one that runs beside the test and dies with it, and one that is run to its end.
// Both are killed by pid and every wait has a limit. Not for the product.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dunlin::test {

using Argv = std::vector<std::string>;

// A process that runs while the object lives. Output goes to a file: no pipe to fill up.
class Process {
public:
    struct Options {
        std::vector<std::string> env;  // "NAME=value", on top of the environment of the test
        std::filesystem::path log;     // stdout and stderr, appended; /dev/null if empty
        std::filesystem::path cwd;     // as the test if empty
    };

    Process() = default;  // nothing runs
    // Throws std::runtime_error if there is no such program.
    explicit Process(const Argv& argv) : Process(argv, Options()) {}
    Process(const Argv& argv, const Options& options);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number) const;  // nothing if it has ended
    // The exit code, or 128 + the signal that ended it; nothing if it still runs after the limit.
    std::optional<int> wait(std::chrono::milliseconds limit);
    // SIGTERM, after the limit SIGKILL. Returns as wait().
    std::optional<int> terminate(std::chrono::milliseconds limit = std::chrono::seconds(10));
    // SIGKILL, as `kill -9` or the kernel's out-of-memory killer does it.
    void kill();
    // All that it has written so far.
    std::string output() const;

private:
    pid_t pid_ = -1;
    std::optional<int> status_;
    std::filesystem::path log_;
};

// What a command that ran to its end has left.
struct Completed {
    int exit_code =
        -1;  // 128 + signal if killed, 124 if it took longer than its limit (as timeout(1)), 127 if not found
    std::string out;
    std::string err;

    bool ok() const { return exit_code == 0; }
};

struct RunOptions {
    std::string input;             // its stdin
    std::vector<std::string> env;  // as Process::Options
    std::chrono::milliseconds limit = std::chrono::seconds(30);
};

// Runs a command to its end. Never throws for what the command does.
Completed run(const Argv& argv, const RunOptions& options = {});
// The same for a command that has to succeed: its stdout. Throws std::runtime_error with command and stderr.
std::string check_run(const Argv& argv, const RunOptions& options = {});

// Is there such a program on the PATH (or at that path)?
bool have_program(const std::string& name);
// As one would type it in a shell; for messages.
std::string to_text(const Argv& argv);

}  // namespace dunlin::test
