#include "k8s/object.h"

#include <nlohmann/json.hpp>

namespace dunlin::k8s {
namespace {

using nlohmann::json;

std::string base_path(const Resource& resource) {
    return resource.group.empty() ? "/api/" + resource.version
                                  : "/apis/" + resource.group + "/" + resource.version;
}

std::string join_namespace(const Resource& resource, const std::string& name_space) {
    std::string path = base_path(resource);
    if (resource.namespaced && !name_space.empty()) path += "/namespaces/" + url_encode(name_space);
    return path + "/" + resource.plural;
}

// An absent field is empty; one of another type is false.
bool read_text(const json& from, const char* name, std::string& to) {
    const auto found = from.find(name);
    if (found == from.end() || found->is_null()) return true;
    if (!found->is_string()) return false;
    to = found->get_ref<const std::string&>();
    return true;
}

void drop(json& object, const std::string& pointer) {
    const json::json_pointer path(pointer);
    if (path.empty() || !object.contains(path)) return;
    json& parent = object.at(path.parent_pointer());
    if (parent.is_object()) parent.erase(path.back());
}

Result<ObjectPtr, Error> take_apart(json object, const Resource* resource) {
    if (!object.is_object()) return Unexpected{Error{"not a JSON object"}};
    if (resource != nullptr) {
        object.emplace("apiVersion", resource->api_version());
        object.emplace("kind", resource->kind);
        for (const std::string& pointer : resource->drop) drop(object, pointer);
    }
    auto out = std::make_shared<RawObject>();
    if (!read_text(object, "apiVersion", out->api_version))
        return Unexpected{Error{"apiVersion: not a string"}};
    if (!read_text(object, "kind", out->kind)) return Unexpected{Error{"kind: not a string"}};
    const auto found = object.find("metadata");
    if (found == object.end() || !found->is_object()) return Unexpected{Error{"metadata: missing"}};
    json& metadata = *found;
    metadata.erase("managedFields");  // often the larger half of an object, and of no use to a reader
    for (const auto& [name, field] : {std::pair{"name", &out->key.name},
                                      {"namespace", &out->key.namespace_},
                                      {"uid", &out->uid},
                                      {"resourceVersion", &out->resource_version}}) {
        if (!read_text(metadata, name, *field)) {
            return Unexpected{Error{std::string("metadata.") + name + ": not a string"}};
        }
    }
    if (out->key.name.empty()) return Unexpected{Error{"metadata.name: missing"}};
    const auto generation = metadata.find("generation");
    if (generation != metadata.end() && generation->is_number_integer()) {
        out->generation = generation->get<std::int64_t>();
    }
    out->json = std::make_shared<const json>(std::move(object));
    return ObjectPtr(std::move(out));
}

}  // namespace

std::string Resource::collection_path() const { return join_namespace(*this, namespace_.value_or("")); }

std::string Resource::collection_path(const ObjectKey& key) const {
    return join_namespace(*this, key.namespace_);
}

std::string Resource::object_path(const ObjectKey& key, std::string_view subresource) const {
    std::string path = collection_path(key) + "/" + url_encode(key.name);
    if (!subresource.empty()) path.append("/").append(subresource);
    return path;
}

std::optional<std::string> Resource::selected_name() const {
    constexpr std::string_view by_name = "metadata.name=";
    if (!field_selector || field_selector->compare(0, by_name.size(), by_name) != 0) return std::nullopt;
    return field_selector->substr(by_name.size());
}

std::string url_encode(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += hex[octet >> 4];
        out += hex[octet & 15];
    }
    return out;
}

Result<ObjectPtr, Error> make_object(nlohmann::json object, const Resource* resource) {
    try {
        return take_apart(std::move(object), resource);
    } catch (const json::exception& e) {
        return Unexpected{Error{e.what()}};
    }
}

}  // namespace dunlin::k8s
