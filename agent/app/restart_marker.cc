#include "agent/app/restart_marker.h"

#include <filesystem>
#include <fstream>

namespace dunlin::agent {
namespace {

std::string first_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string out;
    std::getline(in, out);
    return out;
}

}  // namespace

bool note_start(const std::string& state_dir, const std::function<void(const std::string&)>& warn) {
    const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
    const std::filesystem::path file = std::filesystem::path(state_dir) / "boot-id";
    const bool before = !boot.empty() && first_line(file) == boot;
    if (before) return true;
    std::error_code error;
    std::filesystem::create_directories(state_dir, error);
    std::ofstream out(file);
    out << boot << "\n";
    out.close();
    if (!out) {
        warn("cannot write " + file.string() +
             ": the next start will not be a graceful restart; --state-dir");
    }
    return false;
}

}  // namespace dunlin::agent
