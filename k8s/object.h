// Objects as the API server or a directory gives them: JSON with the few fields that every object has at
// hand. What a spec means is not known here (that is agent/api). A Resource says where objects of one kind
// live: the REST path and what to ask for. Paths: Kubernetes API conventions, "/api/v1/…" for the core group,
// else "/apis/GROUP/VERSION/…".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bgp/base/result.h"

namespace dunlin::k8s {

struct ObjectKey {
    std::string namespace_;  // empty: cluster scoped
    std::string name;

    std::string to_string() const { return namespace_.empty() ? name : namespace_ + "/" + name; }
    friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

struct RawObject {
    std::string api_version, kind;
    ObjectKey key;
    std::string uid, resource_version;
    std::int64_t generation = 0;
    std::shared_ptr<const nlohmann::json> json;  // never null; the whole object, without managedFields
};
using ObjectPtr = std::shared_ptr<const RawObject>;

struct Resource {
    std::string group;    // empty: the core group
    std::string version;  // "v1"
    std::string plural, kind;
    bool namespaced = false;
    std::optional<std::string> namespace_;      // only the objects of this one
    std::optional<std::string> field_selector;  // "metadata.name=node-1"
    std::vector<std::string> drop{};  // JSON pointers of what is not kept in memory: "/status/images"

    std::string api_version() const { return group.empty() ? version : group + "/" + version; }
    std::string label() const { return group.empty() ? plural : plural + "." + group; }
    // "/apis/dunlin.io/v1/bgppeers": all objects, without a query.
    std::string collection_path() const;
    // All objects of the namespace of `key`, where a new one is POSTed.
    std::string collection_path(const ObjectKey& key) const;
    std::string object_path(const ObjectKey& key, std::string_view subresource = {}) const;
    // The one name that the field selector allows, if it is of that form.
    std::optional<std::string> selected_name() const;
};

// Percent-encoding of everything but the unreserved characters of RFC 3986 2.3.
std::string url_encode(std::string_view text);

// Takes the JSON apart. Refused: no object, no metadata.name, fields of the wrong type. `resource`, if given,
// supplies apiVersion and kind (items of a list carry none) and what to drop.
Result<ObjectPtr, Error> make_object(nlohmann::json json, const Resource* resource = nullptr);

}  // namespace dunlin::k8s
