// Which addresses of Services a node announces, and what nonsense in them costs.
#include "objects.h"

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {

void put_configuration(Cluster& cluster, json spec) {
    spec["nodeToNodeMeshEnabled"] = false;
    put_spec(cluster, "BGPConfiguration", "default", spec);
}

json ranges() {
    return {{"serviceClusterIPs", {{{"cidr", "10.96.0.0/16"}}}},
            {"serviceExternalIPs", {{{"cidr", "203.0.113.0/24"}}, {{"cidr", "198.51.100.7/32"}}}},
            {"serviceLoadBalancerIPs", {{{"cidr", "192.0.2.0/24"}}}}};
}

json service_spec(const char* policy) {
    return {{"type", "LoadBalancer"},         {"clusterIP", "10.96.0.10"},
            {"clusterIPs", {"10.96.0.10"}},   {"ipFamilies", {"IPv4"}},
            {"externalIPs", {"203.0.113.7"}}, {"loadBalancerIP", "192.0.2.9"},
            {"externalTrafficPolicy", policy}};
}

void put_namespaced(Cluster& cluster, const std::string& kind, const std::string& name, json object) {
    object["metadata"]["name"] = name;
    object["metadata"]["namespace"] = "default";
    put(cluster, {kind, "default/" + name}, parse_object(kind, object));
}
void put_service(Cluster& cluster, const std::string& name, const json& spec) {
    put_namespaced(cluster, "Service", name,
                   {{"spec", spec}, {"status", {{"loadBalancer", {{"ingress", {{{"ip", "192.0.2.9"}}}}}}}}});
}
json slice_of(const std::string& service, const json& node, bool ready) {
    return {{"metadata", {{"labels", {{"kubernetes.io/service-name", service}}}}},
            {"addressType", "IPv4"},
            {"endpoints",
             {{{"addresses", {"10.0.0.5"}}, {"nodeName", node}, {"conditions", {{"ready", ready}}}}}}};
}

Cluster base(const char* policy = "Local") {
    Cluster out;
    put_node(out, "n1", "10.0.0.9/24");
    put_node(out, "n2", "10.0.0.10/24");
    put_configuration(out, ranges());
    put_service(out, "web", service_spec(policy));
    put_namespaced(out, "EndpointSlice", "web-1", slice_of("web", "n1", true));
    return out;
}

bool announces(const Cluster& cluster, const char* prefix, const char* node = "n1") {
    return desired_of(cluster, node).ipv4.services.contains(*Prefix::parse(prefix));
}

}  // namespace

TEST_CASE("services: with Local policy the nodes of ready endpoints announce its addresses") {
    const Cluster cluster = base();
    for (const char* prefix : {"10.96.0.10/32", "203.0.113.7/32", "192.0.2.9/32"}) {
        CAPTURE(prefix);
        CHECK(announces(cluster, prefix));
        CHECK_FALSE(announces(cluster, prefix, "n2"));
    }
    for (const char* range : {"10.96.0.0/16", "203.0.113.0/24", "192.0.2.0/24"}) {
        CHECK(announces(cluster, range, "n2"));
    }
    CHECK_FALSE(announces(cluster, "198.51.100.7/32"));  // an address of its own is no range
}

TEST_CASE("services: an endpoint that is not ready, or whose slice goes, withdraws") {
    Cluster cluster = base();
    put_namespaced(cluster, "EndpointSlice", "web-1", slice_of("web", "n1", false));
    CHECK_FALSE(announces(cluster, "10.96.0.10/32"));
    cluster = base();
    erase(cluster, {"EndpointSlice", "default/web-1"});
    CHECK_FALSE(announces(cluster, "10.96.0.10/32"));
    cluster = base();
    put_namespaced(cluster, "EndpointSlice", "web-1", slice_of("other", "n1", true));
    CHECK_FALSE(announces(cluster, "10.96.0.10/32"));
}

TEST_CASE("services: with Cluster policy only single addresses are told, by every node") {
    Cluster cluster = base("Cluster");
    CHECK_FALSE(announces(cluster, "10.96.0.10/32"));
    json spec = service_spec("Cluster");
    spec["externalIPs"] = {"198.51.100.7"};
    put_service(cluster, "web", spec);
    CHECK(announces(cluster, "198.51.100.7/32"));
    CHECK(announces(cluster, "198.51.100.7/32", "n2"));
    // Without aggregation every Service with an endpoint anywhere is told, and the range is not.
    cluster = base("Cluster");
    json config = ranges();
    config["serviceLoadBalancerAggregation"] = "Disabled";
    put_configuration(cluster, config);
    CHECK(announces(cluster, "192.0.2.9/32", "n2"));
    CHECK_FALSE(announces(cluster, "192.0.2.0/24"));
}

