// The endpoint-status directory of Felix: a file of JSON for each workload of this node. Looked at once a
// second, for a few hundred small files; only those that changed are read again. A file that cannot be read
// as JSON (half written) keeps what it last gave.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace dunlin::agent {

class WorkloadFiles {
public:
    WorkloadFiles(boost::asio::io_context& io, std::filesystem::path directory,
                  std::function<void()> on_change);

    void start();  // reads at once, then follows
    void stop() { timer_.cancel(); }
    const std::map<std::string, nlohmann::json>& workloads() const { return workloads_; }
    std::uint64_t revision() const { return revision_; }  // moves with every change of them

private:
    void look();
    bool read();

    std::filesystem::path directory_;
    std::function<void()> on_change_;
    boost::asio::steady_timer timer_;
    std::map<std::string, std::filesystem::file_time_type> times_;
    std::map<std::string, nlohmann::json> workloads_;
    std::uint64_t revision_ = 1;
};

}  // namespace dunlin::agent
