// All objects as values: the input of desired_state. put and erase keep what was refused, with its reasons.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/object.h"
#include "agent/api/workload.h"

namespace dunlin::agent {

struct Cluster {
    std::map<std::string, BgpPeer> peers;  // all by name
    std::map<std::string, BgpConfiguration> configurations;
    std::map<std::string, BgpFilter> filters;
    std::map<std::string, IpPool> pools;
    std::map<std::string, BlockAffinity> affinities;
    std::map<std::string, Node> nodes;
    std::map<std::string, Secret> secrets;        // of the agent's namespace
    std::map<std::string, Service> services;      // by "NAMESPACE/NAME"
    std::map<std::string, EndpointSlice> slices;  // likewise
    std::map<std::string, Workload> workloads;    // of this node, by the name that Felix gives them
    std::map<ObjectRef, Problems> refused;        // objects that do not count
    // The machine's own global addresses: the prefix length of an InternalIP, and the node's address without
    // a Node.
    std::vector<InterfaceAddress> machine_addresses;

    friend bool operator==(const Cluster&, const Cluster&) = default;
};

namespace detail {
inline auto& objects(Cluster& c, const BgpPeer*) { return c.peers; }
inline auto& objects(Cluster& c, const BgpConfiguration*) { return c.configurations; }
inline auto& objects(Cluster& c, const BgpFilter*) { return c.filters; }
inline auto& objects(Cluster& c, const IpPool*) { return c.pools; }
inline auto& objects(Cluster& c, const BlockAffinity*) { return c.affinities; }
inline auto& objects(Cluster& c, const Node*) { return c.nodes; }
inline auto& objects(Cluster& c, const Secret*) { return c.secrets; }
inline auto& objects(Cluster& c, const Service*) { return c.services; }
inline auto& objects(Cluster& c, const EndpointSlice*) { return c.slices; }
}  // namespace detail

inline void erase(Cluster& cluster, const ObjectRef& ref) {
    cluster.refused.erase(ref);
    if (ref.kind == "BGPPeer") cluster.peers.erase(ref.name);
    if (ref.kind == "BGPConfiguration") cluster.configurations.erase(ref.name);
    if (ref.kind == "BGPFilter") cluster.filters.erase(ref.name);
    if (ref.kind == "IPPool") cluster.pools.erase(ref.name);
    if (ref.kind == "BlockAffinity") cluster.affinities.erase(ref.name);
    if (ref.kind == "Node") cluster.nodes.erase(ref.name);
    if (ref.kind == "Secret") cluster.secrets.erase(ref.name);
    if (ref.kind == "Service") cluster.services.erase(ref.name);
    if (ref.kind == "EndpointSlice") cluster.slices.erase(ref.name);
}

inline void put_workloads(Cluster& cluster, std::map<std::string, Result<Workload, Problems>> workloads) {
    cluster.workloads.clear();
    std::erase_if(cluster.refused, [](const auto& entry) { return entry.first.kind == "Workload"; });
    for (auto& [name, workload] : workloads) {
        if (workload) {
            cluster.workloads.emplace(name, *std::move(workload));
        } else {
            cluster.refused.emplace(ObjectRef{"Workload", name}, workload.error());
        }
    }
}

// Takes the place of whatever was there under this kind and name.
inline void put(Cluster& cluster, const ObjectRef& ref, Result<AnyObject, Problems> object) {
    erase(cluster, ref);
    if (!object) {
        cluster.refused.emplace(ref, object.error());
        return;
    }
    std::visit(
        [&](auto& value) { detail::objects(cluster, &value).insert_or_assign(ref.name, std::move(value)); },
        *object);
}

}  // namespace dunlin::agent
