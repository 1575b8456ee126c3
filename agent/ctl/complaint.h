// What is said of a request that cannot be done, and how output is named; shared by the verbs of dunlinctl.
#pragma once

#include <string>

#include "agent/ctl/ctl.h"

namespace dunlin::agent {

inline constexpr int kRefused = 1, kUsage = 2;  // exit codes

CtlOutcome complaint(int code, std::string text);
std::string one_line(std::string text);
Output output_of(const std::string& name);  // "table", "json", "yaml"

}  // namespace dunlin::agent
