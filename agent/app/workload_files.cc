#include "agent/app/workload_files.h"

#include <utility>

#include "bgp/base/time.h"
#include "k8s/files.h"

namespace dunlin::agent {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kPeriod{1};
constexpr std::size_t kMostFiles = 10'000;

}  // namespace

WorkloadFiles::WorkloadFiles(boost::asio::io_context& io, fs::path directory, std::function<void()> on_change)
    : directory_(std::move(directory)), on_change_(std::move(on_change)), timer_(io) {}

void WorkloadFiles::start() {
    read();
    look();
}

void WorkloadFiles::look() {
    timer_.expires_after(kPeriod);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        if (read()) on_change_();
        look();
    });
}

// True: something is different.
bool WorkloadFiles::read() {
    std::error_code failed;
    std::map<std::string, fs::file_time_type> now;
    bool changed = false;
    for (fs::directory_iterator at(directory_, failed), end; !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().filename();
        std::error_code gone;
        const auto time = at->last_write_time(gone);
        if (gone || name.starts_with('.') || !at->is_regular_file(gone) || now.size() == kMostFiles) continue;
        const auto known = times_.find(name);
        now.emplace(name, time);
        if (known != times_.end() && known->second == time) continue;
        const auto text = k8s::read_small_file(at->path());
        auto value = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
        if (!text || value.is_discarded()) {
            now.erase(name);  // once more, next time
            if (known != times_.end()) now.emplace(name, known->second);
            continue;
        }
        workloads_.insert_or_assign(name, std::move(value));
        changed = true;
    }
    changed |= std::erase_if(workloads_, [&](const auto& entry) { return !now.contains(entry.first); }) > 0;
    times_ = std::move(now);
    if (changed) ++revision_;
    return changed;
}

}  // namespace dunlin::agent
