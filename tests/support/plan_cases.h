// The cases of tests/golden/plan: objects (input.json) and what the plan of a node must have (expected.json).
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace dunlin::test {

inline nlohmann::json read_json_file(const std::filesystem::path& file) {
    std::ifstream in(file);
    return nlohmann::json::parse(in);
}

// The first difference, with its path; empty: none. What is wanted must be there with the same value; there
// may be more keys. Lists are equal in length and order.
inline std::string difference(const nlohmann::json& want, const nlohmann::json& got,
                              const std::string& at = "") {
    if (want.is_object() && got.is_object()) {
        for (const auto& [key, value] : want.items()) {
            if (!got.contains(key)) return at + "." + key + ": missing";
            if (auto found = difference(value, got.at(key), at + "." + key); !found.empty()) return found;
        }
        return "";
    }
    if (want.is_array() && got.is_array() && want.size() == got.size()) {
        for (std::size_t i = 0; i < want.size(); ++i) {
            auto found = difference(want[i], got[i], at + "[" + std::to_string(i) + "]");
            if (!found.empty()) return found;
        }
        return "";
    }
    return want == got ? "" : at + ": " + got.dump() + " is not " + want.dump();
}

// Without the keys that say where a case is from and how it is run.
inline nlohmann::json wanted_plan(nlohmann::json expected) {
    for (const char* key : {"case", "upstream", "run", "why", "source"}) expected.erase(key);
    return expected;
}

}  // namespace dunlin::test
