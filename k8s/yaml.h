// YAML to JSON and back: the only file that knows yaml-cpp. Plain scalars get their type by the core schema
// of YAML 1.2 (10.3.2): "yes" and "0123x" stay text, quoted scalars always do. What JSON cannot say is
// refused: keys that are no scalars, doubled keys, merge keys, and documents that grow beyond a limit through
// aliases.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin::k8s {

struct YamlError {
    int line = 0;  // from 1; 0: not known
    std::string message;
};

inline constexpr std::size_t kMaxYamlNodes = 500'000;  // of a text, aliases counted as often as used
inline constexpr int kMaxYamlDepth = 100;

// Calls `document` for each document of the text with the line on which it begins; empty ones are left out.
// With an error anywhere it is not called at all: a text that breaks off says nothing certain.
std::optional<YamlError> parse_yaml(std::string_view text,
                                    const std::function<void(nlohmann::json value, int line)>& document,
                                    std::size_t most_nodes = kMaxYamlNodes);

// One document, without "---", ending in a line end.
std::string to_yaml(const nlohmann::json& value);

}  // namespace dunlin::k8s
