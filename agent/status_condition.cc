#include "agent/status_condition.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

// How many octets the character at `at` has; 0: no UTF-8 (RFC 3629 4, without its finer points).
std::size_t character_length(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
    }
    return length;
}

std::string transition_time(const Condition& condition, const json& previous_status, WallTime now) {
    const json& before = member(previous_status, "conditions");
    if (before.is_array()) {
        for (const json& old : before) {
            if (text_of(old, "type") != condition.type) continue;
            const std::string time = text_of(old, "lastTransitionTime");
            if (text_of(old, "status") == (condition.holds ? "True" : "False") && !time.empty()) return time;
        }
    }
    return rfc3339(now);
}

}  // namespace

const json& member(const json& object, std::string_view key) {
    static const json kNull;
    if (!object.is_object()) return kNull;
    const auto found = object.find(key);
    return found == object.end() ? kNull : *found;
}

std::string text_of(const json& object, std::string_view key) {
    const json& value = member(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::string clipped(std::string_view text, std::size_t limit) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = character_length(text, at);
        if (out.size() + std::max<std::size_t>(length, 1) > limit) break;
        if (length == 0) out += '?';
        out += text.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

json conditions(const std::vector<Condition>& wanted, const json& previous_status, std::int64_t generation,
                WallTime now) {
    json out = json::array();
    for (const Condition& condition : wanted) {
        json item{{"type", condition.type},
                  {"status", condition.holds ? "True" : "False"},
                  {"lastTransitionTime", transition_time(condition, previous_status, now)},
                  {"reason", condition.reason},
                  {"message", clipped(condition.message, 1024)}};
        if (generation > 0) item["observedGeneration"] = generation;
        out.push_back(std::move(item));
    }
    return out;
}

}  // namespace dunlin::agent
