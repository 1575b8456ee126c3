// Whether an agent has run on this machine before, since it booted: a file in the state directory with the
// kernel's boot id. RFC 4724 3: only a speaker that has restarted says so.
#pragma once

#include <functional>
#include <string>

namespace dunlin::agent {

// Leaves the mark for the next start, and says whether there was one. What cannot be written is a warning.
bool note_start(const std::string& state_dir, const std::function<void(const std::string&)>& warn);

}  // namespace dunlin::agent
