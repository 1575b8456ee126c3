// The two clocks. The pure parts are given the time; they never ask for it.
#pragma once

#include <chrono>

namespace dunlin {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;
using WallTime = std::chrono::system_clock::time_point;
using Seconds = std::chrono::seconds;

inline constexpr Time kNever = Time::max();

}  // namespace dunlin
