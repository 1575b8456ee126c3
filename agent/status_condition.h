// metav1.Condition: made here alone, so that lastTransitionTime and the limits of the API hold everywhere.
// Internal to agent/status.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bgp/base/time.h"

namespace dunlin::agent {

struct Condition {
    std::string type;
    bool holds = false;
    std::string reason, message;
};
// The list for .status.conditions. `previous_status` is the status that the object has now, or null.
nlohmann::json conditions(const std::vector<Condition>& wanted, const nlohmann::json& previous_status,
                          std::int64_t generation, WallTime now);

// At most `limit` octets, cut between characters of UTF-8; octets that are no UTF-8 become "?".
std::string clipped(std::string_view text, std::size_t limit);

// Members that may be missing or of another type in what others wrote.
const nlohmann::json& member(const nlohmann::json& object, std::string_view key);  // null if there is none
std::string text_of(const nlohmann::json& object, std::string_view key);

}  // namespace dunlin::agent
