// dunlind under test, in a namespace, with a directory of its own: objects as files (--resources) or from an
// API server (--kubeconfig), a control socket, a log. Asserts read it by dunlinctl -o json, as a user would.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dunlin::test {

class Agent {
public:
    struct Options {
        std::string kubeconfig;           // empty: a directory of objects
        std::filesystem::path resources;  // of another agent, to share it; empty: an own one
        std::string log_level = "debug";
        Argv flags;  // added at the end
    };

    // Why it cannot run on this machine; nothing if it can.
    static std::optional<std::string> unavailable();

    // The namespace must outlive the object. Returns once the control socket answers. Throws
    // std::runtime_error with the log.
    Agent(const NetNs& netns, const std::string& node) : Agent(netns, node, Options()) {}
    Agent(const NetNs& netns, const std::string& node, Options options);
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    const std::filesystem::path& resources() const { return resources_; }
    // An object as a file of the directory, complete at once (written beside it and renamed), and its end.
    void apply(const std::string& file, const std::string& yaml) const;
    void remove(const std::string& file) const;

    // What dunlinctl prints. `json` adds -o json and parses.
    Completed ctl(const Argv& words) const;
    nlohmann::json json(const Argv& words) const;
    bool wait_established(const std::string& protocol,
                          std::chrono::milliseconds limit = std::chrono::seconds(60)) const;
    bool wait_for(const Argv& words, const std::string& text,
                  std::chrono::milliseconds limit = std::chrono::seconds(60)) const;
    // The body of /metrics, /healthz or /readyz; empty if nothing answers.
    std::string http(const std::string& path) const;

    void kill() { process_.kill(); }
    std::optional<int> terminate() { return process_.terminate(); }
    void start();  // after one of these
    bool running() { return process_.running(); }
    pid_t pid() const { return process_.pid(); }
    std::string log() const { return process_.output(); }

private:
    Argv argv() const;

    const NetNs& netns_;
    std::string node_;
    Options options_;
    TempDir dir_;
    std::filesystem::path resources_;
    Process process_;
};

// The node's own object of core v1, as both sources take it; `annotations` is "key: value" lines of YAML
// flow.
std::string node_yaml(const std::string& name, const std::string& annotations,
                      const std::string& labels = "rack: a");

}  // namespace dunlin::test
