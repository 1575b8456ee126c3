#include "agent/ctl/plan_files.h"

#include <algorithm>
#include <filesystem>

#include "k8s/files.h"
#include "k8s/manifest.h"

namespace dunlin::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostOctets = 512u << 20;  // all objects of a large cluster

// The path itself, or the files of the directory with one of these endings; hidden ones are not meant.
Result<std::vector<std::string>, Error> files_of(const std::string& path,
                                                 const std::vector<std::string>& endings) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) return std::vector<std::string>{path};
    std::vector<std::string> out;
    for (fs::directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed)) {
        const fs::path& file = at->path();
        const bool fits =
            endings.empty() || std::ranges::find(endings, file.extension().string()) != endings.end();
        if (fits && !file.filename().string().starts_with('.') && !fs::is_directory(file))
            out.push_back(file);
    }
    if (failed) return Unexpected{Error{path + ": " + failed.message()}};
    std::ranges::sort(out);
    return out;
}

Result<json, Error> read_json(const std::string& file) {
    const auto text = k8s::read_small_file(file, kMostOctets);
    if (!text) return Unexpected{text.error()};
    json value = json::parse(*text, nullptr, false);
    if (value.is_discarded()) return Unexpected{Error{file + ": is not JSON"}};
    return value;
}

}  // namespace

Result<std::vector<json>, Error> read_objects(const std::string& path) {
    const auto files = files_of(path, {".yaml", ".yml", ".json"});
    if (!files) return Unexpected{files.error()};
    std::vector<json> out;
    for (const auto& file : *files) {
        const auto text = k8s::read_small_file(file, kMostOctets);
        if (!text) return Unexpected{text.error()};
        const k8s::Manifest manifest = k8s::parse_manifest(file, *text);
        if (!manifest.problems.empty()) return Unexpected{Error{manifest.problems.front().to_string()}};
        for (const auto& object : manifest.objects) out.push_back(*object.json);
    }
    return out;
}

Result<std::map<std::string, json>, Error> read_endpoint_status(const std::string& path) {
    const auto files = files_of(path, {});
    if (!files) return Unexpected{files.error()};
    const bool directory = files->size() != 1 || files->front() != path;
    std::map<std::string, json> out;
    for (const auto& file : *files) {
        auto value = read_json(file);
        if (!value) return Unexpected{value.error()};
        if (directory) {
            out.emplace(fs::path(file).filename(), *std::move(value));
            continue;
        }
        if (!value->is_object()) return Unexpected{Error{file + ": is not an object of workloads"}};
        for (const auto& [name, status] : value->items()) out.emplace(name, status);
    }
    return out;
}

}  // namespace dunlin::agent
