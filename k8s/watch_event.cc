#include "k8s/watch_event.h"

#include <nlohmann/json.hpp>

namespace dunlin::k8s {
namespace {

using nlohmann::json;

std::string text(const json& from, const char* name) {
    if (!from.is_object()) return {};
    const auto found = from.find(name);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What metadata has under this name; empty if anything on the way is missing or of another type.
std::string metadata(const json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find("metadata");
    return found == object.end() ? std::string() : text(*found, name);
}

StreamRefused refused(const json& status) {
    StreamRefused out;
    out.reason = text(status, "reason");
    out.message = text(status, "message");
    if (!status.is_object()) return out;
    const auto code = status.find("code");
    if (code != status.end() && code->is_number_integer()) out.code = code->get<int>();
    return out;
}

WatchEvent event_of(const std::string& type, json object, const Resource& resource) {
    if (type == "ERROR") return refused(object);
    std::string version = metadata(object, "resourceVersion");
    if (type == "BOOKMARK") return Bookmark{std::move(version)};
    if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") {
        return BadEvent{std::move(version), "an event of type \"" + type.substr(0, 40) + "\""};
    }
    const std::string name = metadata(object, "name");
    auto made = make_object(std::move(object), &resource);
    if (!made) return BadEvent{std::move(version), name + ": " + made.error().message};
    if (type == "DELETED") return ObjectDeleted{*std::move(made)};
    return ObjectChanged{*std::move(made)};
}

}  // namespace

Result<WatchEvent, Error> parse_watch_event(std::string_view line, const Resource& resource) {
    try {
        json event = json::parse(line);
        if (!event.is_object()) return Unexpected{Error{"not a JSON object"}};
        return event_of(text(event, "type"), std::move(event["object"]), resource);
    } catch (const json::exception& e) {
        return Unexpected{Error{e.what()}};
    }
}

Result<ListPage, Error> parse_list_page(std::string_view body, const Resource& resource) {
    try {
        json list = json::parse(body);
        ListPage out;
        if (list.is_object()) out.resource_version = metadata(list, "resourceVersion");
        if (out.resource_version.empty()) return Unexpected{Error{"a list without metadata.resourceVersion"}};
        out.continue_token = metadata(list, "continue");
        json& items = list["items"];
        if (!items.is_array() && !items.is_null()) return Unexpected{Error{"items: not a list"}};
        for (json& item : items) {
            const std::string name = metadata(item, "name");
            auto made = make_object(std::move(item), &resource);
            if (made) {
                out.objects.push_back(*std::move(made));
            } else {
                out.bad.push_back(name + ": " + made.error().message);
            }
        }
        return out;
    } catch (const json::exception& e) {
        return Unexpected{Error{e.what()}};
    }
}

}  // namespace dunlin::k8s
