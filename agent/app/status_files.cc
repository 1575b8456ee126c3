#include "agent/app/status_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "k8s/yaml.h"

namespace dunlin::agent {
namespace {

constexpr off_t kMaxFile = 4 << 20;
constexpr std::size_t kMaxFiles = 5000;

StatusFiles::Object parse(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    nlohmann::json out;
    k8s::parse_yaml(text, [&](nlohmann::json value, int) { out = std::move(value); });
    return out.is_object() ? std::make_shared<const nlohmann::json>(std::move(out)) : nullptr;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

}  // namespace

bool StatusFiles::stamp_of(const std::string& path, Stamp& out) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || info.st_size > kMaxFile) return false;
    out = {info.st_ino, info.st_size,
           info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec};
    return true;
}

std::string StatusFiles::path_of(const std::string& kind, const std::string& name) const {
    return folder_ + lower(kind) + "-" + name + ".yaml";
}

StatusFiles::Object StatusFiles::read(const std::string& path) {
    Stamp stamp;
    if (!stamp_of(path, stamp)) {
        known_.erase(path);
        return nullptr;
    }
    Known& known = known_[path];
    if (known.stamp != stamp) known = {stamp, parse(path)};
    return known.object;
}

std::vector<StatusFiles::Object> StatusFiles::node_statuses() {
    std::vector<std::string> paths;
    std::error_code error;
    std::filesystem::directory_iterator at(folder_, error), end;
    for (; !error && at != end && paths.size() < kMaxFiles; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.rfind("bgpnodestatus-", 0) == 0 && at->path().extension() == ".yaml")
            paths.push_back(at->path().string());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Object> out;
    for (const auto& path : paths) {
        if (Object object = read(path)) out.push_back(std::move(object));
    }
    return out;
}

nlohmann::json StatusFiles::status_of(const std::string& kind, const std::string& name) {
    const Object object = read(path_of(kind, name));
    if (object == nullptr) return nullptr;
    const auto found = object->find("status");
    return found == object->end() ? nlohmann::json() : *found;
}

void StatusFiles::wrote(const std::string& kind, const std::string& name, const nlohmann::json& object) {
    const std::string path = path_of(kind, name);
    Stamp stamp;
    if (stamp_of(path, stamp)) known_[path] = {stamp, std::make_shared<const nlohmann::json>(object)};
}

}  // namespace dunlin::agent
