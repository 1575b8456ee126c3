// Objects that the API server has to refuse, and words of the message by which it has to. Data only.
#pragma once

#include <string>
#include <vector>

namespace dunlin::test {

struct BadObject {
    std::string kind, name;
    std::string before;  // spec of the object that is there already, for rules about changes; none if empty
    std::string spec;    // as YAML in flow style
    std::string says;
};

std::vector<BadObject> bad_peers();
std::vector<BadObject> bad_peer_values();
std::vector<BadObject> bad_configurations();
std::vector<BadObject> bad_filters();
std::vector<BadObject> bad_pools_and_blocks();

}  // namespace dunlin::test
