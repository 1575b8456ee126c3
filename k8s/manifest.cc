#include "k8s/manifest.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "k8s/yaml.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

// FNV-1a, 64 bits: tells contents apart, protects against nobody.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325u) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

std::string uid_of(const std::string& kind, const ObjectKey& key) {
    const std::uint64_t a = hash_of(kind + "/" + key.to_string()), b = hash_of(key.name, ~a);
    char text[37];
    std::snprintf(text, sizeof text, "%08x-%04x-8%03x-8%03x-%012llx", static_cast<unsigned>(a >> 32),
                  static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                  static_cast<unsigned>(b >> 48 & 0xfff),
                  static_cast<unsigned long long>(b & 0xffffffffffffu));
    return text;
}

std::uint64_t spec_hash(const json& object) {
    json rest = object;
    for (const char* part : {"metadata", "status"}) rest.erase(part);
    return hash_of(rest.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A list, as `kubectl get -o yaml` writes it, stands for its items.
bool is_list(const json& value) {
    const std::string kind = text_of(value, "kind");
    const auto items = value.find("items");
    return kind.size() >= 4 && kind.compare(kind.size() - 4, 4, "List") == 0 && items != value.end() &&
           items->is_array();
}

void add(Manifest& out, const std::string& file, json value, int line) {
    if (value.is_null()) return;
    if (!value.is_object()) {
        out.problems.push_back({file, line, "not an object (a map with apiVersion, kind and metadata)"});
        return;
    }
    if (is_list(value)) {
        for (json& item : value["items"]) {
            if (item.is_object()) {
                out.objects.push_back({std::make_shared<const json>(std::move(item)), line});
            } else {
                out.problems.push_back({file, line, "items: not an object"});
            }
        }
        return;
    }
    out.objects.push_back({std::make_shared<const json>(std::move(value)), line});
}

void parse_json(Manifest& out, const std::string& file, std::string_view text) {
    try {
        add(out, file, json::parse(text), 1);
    } catch (const json::parse_error& e) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(e.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), end, '\n');
        out = {{}, {{file, static_cast<int>(line), e.what()}}, true};
    } catch (const json::exception& e) {
        out = {{}, {{file, 0, e.what()}}, true};
    }
}

std::string group_of(const std::string& api_version) {
    const std::size_t slash = api_version.find('/');
    return slash == std::string::npos ? std::string() : api_version.substr(0, slash);
}

}  // namespace

std::string FileProblem::to_string() const {
    return file + (line > 0 ? ":" + std::to_string(line) : std::string()) + ": " + message;
}

Manifest parse_manifest(const std::string& file, std::string_view text) {
    Manifest out;
    if (file.size() > 5 && file.compare(file.size() - 5, 5, ".json") == 0) {
        parse_json(out, file, text);
        return out;
    }
    const auto failed =
        parse_yaml(text, [&](json value, int line) { add(out, file, std::move(value), line); });
    if (failed) out = {{}, {{file, failed->line, failed->message}}, true};
    return out;
}

struct ManifestSet::Pass {
    const std::vector<Store*>& stores;
    std::vector<FileProblem> problems;
    std::map<std::tuple<const Store*, ObjectKey>, std::string> where;  // "file:line" of what was taken
    std::set<std::string> unknown_kinds;
    std::map<std::pair<std::string, ObjectKey>, Seen> seen;
};

std::vector<FileProblem> ManifestSet::feed(const std::map<std::string, Manifest>& files,
                                           const std::vector<Store*>& stores) {
    Pass pass{stores, {}, {}, {}, {}};
    for (Store* store : stores) store->begin_list();
    for (const auto& [file, manifest] : files) {
        pass.problems.insert(pass.problems.end(), manifest.problems.begin(), manifest.problems.end());
        for (const ManifestObject& object : manifest.objects) take(pass, file, object);
    }
    // The generations of what is gone are kept, since a file that comes back must not look older than the
    // status that was reported for it; but not for ever.
    if (seen_.size() > 2 * pass.seen.size() + 1000) seen_ = std::move(pass.seen);
    for (Store* store : stores) store->end_list(true);
    return std::move(pass.problems);
}

void ManifestSet::take(Pass& pass, const std::string& file, const ManifestObject& object) {
    const std::string api_version = text_of(*object.json, "apiVersion"), kind = text_of(*object.json, "kind");
    if (api_version.empty() || kind.empty()) {
        pass.problems.push_back({file, object.line, "apiVersion and kind are needed, both as text"});
        return;
    }
    bool kind_known = false, taken = false;
    std::string versions;
    for (Store* store : pass.stores) {
        const Resource& resource = store->resource();
        if (resource.kind != kind || resource.group != group_of(api_version)) continue;
        kind_known = true;
        versions = resource.api_version();
        if (versions != api_version) continue;
        taken = true;
        take_for(pass, *store, file, object);
    }
    if (taken) return;
    if (kind_known) {
        pass.problems.push_back(
            {file, object.line, kind + ": apiVersion " + api_version + " is not " + versions});
    } else if (pass.unknown_kinds.insert(api_version + " " + kind).second) {
        pass.problems.push_back(
            {file, object.line, kind + " of " + api_version + " is not a kind that is read here"});
    }
}

void ManifestSet::take_for(Pass& pass, Store& store, const std::string& file, const ManifestObject& object) {
    const Resource& resource = store.resource();
    json copy = *object.json;
    json& metadata = copy["metadata"];
    if (!metadata.is_object()) {
        pass.problems.push_back({file, object.line, resource.kind + ": metadata: missing"});
        return;
    }
    if (!resource.namespaced) metadata.erase("namespace");
    if (resource.namespaced) metadata.emplace("namespace", resource.namespace_.value_or("default"));
    for (const char* made_up : {"resourceVersion", "generation", "managedFields"}) metadata.erase(made_up);

    const ObjectKey key{resource.namespaced ? text_of(metadata, "namespace") : "", text_of(metadata, "name")};
    if (resource.namespaced && resource.namespace_ && key.namespace_ != *resource.namespace_) return;
    if (const auto only = resource.selected_name(); only && *only != key.name) return;
    const std::string label = resource.kind + "." + resource.group;
    const std::string here = file + ":" + std::to_string(object.line);
    const auto [first, fresh] = pass.where.try_emplace({&store, key}, here);
    if (!fresh) {
        pass.problems.push_back({file, object.line,
                                 resource.kind + " " + key.to_string() + " is in " + first->second +
                                     " already; this one is left out"});
        return;
    }

    const std::uint64_t spec = spec_hash(copy);
    Seen& seen = seen_[{label, key}];
    if (seen.generation == 0 || seen.spec != spec) seen = {spec, seen.generation + 1};
    pass.seen[{label, key}] = seen;
    metadata.emplace("uid", uid_of(label, key));
    metadata["generation"] = seen.generation;
    const std::uint64_t content = hash_of(copy.dump(-1, ' ', false, json::error_handler_t::replace));
    metadata["resourceVersion"] = std::to_string(content >> 1);
    auto made = make_object(std::move(copy), &resource);
    if (!made) {
        pass.problems.push_back({file, object.line, resource.kind + ": " + made.error().message});
        return;
    }
    store.listed(*std::move(made));
}

}  // namespace dunlin::k8s
