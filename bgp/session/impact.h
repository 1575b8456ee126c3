// What a change of a session's configuration costs. Pure. The table of fields is also what the documentation
// shows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bgp/session/config.h"

namespace dunlin::bgp {

enum class Impact : std::uint8_t {
    none,     // counts from the next session or attempt on
    live,     // is done to the running session
    refresh,  // the same, and the neighbour is asked to say its routes again (RFC 2918)
    reset,    // the session ends with a Cease and comes back
};
std::string_view name(Impact impact);

struct FieldImpact {
    std::string_view field;
    Impact impact = Impact::none;
    friend bool operator==(const FieldImpact&, const FieldImpact&) = default;
};

Impact impact(const SessionConfig& from, const SessionConfig& to);
// The fields that differ, each with what it costs.
std::vector<FieldImpact> changed_fields(const SessionConfig& from, const SessionConfig& to);
// Every field.
std::vector<FieldImpact> impact_table();

}  // namespace dunlin::bgp
