#include "agent/app/status_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "k8s/yaml.h"

namespace dunlin::agent {
namespace {

constexpr std::size_t kMaxFile = 4u << 20;
constexpr std::size_t kMaxFiles = 5000;

nlohmann::json read_yaml(const std::filesystem::path& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error || size > kMaxFile) return nullptr;
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    nlohmann::json out;
    k8s::parse_yaml(text, [&](nlohmann::json value, int) { out = std::move(value); });
    return out;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

}  // namespace

std::vector<nlohmann::json> read_node_statuses(const std::string& directory) {
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    std::filesystem::directory_iterator at(std::filesystem::path(directory) / "status", error), end;
    for (; !error && at != end && paths.size() < kMaxFiles; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.rfind("bgpnodestatus-", 0) == 0 && at->path().extension() == ".yaml")
            paths.push_back(at->path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<nlohmann::json> out;
    for (const auto& path : paths) {
        nlohmann::json value = read_yaml(path);
        if (value.is_object()) out.push_back(std::move(value));
    }
    return out;
}

nlohmann::json read_status(const std::string& directory, const std::string& kind, const std::string& name) {
    const auto path = std::filesystem::path(directory) / "status" / (lower(kind) + "-" + name + ".yaml");
    const nlohmann::json object = read_yaml(path);
    const auto found = object.find("status");
    return object.is_object() && found != object.end() ? *found : nlohmann::json();
}

}  // namespace dunlin::agent
