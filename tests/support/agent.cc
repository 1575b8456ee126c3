#include "tests/support/agent.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "tests/support/wait.h"

namespace dunlin::test {
namespace {

constexpr std::chrono::seconds kStartLimit(60);
constexpr std::uint16_t kHttpPort = 9478;

std::filesystem::path program(const std::string& name) {
    return std::filesystem::path(DUNLIN_BINARY_DIR) / name;
}

}  // namespace

std::optional<std::string> Agent::unavailable() {
    for (const char* name : {"dunlind", "dunlinctl"})
        if (!have_program(program(name).string())) return program(name).string() + " is not built";
    if (!NetNs::available()) return "no network namespaces: needs root and CAP_SYS_ADMIN";
    return std::nullopt;
}

Agent::Agent(const NetNs& netns, const std::string& node, Options options)
    : netns_(netns), node_(node), options_(std::move(options)), resources_(options_.resources) {
    if (resources_.empty()) resources_ = dir_.path() / "objects";
    std::filesystem::create_directories(resources_);
    start();
}

Argv Agent::argv() const {
    Argv out{program("dunlind").string(), "--node-name", node_,          "--control-socket",
             dir_ / "dunlin.ctl",         "--state-dir", dir_ / "state", "--log-level",
             options_.log_level};
    if (options_.kubeconfig.empty()) {
        out.insert(out.end(), {"--resources", resources_.string()});
    } else {
        out.insert(out.end(), {"--kubeconfig", options_.kubeconfig});
    }
    out.insert(out.end(), options_.flags.begin(), options_.flags.end());
    return out;
}

void Agent::start() {
    Process::Options options;
    options.log = dir_ / "dunlind.log";
    process_ = netns_.spawn(argv(), options);
    const bool answers = wait_until(kStartLimit, [&] {
        return !process_.running() || ctl({"show", "status"}).ok();
    });
    if (!answers || !process_.running()) throw std::runtime_error("dunlind does not start: " + log());
}

void Agent::apply(const std::string& file, const std::string& yaml) const {
    write_file(resources_ / (file + ".yaml"), yaml);
}

void Agent::remove(const std::string& file) const { std::filesystem::remove(resources_ / (file + ".yaml")); }

Completed Agent::ctl(const Argv& words) const {
    Argv argv{program("dunlinctl").string(), "-s", dir_ / "dunlin.ctl"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv);
}

nlohmann::json Agent::json(const Argv& words) const {
    Argv argv{"-o", "json"};
    argv.insert(argv.end(), words.begin(), words.end());
    const Completed done = ctl(argv);
    if (!done.ok()) throw std::runtime_error("dunlinctl " + to_text(words) + ": " + done.err);
    return nlohmann::json::parse(done.out);
}

bool Agent::wait_for(const Argv& words, const std::string& text, std::chrono::milliseconds limit) const {
    return wait_until(limit, [&] { return ctl(words).out.find(text) != std::string::npos; });
}

bool Agent::wait_established(const std::string& protocol, std::chrono::milliseconds limit) const {
    return wait_for({"show", "protocols", protocol}, "Established", limit);
}

std::string Agent::http(const std::string& path) const {
    const NetNs::Inside inside = netns_.enter();
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kHttpPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string reply;
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        const std::string request =
            "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        char buffer[4096];
        ssize_t got = send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        while (got > 0) {
            got = recv(fd, buffer, sizeof buffer, 0);
            if (got > 0) reply.append(buffer, static_cast<std::size_t>(got));
        }
    }
    close(fd);
    const std::size_t body = reply.find("\r\n\r\n");
    return body == std::string::npos ? std::string() : reply.substr(body + 4);
}

std::string node_yaml(const std::string& name, const std::string& annotations, const std::string& labels) {
    return "apiVersion: v1\nkind: Node\nmetadata:\n  name: " + name + "\n  labels: {" + labels +
           "}\n  annotations: {" + annotations + "}\n";
}

}  // namespace dunlin::test
