// The status that `kubectl get` shows. A node's own BGPNodeStatus comes from its view; the status of the
// shared objects comes from the BGPNodeStatus objects of all nodes, so that whoever is elected needs to know
// no more. Pure: the time is given, and lastTransitionTime moves only when a condition does (against the
// previous status).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/show/view.h"
#include "agent/status_cluster.h"

namespace dunlin::agent {

// The whole BGPNodeStatus object of this node: metadata and status. `previous` is the last one written or
// read; null if there is none.
nlohmann::json node_status(const NodeView& view, const nlohmann::json& previous);

// A shared object, as far as its status needs it.
struct StatusSubject {
    std::string kind, name;
    std::int64_t generation = 0;
};
// Each gives the value of .status. `previous` is the object's present .status, or null.
nlohmann::json peer_status(const StatusSubject& peer, const ClusterStatus& nodes,
                           const nlohmann::json& previous, WallTime now);
nlohmann::json pool_status(const StatusSubject& pool, const PoolView& counts, const ClusterStatus& nodes,
                           const nlohmann::json& previous, WallTime now);
// BGPConfiguration, BGPFilter: Accepted alone.
nlohmann::json accepted_status(const StatusSubject& subject, const ClusterStatus& nodes,
                               const nlohmann::json& previous, WallTime now);

// The object to apply: apiVersion, kind, metadata.name and that status.
nlohmann::json status_patch(const StatusSubject& subject, const nlohmann::json& status);

// When a status may be written: at once for the first time, at most once a second when what people act on
// changed, once in 30 s when only counters did, not at all when nothing did. Pure.
class StatusGate {
public:
    explicit StatusGate(Duration urgent = Seconds(1), Duration counters = Seconds(30))
        : urgent_(urgent), counters_(counters) {}

    // Nothing is due before, whatever has changed.
    Time earliest() const;
    // When `wanted` is due; `now` or earlier: write. Nothing: it is what was written.
    std::optional<Time> due(const nlohmann::json& wanted, Time now) const;
    void written(const nlohmann::json& object, Time now);
    // The write failed: the same is due again, doubling from a second to a minute.
    void failed(Time now);

private:
    Duration urgent_, counters_;
    std::size_t whole_ = 0, important_ = 0;  // hashes of what was written
    std::optional<Time> last_;
    Time not_before_{};
    Duration back_off_{0};
};

}  // namespace dunlin::agent
