// A line of a watch's body taken apart: pure, so that it can be fuzzed. Kubernetes API: WatchEvent.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bgp/base/result.h"
#include "k8s/object.h"

namespace dunlin::k8s {

struct ObjectChanged {
    ObjectPtr object;
};
struct ObjectDeleted {
    ObjectPtr object;  // as it last was
};
struct Bookmark {
    std::string resource_version;
};
// The server ends the stream: code 410 when the version is too old.
struct StreamRefused {
    int code = 0;
    std::string reason, message;
};
// One that costs itself: no object, or a type that this agent does not know. The stream goes on.
struct BadEvent {
    std::string resource_version;  // if there is one
    std::string message;
};
using WatchEvent = std::variant<ObjectChanged, ObjectDeleted, Bookmark, StreamRefused, BadEvent>;

// An error is a line that is no JSON object: then the stream cannot be trusted any more.
Result<WatchEvent, Error> parse_watch_event(std::string_view line, const Resource& resource);

// A page of a list.
struct ListPage {
    std::string resource_version, continue_token;
    std::vector<ObjectPtr> objects;
    std::vector<std::string> bad;  // what was wrong with those left out
};
Result<ListPage, Error> parse_list_page(std::string_view body, const Resource& resource);

}  // namespace dunlin::k8s
