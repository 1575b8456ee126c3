// What routing needs of a core v1/Service and of the discovery.k8s.io/v1/EndpointSlices behind it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/api/problem.h"
#include "bgp/base/ip_address.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

enum class TrafficPolicy : std::uint8_t { unset, cluster, local };  // externalTrafficPolicy

struct Service {
    ObjectMeta meta;
    std::string namespace_;
    bool routable = false;       // of type ClusterIP, NodePort or LoadBalancer, with a cluster IP
    bool load_balancer = false;  // of type LoadBalancer
    TrafficPolicy policy = TrafficPolicy::unset;
    std::set<Family> families;
    std::vector<IpAddress> cluster_ips, external_ips;
    std::optional<IpAddress> requested_ip;  // spec.loadBalancerIP
    std::vector<IpAddress> ingress_ips;     // status.loadBalancer
    friend bool operator==(const Service&, const Service&) = default;
};

struct EndpointSlice {
    ObjectMeta meta;
    std::string namespace_;
    std::string service;           // of the same namespace; empty: of none
    std::optional<Family> family;  // nothing: FQDN
    // Of its endpoints that are ready (or do not say): the nodes; an endpoint may be on none.
    std::set<std::string> ready_nodes;
    bool any_ready = false;
    friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

Result<Service, Problems> parse_service(const nlohmann::json& object);
Result<EndpointSlice, Problems> parse_endpoint_slice(const nlohmann::json& object);

}  // namespace dunlin::agent
