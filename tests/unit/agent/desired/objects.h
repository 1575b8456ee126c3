// Short ways to make the objects of a test cluster: from the JSON that a user would write.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "agent/cluster.h"
#include "agent/desired/desired.h"

namespace dunlin::agent::test {

using nlohmann::json;

inline void put_object(Cluster& cluster, const std::string& kind, const std::string& name, json object) {
    object["metadata"]["name"] = name;
    put(cluster, {kind, name}, parse_object(kind, object));
}
inline void put_spec(Cluster& cluster, const std::string& kind, const std::string& name, const json& spec) {
    put_object(cluster, kind, name, {{"spec", spec}});
}
inline void put_node(Cluster& cluster, const std::string& name, const std::string& ipv4,
                     const json& labels = {}, json annotations = json::object()) {
    if (!ipv4.empty()) annotations["dunlin.io/ipv4-address"] = ipv4;
    json metadata = {{"annotations", annotations}};
    if (!labels.is_null()) metadata["labels"] = labels;
    put_object(cluster, "Node", name, {{"metadata", metadata}});
}
inline Desired desired_of(const Cluster& cluster, const std::string& node) {
    Options options;
    options.node = node;
    return desired_state(cluster, options);
}
inline const Problem* find_problem(const Desired& desired, Reason reason, const std::string& name) {
    for (const auto& problem : desired.problems) {
        if (problem.reason == reason && problem.name == name) return &problem;
    }
    return nullptr;
}

}  // namespace dunlin::agent::test
