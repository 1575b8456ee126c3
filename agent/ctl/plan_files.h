// Objects of files and directories, for `dunlinctl plan`. Unlike the agent, which goes on with what it can
// read, a plan of half the objects would be a lie: whatever cannot be read is an error.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bgp/base/result.h"

namespace dunlin::agent {

// Of a directory the files that end in .yaml, .yml and .json, in order. The error names file and line.
Result<std::vector<nlohmann::json>, Error> read_objects(const std::string& path);
// By workload: a JSON object of all of them, or a directory with a file for each, as Felix writes it.
Result<std::map<std::string, nlohmann::json>, Error> read_endpoint_status(const std::string& path);

}  // namespace dunlin::agent
