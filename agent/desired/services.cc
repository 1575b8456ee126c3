// Addresses of Services that this node tells its neighbours: whole ranges of the configuration, and the
// addresses of single Services by their traffic policy and endpoints. Calico's rules, but for two slips of
// its own: what a slice or a Service no longer has goes away at once, whatever it is named.
#include <algorithm>
#include <unordered_map>

#include "agent/desired/context.h"
#include "bgp/base/words.h"

namespace dunlin::agent {
namespace {

constexpr const char* kExcluded = "node.kubernetes.io/exclude-from-external-load-balancers";
constexpr const char* kClusterRanges = "CALICO_ADVERTISE_CLUSTER_IPS";
using Prefixes = std::vector<Prefix>;

struct Ranges {
    Prefixes cluster, external, load_balancer;
    bool aggregate = true;  // load balancer ranges are announced as a whole
};

Prefixes ranges_of_text(const std::string& text) {
    Prefixes out;
    for (const std::string_view part : words(text, ",")) {
        const auto range = InterfaceAddress::parse(part);
        if (range && part.find('/') != std::string_view::npos) out.push_back(range->subnet());
    }
    return out;
}

Ranges configured_ranges(const Context& context) {
    Ranges out;
    if (context.common != nullptr) {
        out.cluster = context.common->service_cluster_ips;
        out.external = context.common->service_external_ips;
        out.load_balancer = context.common->service_load_balancer_ips;
        out.aggregate = context.common->service_load_balancer_aggregation;
    }
    const auto env = context.options.env.find(kClusterRanges);
    if (env != context.options.env.end() && !env->second.empty()) out.cluster = ranges_of_text(env->second);
    return out;
}

void append_ranges(const Prefixes& from, Prefixes& to) {
    std::copy_if(from.begin(), from.end(), std::back_inserter(to),
                 [](const Prefix& prefix) { return !prefix.is_host(); });
}

// Announced by every node, and kept out of every node's kernel.
Prefixes whole_ranges(const Ranges& ranges) {
    Prefixes out = ranges.cluster;
    append_ranges(ranges.external, out);
    if (ranges.aggregate) append_ranges(ranges.load_balancer, out);
    return out;
}

bool any_holds(const Prefixes& ranges, const IpAddress& address, bool single) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Prefix& range) {
        return range.contains(address) && (!single || range.is_host());
    });
}

// Which Services have endpoints that are ready, here and anywhere, by the families of their slices.
struct Endpoints {
    bool known = false;  // there is a slice
    bool here[2] = {false, false}, anywhere[2] = {false, false};
};
// Slices are many: by "NAMESPACE/NAME" of the Service, once.
std::unordered_map<std::string, Endpoints> endpoints(const Context& context) {
    std::unordered_map<std::string, Endpoints> out;
    out.reserve(context.cluster.slices.size());
    const auto ref = context.options.env.find("CALICO_K8S_NODE_REF");
    const std::string& node = ref == context.options.env.end() ? context.options.node : ref->second;
    for (const auto& [key, slice] : context.cluster.slices) {
        if (slice.service.empty()) continue;
        Endpoints& of_service = out[slice.namespace_ + "/" + slice.service];
        of_service.known = true;
        if (!slice.family) continue;
        const auto family = static_cast<std::size_t>(*slice.family);
        of_service.anywhere[family] |= slice.any_ready;
        of_service.here[family] |= slice.ready_nodes.contains(node);
    }
    return out;
}

bool in_any_family(const Service& service, const bool (&ready)[2]) {
    return std::any_of(service.families.begin(), service.families.end(),
                       [&](Family family) { return ready[static_cast<std::size_t>(family)]; });
}

// An address of the Service has an entry of its own in the lists: every node announces it.
bool has_single_entry(const Service& service, const Ranges& ranges) {
    const auto single = [](const Prefixes& list) {
        return [&list](const IpAddress& address) { return any_holds(list, address, true); };
    };
    if (std::any_of(service.external_ips.begin(), service.external_ips.end(), single(ranges.external))) {
        return true;
    }
    if (!service.load_balancer) return false;
    if (service.requested_ip && any_holds(ranges.load_balancer, *service.requested_ip, true)) return true;
    return std::any_of(service.ingress_ips.begin(), service.ingress_ips.end(), single(ranges.load_balancer));
}

bool is_announced(const Service& service, const Endpoints& endpoints, const Ranges& ranges) {
    if (!service.routable || !endpoints.known) return false;
    if (service.policy == TrafficPolicy::local) return in_any_family(service, endpoints.here);
    if (service.policy == TrafficPolicy::cluster && has_single_entry(service, ranges)) return true;
    return !ranges.aggregate && in_any_family(service, endpoints.anywhere);
}

void add_addresses(const Service& service, const Ranges& ranges, Prefixes& out) {
    const auto add_allowed = [&](const std::vector<IpAddress>& addresses, const Prefixes& allowed) {
        for (const IpAddress& address : addresses) {
            if (any_holds(allowed, address, false)) out.push_back(Prefix::host(address));
        }
    };
    if (!ranges.cluster.empty()) {
        for (const IpAddress& address : service.cluster_ips) out.push_back(Prefix::host(address));
    }
    add_allowed(service.external_ips, ranges.external);
    add_allowed(service.ingress_ips, ranges.load_balancer);
}

Prefixes of_family(const Prefixes& all, Family family) {
    Prefixes out;
    std::copy_if(all.begin(), all.end(), std::back_inserter(out),
                 [&](const Prefix& prefix) { return prefix.family() == family; });
    return out;
}

}  // namespace

bool uses_services(const Cluster& cluster, const Options& options) {
    const auto env = options.env.find(kClusterRanges);
    if (env != options.env.end() && !env->second.empty()) return true;
    const auto common = cluster.configurations.find("default");
    if (common == cluster.configurations.end()) return false;
    const BgpConfiguration& of = common->second;
    return !of.service_cluster_ips.empty() || !of.service_external_ips.empty() ||
           !of.service_load_balancer_ips.empty();
}

void add_services(const Context& context, Desired& out) {
    const Ranges ranges = configured_ranges(context);
    const Prefixes whole = whole_ranges(ranges);
    Prefixes announced;
    const auto excluded = context.labels.find(kExcluded);
    if (excluded == context.labels.end() || excluded->second != "true") {
        announced = whole;
        const auto known = endpoints(context);
        for (const auto& [key, service] : context.cluster.services) {
            const auto found = known.find(key);
            if (found == known.end() || !is_announced(service, found->second, ranges)) continue;
            add_addresses(service, ranges, announced);
        }
    }
    Prefixes as_reflector;
    if (context.facts.cluster_id) {
        as_reflector = ranges.load_balancer;
        as_reflector.insert(as_reflector.end(), ranges.external.begin(), ranges.external.end());
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        DesiredFamily& part = out.of(family);
        part.kernel_policy.reject_services = bgp::PrefixSet(of_family(whole, family));
        part.services = bgp::PrefixSet(of_family(announced, family));
        part.services_as_reflector = bgp::PrefixSet(of_family(as_reflector, family));
        for (const Prefix& prefix : part.services.prefixes()) {
            part.statics.emplace(prefix, StaticRoute{{}, StaticPurpose::service});
        }
    }
}

}  // namespace dunlin::agent
