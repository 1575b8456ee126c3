#include "agent/app/resources.h"

#include <cassert>

namespace dunlin::agent {
namespace {

k8s::Resource routing(ApiGroup group, const char* plural, const char* kind) {
    k8s::Resource out;
    out.group = std::string(name(group));
    out.version = group == ApiGroup::calico ? "v3" : "v1";
    out.plural = plural;
    out.kind = kind;
    return out;
}

k8s::Resource nodes() {
    k8s::Resource out;
    out.version = "v1";
    out.plural = "nodes";
    out.kind = "Node";
    // The bulk of a Node, of no use to routing.
    out.drop = {"/status/images", "/status/conditions", "/status/nodeInfo", "/status/volumesAttached"};
    return out;
}

k8s::Resource secrets(const std::string& of_namespace) {
    k8s::Resource out;
    out.version = "v1";
    out.plural = "secrets";
    out.kind = "Secret";
    out.namespaced = true;
    out.namespace_ = of_namespace;
    return out;
}

}  // namespace

std::vector<k8s::Resource> watched_resources(ApiGroup group, const std::string& secret_namespace) {
    return {routing(group, "bgppeers", "BGPPeer"),
            routing(group, "bgpconfigurations", "BGPConfiguration"),
            routing(group, "bgpfilters", "BGPFilter"),
            routing(group, "ippools", "IPPool"),
            routing(group, "blockaffinities", "BlockAffinity"),
            nodes(),
            secrets(secret_namespace)};
}

std::vector<k8s::Resource> service_resources() {
    k8s::Resource services;
    services.version = "v1";
    services.plural = "services";
    services.kind = "Service";
    services.namespaced = true;
    k8s::Resource slices = services;
    slices.group = "discovery.k8s.io";
    slices.plural = "endpointslices";
    slices.kind = "EndpointSlice";
    return {services, slices};
}

k8s::Resource calico_node_statuses(ApiGroup group) {
    return routing(group, "caliconodestatuses", "CalicoNodeStatus");
}

k8s::Resource resource_of(ApiGroup group, const std::string& kind) {
    if (kind == "BGPNodeStatus") return routing(ApiGroup::dunlin, "bgpnodestatuses", "BGPNodeStatus");
    for (auto& resource : watched_resources(group, "")) {
        if (resource.kind == kind) return resource;
    }
    assert(false && "a kind that is not watched");
    return {};
}

}  // namespace dunlin::agent
