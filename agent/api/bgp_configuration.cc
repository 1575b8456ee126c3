#include "agent/api/bgp_configuration.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "agent/api/community.h"
#include "agent/api/fields.h"
#include "agent/api/secret_ref.h"

namespace dunlin::agent {
namespace {

constexpr std::size_t kMaxEntries = 500;
constexpr std::int64_t kMaxPriority = 2147483646;
using CommunityNames = std::map<std::string, Community>;

void read_mesh(Fields& spec, BgpConfiguration& out) {
    out.mesh_enabled = spec.boolean("nodeToNodeMeshEnabled");
    out.mesh_password = read_secret_ref(spec, "nodeMeshPassword");
    out.mesh_next_password = read_secret_ref(spec, "nodeMeshNextPassword");
    if (out.mesh_next_password && !spec.has("nodeMeshPassword")) {
        spec.problem("nodeMeshNextPassword",
                     "is the key that comes after nodeMeshPassword, which is not set");
    }
    out.mesh_max_restart_time = spec.duration("nodeMeshMaxRestartTime", Seconds(0), Seconds(65535));
    if (out.mesh_enabled.value_or(true)) return;
    for (const char* field : {"nodeMeshPassword", "nodeMeshNextPassword", "nodeMeshMaxRestartTime"}) {
        if (spec.has(field)) spec.problem(field, "must not be set when nodeToNodeMeshEnabled is false");
    }
}

std::optional<LogSeverity> read_severity(Fields& spec) {
    auto text = spec.text("logSeverityScreen", 16);
    if (!text) return std::nullopt;
    std::string lower = *text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower == "debug") return LogSeverity::debug;
    if (lower == "info") return LogSeverity::info;
    for (const char* word : {"trace", "warning", "warn", "error", "fatal"}) {
        if (lower == word) return LogSeverity::none;
    }
    spec.problem("logSeverityScreen",
                 excerpt(*text) + " is none of Trace, Debug, Info, Warning, Error, Fatal");
    return std::nullopt;
}

// Host bits are cut off here, as Calico does; an entry with an empty cidr is ignored.
std::vector<Prefix> read_ranges(Fields& spec, const char* field) {
    std::vector<Prefix> out;
    spec.each(field, kMaxEntries, [&](const nlohmann::json& entry, const std::string& path) {
        Fields range(entry, path, spec.problems());
        const auto text = range.text("cidr", 64);
        range.report_unknown();
        if (!text) return;
        const auto parsed =
            text->find('/') == std::string::npos ? std::nullopt : InterfaceAddress::parse(*text);
        if (!parsed) return range.problem("cidr", excerpt(*text) + " is not a prefix");
        if (std::find(out.begin(), out.end(), parsed->subnet()) == out.end()) out.push_back(parsed->subnet());
    });
    return out;
}

CommunityNames read_communities(Fields& spec) {
    CommunityNames out;
    spec.each("communities", kMaxEntries, [&](const nlohmann::json& entry, const std::string& path) {
        Fields community(entry, path, spec.problems());
        const auto name = community.text("name", 253);
        const auto value = community.text("value", 64);
        community.report_unknown();
        if (!community.has("name")) community.problem("name", "is required");
        if (!community.has("value")) community.problem("value", "is required");
        if (!name || !value) return;
        const auto parsed = parse_community(*value);
        if (!parsed) return community.problem("value", excerpt(*value) + " is not a community a:b or a:b:c");
        if (!out.emplace(*name, *parsed).second)
            community.problem("name", excerpt(*name) + " is there twice");
    });
    return out;
}

template <class T>
void add_once(std::vector<T>& list, const T& value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

std::optional<bgp::PrefixCommunities> read_advertisement(Fields& entry, const CommunityNames& names) {
    if (!entry.has("cidr")) entry.problem("cidr", "is required");
    const auto cidr = entry.prefix("cidr");
    const auto values = entry.texts("communities", 50);
    if (!entry.has("communities")) entry.problem("communities", "is required");
    entry.report_unknown();
    if (!cidr) return std::nullopt;
    bgp::PrefixCommunities out;
    out.prefix = *cidr;
    for (const std::string& text : values) {
        const auto named = names.find(text);
        const auto value = named == names.end() ? parse_community(text) : std::optional(named->second);
        if (!value) {
            entry.problem("communities",
                          excerpt(text) + " is neither a community a:b or a:b:c nor the name of one");
        } else if (const auto* standard = std::get_if<std::uint32_t>(&*value)) {
            add_once(out.communities, *standard);
        } else {
            add_once(out.large, std::get<bgp::LargeCommunity>(*value));
        }
    }
    return out;
}

void read_advertisements(Fields& spec, BgpConfiguration& out) {
    const CommunityNames names = read_communities(spec);
    const bool listed = spec.has("prefixAdvertisements");
    std::vector<bgp::PrefixCommunities> entries;
    spec.each("prefixAdvertisements", kMaxEntries, [&](const nlohmann::json& json, const std::string& path) {
        Fields entry(json, path, spec.problems());
        if (auto advertisement = read_advertisement(entry, names))
            entries.push_back(std::move(*advertisement));
    });
    if (!names.empty() && !listed) {
        spec.problem("communities", "no prefixAdvertisement uses them", Reason::ignored);
    }
    if (listed) out.prefix_advertisements = std::move(entries);
}

void read_rest(Fields& spec, BgpConfiguration& out) {
    out.as_number = spec.asn("asNumber");
    if (const auto port = spec.integer("listenPort", 1, 65535))
        out.listen_port = static_cast<std::uint16_t>(*port);
    out.bind_node_ip = spec.choice<bool>("bindMode", {{"None", false}, {"NodeIP", true}}).value_or(false);
    out.log_severity = read_severity(spec);
    out.service_cluster_ips = read_ranges(spec, "serviceClusterIPs");
    out.service_external_ips = read_ranges(spec, "serviceExternalIPs");
    out.service_load_balancer_ips = read_ranges(spec, "serviceLoadBalancerIPs");
    out.service_load_balancer_aggregation =
        spec.choice<bool>("serviceLoadBalancerAggregation", {{"Enabled", true}, {"Disabled", false}})
            .value_or(true);
    for (std::string& pattern : spec.texts("ignoredInterfaces", 100, 15)) {
        if (pattern == "*" || pattern.find_first_of("/ \t") != std::string::npos) {
            spec.problem("ignoredInterfaces",
                         excerpt(pattern) + " is not an interface, with * as a wildcard");
        } else {
            out.ignored_interfaces.push_back(std::move(pattern));
        }
    }
    const auto priority = [&](const char* field) {
        return static_cast<std::uint32_t>(spec.integer(field, 1, kMaxPriority).value_or(1024));
    };
    out.ipv4_normal_priority = priority("ipv4NormalRoutePriority");
    out.ipv6_normal_priority = priority("ipv6NormalRoutePriority");
}

std::optional<IpAddress> read_address(Fields& spec, const char* field, Family family) {
    const auto out = spec.address(field);
    if (!out || out->family() == family) return out;
    spec.problem(field, out->to_string() + " is of the other family");
    return std::nullopt;
}

void read_special(Fields& spec, BgpConfiguration& out) {
    out.local_workload_peering_ipv4 = read_address(spec, "localWorkloadPeeringIPV4", Family::ipv4);
    out.local_workload_peering_ipv6 = read_address(spec, "localWorkloadPeeringIPV6", Family::ipv6);
    const auto programs =
        spec.text("programClusterRoutes", 64);  // an unknown value is the default, as in Calico
    if (programs == "Enabled") out.program_cluster_routes = ProgramRoutes::enabled;
    if (programs == "Disabled") out.program_cluster_routes = ProgramRoutes::disabled;
    if (programs == "EnabledIPIPOnly") out.program_cluster_routes = ProgramRoutes::ipip_only;
    if (programs && out.program_cluster_routes == ProgramRoutes::no_encap_only &&
        *programs != "EnabledNoEncapOnly") {
        spec.problem(
            "programClusterRoutes",
            excerpt(*programs) + " is none of Enabled, Disabled, EnabledIPIPOnly, EnabledNoEncapOnly");
    }
    if (const auto id = read_address(spec, "routerID", Family::ipv4)) {
        if (id->is_unspecified()) {
            spec.problem("routerID", "must not be 0.0.0.0");  // RFC 6286 2.1
        } else {
            out.router_id = RouterId(id->to_v4());
        }
    }
    if (auto confederation = spec.part("confederation")) {
        if (!confederation->has("identifier")) confederation->problem("identifier", "is required");
        const auto identifier = confederation->asn("identifier");
        auto members = confederation->asns("members", kMaxEntries);
        confederation->report_unknown();
        if (identifier) out.confederation = Confederation{*identifier, std::move(members)};
    }
}

constexpr const char* kDefaultOnly[] = {"asNumber",
                                        "nodeToNodeMeshEnabled",
                                        "nodeMeshPassword",
                                        "nodeMeshNextPassword",
                                        "nodeMeshMaxRestartTime",
                                        "bindMode",
                                        "serviceClusterIPs",
                                        "serviceExternalIPs",
                                        "serviceLoadBalancerIPs",
                                        "serviceLoadBalancerAggregation",
                                        "ignoredInterfaces",
                                        "localWorkloadPeeringIPV4",
                                        "localWorkloadPeeringIPV6",
                                        "programClusterRoutes",
                                        "ipv4NormalRoutePriority",
                                        "ipv6NormalRoutePriority",
                                        "confederation"};

// desired_state reads each field from the object in which it counts; here it is only said.
void note(Fields& spec, const BgpConfiguration& out) {
    const bool is_node = out.meta.name.starts_with("node.");
    if (!is_node && out.meta.name != "default") {
        return Fields(nlohmann::json(), "metadata", spec.problems())
            .problem("name", "only default and node.NAME count", Reason::ignored);
    }
    for (const char* field : kDefaultOnly) {
        if (is_node && spec.has(field))
            spec.problem(field, "counts in the object default only", Reason::ignored);
    }
    if (!is_node && spec.has("routerID"))
        spec.problem("routerID", "counts in node.NAME only", Reason::ignored);
}

}  // namespace

Result<BgpConfiguration, Problems> parse_bgp_configuration(const nlohmann::json& object) {
    Problems problems;
    BgpConfiguration out;
    out.meta = read_meta(object, problems);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    Fields spec(member(object, "spec"), "spec", problems);
    read_mesh(spec, out);
    read_rest(spec, out);
    read_advertisements(spec, out);
    read_special(spec, out);
    note(spec, out);
    spec.report_unknown();
    move_warnings(problems, out.meta);
    out.refused = std::move(problems);
    return out;
}

}  // namespace dunlin::agent
