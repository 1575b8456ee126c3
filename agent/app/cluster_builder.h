// From the stores' JSON to checked values: only what changed since the last time is parsed again. What cannot
// be parsed stays as refused, with its reasons. It decides nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/app/workload_files.h"
#include "agent/cluster.h"
#include "k8s/store.h"

namespace dunlin::agent {

class ClusterBuilder {
public:
    // Brings `cluster()` to what the stores hold. Secrets of other namespaces than `secret_namespace` do not
    // count. True: something changed.
    bool update(const std::vector<const k8s::Store*>& stores, const std::string& secret_namespace);

    const Cluster& cluster() const { return cluster_; }
    // The machine's own addresses stand in for what a Node does not say.
    bool set_machine_addresses(std::vector<InterfaceAddress> addresses);

    void set_workloads(const WorkloadFiles& files);

private:
    bool update_store(const k8s::Store& store, const std::string& secret_namespace);

    struct Seen {
        std::uint64_t revision = 0;
        std::map<k8s::ObjectKey, k8s::ObjectPtr> objects;
    };
    std::map<const k8s::Store*, Seen> seen_;
    std::uint64_t workloads_revision_ = 0;
    Cluster cluster_;
};

}  // namespace dunlin::agent