TEST_CASE("services: a node with the exclusion label announces nothing, and keeps ranges out of its kernel") {
    Cluster cluster = base();
    put_node(cluster, "n1", "10.0.0.9/24",
             {{"node.kubernetes.io/exclude-from-external-load-balancers", "true"}});
    const Desired desired = desired_of(cluster, "n1");
    CHECK(desired.ipv4.services.empty());
    CHECK(desired.ipv4.kernel_policy.reject_services.covers(*Prefix::parse("10.96.0.10/32")));
    CHECK_FALSE(desired.ipv4.kernel_policy.reject_services.covers(*Prefix::parse("198.51.100.7/32")));
}

TEST_CASE("services: are only asked for where a range is set") {
    Options options;
    CHECK(uses_services(base(), options));
    Cluster cluster = base();
    put_configuration(cluster, json::object());
    CHECK_FALSE(uses_services(cluster, options));
    options.env["CALICO_ADVERTISE_CLUSTER_IPS"] = "10.96.0.0/12";
    CHECK(uses_services(cluster, options));
}

TEST_CASE("services: every field turned to nonsense refuses that Service alone, and names the field") {
    const json good = service_spec("Local");
    for (const auto& [field, value] : good.items()) {
        for (const json& nonsense :
             {json(json::object({{"x", 1}})), json(std::string(10000, 'x')), json(7)}) {
            CAPTURE(field);
            CAPTURE(nonsense.dump().substr(0, 40));
            Cluster cluster = base();
            put_service(cluster, "other",
                        {{"type", "ClusterIP"},
                         {"clusterIP", "10.96.0.11"},
                         {"clusterIPs", {"10.96.0.11"}},
                         {"externalTrafficPolicy", "Local"}});
            put_namespaced(cluster, "EndpointSlice", "other-1", slice_of("other", "n1", true));
            json bad = good;
            bad[field] = nonsense;
            put_service(cluster, "web", bad);
            CHECK(announces(cluster, "10.96.0.11/32"));
            if (field == "type" || field == "clusterIP") {
                if (nonsense.is_string()) continue;  // a kind of Service that is not known; no cluster IP
            }
            const Desired desired = desired_of(cluster, "n1");
            const Problem* problem = find_problem(desired, Reason::invalid, "default/web");
            REQUIRE(problem != nullptr);
            CHECK(problem->field.starts_with("spec." + field));
            CHECK_FALSE(announces(cluster, "10.96.0.10/32"));
        }
    }
}

TEST_CASE("services: nonsense in a slice refuses the slice alone") {
    for (const char* field : {"addressType", "endpoints"}) {
        Cluster cluster = base();
        json bad = slice_of("web", "n1", true);
        bad[field] = {{"x", 1}};
        put_namespaced(cluster, "EndpointSlice", "web-2", bad);
        CHECK(announces(cluster, "10.96.0.10/32"));
        CAPTURE(field);
        const Desired desired = desired_of(cluster, "n1");
        const Problem* problem = find_problem(desired, Reason::invalid, "default/web-2");
        REQUIRE(problem != nullptr);
        CHECK(problem->field.starts_with(field));
    }
}

TEST_CASE("workloads: nonsense in an endpoint status refuses that one alone") {
    std::map<std::string, Result<Workload, Problems>> parsed;
    parsed.emplace(
        "good",
        parse_workload({{"ifaceName", "cali1"}, {"bgpPeerName", "p"}, {"ipv4Nets", {"10.244.0.5/32"}}}));
    for (const json& bad : {json(7), json::array(), json({{"ifaceName", 7}}), json({{"ipv4Nets", "x"}}),
                            json({{"ipv4Nets", {"10.244.0.5/33"}}}), json({{"bgpPeerName", {{"x", 1}}}})}) {
        parsed.emplace("bad-" + bad.dump(), parse_workload(bad));
    }
    Cluster cluster;
    put_workloads(cluster, std::move(parsed));
    CHECK(cluster.workloads.size() == 1);
    CHECK(cluster.refused.size() == 6);
}
