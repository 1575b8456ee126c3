#include "agent/api/service.h"

#include <nlohmann/json.hpp>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

constexpr std::size_t kMaxAddresses = 1000;
constexpr std::size_t kMaxEndpoints = 10'000;  // the API server allows 1,000 a slice
constexpr const char* kServiceName = "kubernetes.io/service-name";

void add_address(Fields& fields, const std::string& path, const std::string& text,
                 std::vector<IpAddress>& out) {
    const auto address = IpAddress::parse(text);
    if (address) {
        out.push_back(*address);
    } else {
        fields.problems().push_back({path, excerpt(text) + " is not an IP address"});
    }
}

std::vector<IpAddress> read_addresses(Fields& fields, const char* field) {
    std::vector<IpAddress> out;
    std::size_t index = 0;
    for (const std::string& text : fields.texts(field, kMaxAddresses, 64)) {
        const std::string path = fields.path() + "." + field + "[" + std::to_string(index++) + "]";
        if (text != "None") add_address(fields, path, text, out);
    }
    return out;
}

void read_families(Fields& spec, Service& out) {
    for (const std::string& family : spec.texts("ipFamilies", 2, 16)) {
        if (family == "IPv4") {
            out.families.insert(Family::ipv4);
        } else if (family == "IPv6") {
            out.families.insert(Family::ipv6);
        } else {
            spec.problem("ipFamilies", excerpt(family) + " is none of IPv4, IPv6");
        }
    }
    if (spec.has("ipFamilies")) return;
    for (const IpAddress& address : out.cluster_ips) out.families.insert(address.family());
}

std::vector<IpAddress> read_ingress(const nlohmann::json& status, Problems& problems) {
    std::vector<IpAddress> out;
    Fields fields(status, "status", problems);
    auto balancer = fields.part("loadBalancer");
    if (!balancer) return out;
    balancer->each("ingress", kMaxAddresses, [&](const nlohmann::json& entry, const std::string& path) {
        Fields ingress(entry, path, problems);
        if (const auto ip = ingress.address("ip")) out.push_back(*ip);  // else a hostname
    });
    return out;
}

void read_endpoint(Fields endpoint, EndpointSlice& out) {
    const auto node = endpoint.text("nodeName", 253);
    std::optional<bool> ready;
    if (auto conditions = endpoint.part("conditions")) ready = conditions->boolean("ready");
    if (!ready.value_or(true)) return;
    out.any_ready = true;
    if (node) out.ready_nodes.insert(*node);
}

}  // namespace

Result<Service, Problems> parse_service(const nlohmann::json& object) {
    Problems problems;
    Service out;
    out.meta = read_meta(object, problems);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    Fields metadata(member(object, "metadata"), "metadata", problems);
    out.namespace_ = metadata.text("namespace", 253).value_or("");
    Fields spec(member(object, "spec"), "spec", problems);
    const std::string type = spec.text("type", 64).value_or("ClusterIP");
    const std::string cluster_ip = spec.text("clusterIP", 64).value_or("");
    out.load_balancer = type == "LoadBalancer";
    out.routable = (type == "ClusterIP" || type == "NodePort" || out.load_balancer) && !cluster_ip.empty() &&
                   cluster_ip != "None";
    out.cluster_ips = read_addresses(spec, "clusterIPs");
    if (!spec.has("clusterIPs") && out.routable)
        add_address(spec, "spec.clusterIP", cluster_ip, out.cluster_ips);
    out.policy = spec.choice<TrafficPolicy>("externalTrafficPolicy", {{"Cluster", TrafficPolicy::cluster},
                                                                      {"Local", TrafficPolicy::local}})
                     .value_or(TrafficPolicy::unset);
    read_families(spec, out);
    out.external_ips = read_addresses(spec, "externalIPs");
    out.requested_ip = spec.address("loadBalancerIP");
    out.ingress_ips = read_ingress(member(object, "status"), problems);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

Result<EndpointSlice, Problems> parse_endpoint_slice(const nlohmann::json& object) {
    Problems problems;
    EndpointSlice out;
    out.meta = read_meta(object, problems);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    Fields metadata(member(object, "metadata"), "metadata", problems);
    out.namespace_ = metadata.text("namespace", 253).value_or("");
    if (auto labels = metadata.part("labels")) out.service = labels->text(kServiceName, 253).value_or("");
    Fields slice(object, "", problems);
    using MaybeFamily = std::optional<Family>;
    out.family = slice
                     .choice<MaybeFamily>("addressType", {{"IPv4", MaybeFamily(Family::ipv4)},
                                                          {"IPv6", MaybeFamily(Family::ipv6)},
                                                          {"FQDN", MaybeFamily()}})
                     .value_or(MaybeFamily());
    slice.each("endpoints", kMaxEndpoints, [&](const nlohmann::json& entry, const std::string& path) {
        read_endpoint(Fields(entry, path, problems), out);
    });
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
