#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/support/temp_dir.h"

namespace dunlin::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kNotFound = 127;  // what a shell says
constexpr int kTooLong = 124;   // what timeout(1) says

// A file descriptor that closes itself.
class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() {
        if (fd_ >= 0) close(fd_);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

// Everything that the child needs, made before fork(): after it only async-signal-safe calls are allowed.
class Image {
public:
    Image(const Argv& argv, const std::vector<std::string>& extra_env, std::string cwd)
        : argv_(argv), cwd_(std::move(cwd)) {
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (!overridden(*entry, extra_env)) env_.emplace_back(*entry);
        env_.insert(env_.end(), extra_env.begin(), extra_env.end());
        for (std::string& word : argv_) argv_pointers_.push_back(word.data());
        for (std::string& entry : env_) env_pointers_.push_back(entry.data());
        argv_pointers_.push_back(nullptr);
        env_pointers_.push_back(nullptr);
    }

    [[noreturn]] void become(std::array<int, 3> stdio, pid_t parent) {
        for (int target = 0; target < 3; ++target) dup2(stdio[static_cast<std::size_t>(target)], target);
        syscall(SYS_close_range, 3U, ~0U, 0U);
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves nothing behind
        if (getppid() != parent) _exit(kNotFound);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        if (cwd_.empty() || chdir(cwd_.c_str()) == 0)
            execvpe(argv_pointers_[0], argv_pointers_.data(), env_pointers_.data());
        _exit(kNotFound);
    }

private:
    static bool overridden(std::string_view entry, const std::vector<std::string>& extra_env) {
        const std::string_view name = entry.substr(0, entry.find('=') + 1);
        for (const std::string& extra : extra_env)
            if (extra.starts_with(name)) return true;
        return false;
    }

    Argv argv_;
    std::vector<std::string> env_;
    std::string cwd_;
    std::vector<char*> argv_pointers_;
    std::vector<char*> env_pointers_;
};

pid_t start(Image& image, std::array<int, 3> stdio) {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) image.become(stdio, parent);
    if (child < 0) throw std::runtime_error("fork failed");
    return child;
}

int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Nothing if the child still runs after the limit; else it is reaped.
std::optional<int> reap(pid_t child, milliseconds limit) {
    const auto deadline = steady_clock::now() + limit;
    const Fd watched(static_cast<int>(syscall(SYS_pidfd_open, child, 0U)));
    while (true) {
        int status = 0;
        const pid_t done = waitpid(child, &status, WNOHANG);
        if (done == child) return exit_code(status);
        if (done < 0 && errno != EINTR) return kNotFound;
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
        if (left <= milliseconds(0)) return std::nullopt;
        pollfd entry{watched.get(), POLLIN, 0};
        poll(&entry, 1, static_cast<int>(left.count()));
    }
}

int memory_file(const char* name) {
    const int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) throw std::runtime_error("memfd_create failed");
    return fd;
}

std::string content(int fd) {
    std::string text;
    std::array<char, 65536> buffer;
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
}

void fill(int fd, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n <= 0) throw std::runtime_error("cannot keep the input of a command");
        done += static_cast<std::size_t>(n);
    }
    lseek(fd, 0, SEEK_SET);
}

}  // namespace

Process::Process(const Argv& argv, const Options& options) : log_(options.log) {
    if (argv.empty() || !have_program(argv[0])) throw std::runtime_error("no such program: " + to_text(argv));
    const std::string log = log_.empty() ? "/dev/null" : log_.string();
    const Fd in(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Fd out(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (out.get() < 0) throw std::runtime_error("cannot write " + log);
    Image image(argv, options.env, options.cwd.string());
    pid_ = start(image, {in.get(), out.get(), out.get()});
}

Process::~Process() { terminate(std::chrono::seconds(5)); }

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_), log_(std::move(other.log_)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this == &other) return *this;
    terminate(std::chrono::seconds(5));
    pid_ = std::exchange(other.pid_, -1);
    status_ = other.status_;
    log_ = std::move(other.log_);
    return *this;
}

bool Process::running() { return pid_ > 0 && !wait(milliseconds(0)); }

void Process::signal(int number) const {
    // Not yet reaped, so the pid is still ours even if the process has ended.
    if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds limit) {
    if (pid_ > 0 && !status_) status_ = reap(pid_, limit);
    return status_;
}

std::optional<int> Process::terminate(milliseconds limit) {
    signal(SIGTERM);
    if (pid_ > 0 && !wait(limit)) kill();
    return status_;
}

void Process::kill() {
    signal(SIGKILL);
    wait(std::chrono::seconds(10));
}

std::string Process::output() const { return log_.empty() ? std::string() : read_file(log_); }

Completed run(const Argv& argv, const RunOptions& options) {
    if (argv.empty() || !have_program(argv[0]))
        return {kNotFound, {}, "no such program: " + to_text(argv) + "\n"};
    const Fd in(memory_file("stdin"));
    const Fd out(memory_file("stdout"));
    const Fd err(memory_file("stderr"));
    fill(in.get(), options.input);
    Image image(argv, options.env, {});
    const pid_t child = start(image, {in.get(), out.get(), err.get()});
    std::optional<int> code = reap(child, options.limit);
    if (!code) {
        kill(child, SIGKILL);
        reap(child, std::chrono::seconds(10));
        code = kTooLong;
    }
    return {*code, content(out.get()), content(err.get())};
}

std::string check_run(const Argv& argv, const RunOptions& options) {
    Completed done = run(argv, options);
    if (!done.ok())
        throw std::runtime_error(to_text(argv) + ": exit " + std::to_string(done.exit_code) + ": " +
                                 done.err);
    return std::move(done.out);
}

bool have_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0;
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
    while (!rest.empty()) {
        const std::size_t end = rest.find(':');
        if (access((std::string(rest.substr(0, end)) + "/" + name).c_str(), X_OK) == 0) return true;
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return false;
}

std::string to_text(const Argv& argv) {
    std::string text;
    for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace dunlin::test
