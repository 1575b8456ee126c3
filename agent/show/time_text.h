// Times as text, always in UTC, as in the log.
#pragma once

#include <string>

#include "bgp/base/time.h"

namespace dunlin::agent {

// "12:34:56.789", or "2026-01-31" when that is more than 20 hours away from `now`, as birdc has it.
std::string short_time(WallTime at, WallTime now);
std::string whole_seconds(WallTime at, WallTime now);  // the same as BIRD 1 has it: "12:34:56"
std::string long_time(WallTime at);                    // "2026-01-31 12:34:56"
std::string rfc3339(WallTime at);                      // "2026-01-31T12:34:56Z": metav1.Time

}  // namespace dunlin::agent
