// Reading a JSON object field by field, with the path of each: "spec.peerIP: 300.1.1.1 is not an IP address".
// Problems are collected, never thrown; what is wrong reads as absent. An empty text counts as absent, as
// Calico has it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/api/problem.h"
#include "agent/api/selector.h"
#include "bgp/base/ip_address.h"
#include "bgp/base/prefix.h"
#include "bgp/base/strong.h"
#include "bgp/base/time.h"

namespace dunlin::agent {

// "90s", "1m30s", "500ms", "1.5h", rounded to seconds; nothing when it is no duration, or negative, or too
// long.
std::optional<Seconds> parse_duration(std::string_view text);
// "64512" or "1.10" (RFC 5396 asdot+); never 0.
std::optional<Asn> parse_asn(std::string_view text);
// The whole text as a decimal number.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max);
// A value of an object as a person reads it in a message: shortened, in one line.
std::string excerpt_json(const nlohmann::json& value);
std::string excerpt(std::string_view text);

class Fields {
public:
    // `value` may be of any kind: what is no object is a problem, and has no fields.
    Fields(const nlohmann::json& value, std::string path, Problems& problems);

    bool has(const char* field) const;  // there, and neither null nor an empty text
    std::optional<std::string> text(const char* field, std::size_t max_length = 4096);
    std::optional<bool> boolean(const char* field);
    std::optional<std::int64_t> integer(const char* field, std::int64_t min, std::int64_t max);
    std::optional<Asn> asn(const char* field);
    std::optional<IpAddress> address(const char* field);
    std::optional<Prefix> prefix(const char* field);
    std::optional<Seconds> duration(const char* field, Seconds min, Seconds max);
    std::optional<Selector> selector(const char* field);
    std::vector<std::string> texts(const char* field, std::size_t max_items, std::size_t max_length = 253);
    std::vector<Asn> asns(const char* field, std::size_t max_items);

    template <class T>
    std::optional<T> choice(const char* field, std::initializer_list<std::pair<const char*, T>> values) {
        const auto found = text(field, 64);
        if (!found) return std::nullopt;
        std::string known;
        for (const auto& [word, value] : values) {
            if (*found == word) return value;
            known += (known.empty() ? "" : ", ") + std::string(word);
        }
        problem(field, excerpt(*found) + " is none of " + known);
        return std::nullopt;
    }

    // A part that is an object; nothing when it is absent (or null).
    std::optional<Fields> part(const char* field);
    // Calls `visit` for each entry of a list, with its path.
    using Visit = std::function<void(const nlohmann::json& entry, const std::string& path)>;
    void each(const char* field, std::size_t max_items, const Visit& visit);

    void ignore(const char* field) { known_.insert(field); }  // no warning about it
    void problem(std::string_view field, std::string message, Reason reason = Reason::invalid);
    // Last: fields that nobody asked for are warnings.
    void report_unknown();

    const std::string& path() const { return path_; }
    Problems& problems() { return problems_; }

private:
    const nlohmann::json* find(const char* field);
    std::string path_of(std::string_view field) const;

    const nlohmann::json* object_ = nullptr;  // null: no object
    std::string path_;
    Problems& problems_;
    std::set<std::string, std::less<>> known_;
};

// metadata.name, uid, generation; a problem when there is no name. Pulls the warnings out of `problems`.
ObjectMeta read_meta(const nlohmann::json& object, Problems& problems);
// Splits: warnings into meta, the rest stays.
void move_warnings(Problems& problems, ObjectMeta& meta);
// Fields of the object at the top: "spec" for the spec. An object without a spec is a problem.
const nlohmann::json& member(const nlohmann::json& object, const char* name);  // null when absent

}  // namespace dunlin::agent
