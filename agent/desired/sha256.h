// SHA-256 (FIPS 180-4), for router ids that are made from a node's name as Calico makes them. No secret
// passes here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace dunlin::agent {

std::array<std::uint8_t, 32> sha256(std::string_view text);

}  // namespace dunlin::agent
