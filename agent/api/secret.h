// A Secret: values by key, decoded from base64 (`data`) or plain (`stringData`). Never logged, never printed.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/api/problem.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

struct Secret {
    ObjectMeta meta;
    std::string namespace_;
    std::map<std::string, std::string> values;
    friend bool operator==(const Secret&, const Secret&) = default;
};

Result<Secret, Problems> parse_secret(const nlohmann::json& object);

}  // namespace dunlin::agent
