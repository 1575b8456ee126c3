// What all nodes say of the shared objects: read once from their BGPNodeStatus objects, then asked for each
// object, so that a round over P objects and S sessions costs P + S.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dunlin::agent {

// The sessions that one BGPPeer has on all nodes.
struct SessionTally {
    struct Down {
        std::string node, reason, message;
    };
    std::uint64_t desired = 0, established = 0;
    std::vector<Down> down;
};
// The same from many nodes is one.
struct Complaint {
    std::string reason, text;
    friend auto operator<=>(const Complaint&, const Complaint&) = default;
};

class ClusterStatus {
public:
    using Nodes = std::vector<std::shared_ptr<const nlohmann::json>>;

    // What is malformed in them counts as absent.
    explicit ClusterStatus(const Nodes& nodes);

    const SessionTally& sessions(const std::string& peer) const;
    const std::set<Complaint>& complaints(const std::string& kind, const std::string& name) const;

private:
    std::map<std::string, SessionTally> sessions_;
    std::map<std::pair<std::string, std::string>, std::set<Complaint>> complaints_;
};

}  // namespace dunlin::agent
