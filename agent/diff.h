// What has to change so that `running` becomes `wanted`. Used for sessions, kernel routes and status. Pure.
#pragma once

#include <map>
#include <vector>

namespace dunlin::agent {

template <class Key, class Value>
struct Changes {
    std::map<Key, Value> added, changed;
    std::vector<Key> removed;

    bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
    friend bool operator==(const Changes&, const Changes&) = default;
};

template <class Key, class Value>
Changes<Key, Value> diff(const std::map<Key, Value>& running, const std::map<Key, Value>& wanted) {
    Changes<Key, Value> out;
    for (const auto& [key, value] : wanted) {
        const auto now = running.find(key);
        if (now == running.end()) {
            out.added.emplace(key, value);
        } else if (!(now->second == value)) {
            out.changed.emplace(key, value);
        }
    }
    for (const auto& [key, value] : running) {
        if (!wanted.contains(key)) out.removed.push_back(key);
    }
    return out;
}

}  // namespace dunlin::agent
