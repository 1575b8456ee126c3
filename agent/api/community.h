// The texts of communities: "a:b" (RFC 1997, 16 bits each) and "a:b:c" (RFC 8092, 32 bits each).
#pragma once

#include <optional>
#include <string_view>

#include "agent/api/bgp_filter.h"

namespace dunlin::agent {

std::optional<Community> parse_community(std::string_view text);
// Any part may be "*".
std::optional<CommunityPattern> parse_community_pattern(std::string_view text);

}  // namespace dunlin::agent
