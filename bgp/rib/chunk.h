// A run of whole messages, ready to be written. It is shared and never changed, so that several neighbours
// can be sent the same octets.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace dunlin::bgp {

using Chunk = std::shared_ptr<const std::vector<std::uint8_t>>;

inline constexpr std::size_t kChunkTarget = 64 * 1024;  // a chunk is closed when it has this size

}  // namespace dunlin::bgp
