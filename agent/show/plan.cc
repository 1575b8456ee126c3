#include "agent/show/plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/show/show.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

constexpr int kScanSeconds = 2;  // of Calico's BIRD; we are told of changes, and scan rarely
constexpr int kMultipathLimit = 16;
constexpr int kMultihop = 64;
constexpr unsigned kMaxTtl = 256;

json sorted(json list) {
    std::sort(list.begin(), list.end());
    return list;
}

template <class Prefixes>
json texts(const Prefixes& prefixes) {
    json out = json::array();
    for (const Prefix& prefix : prefixes) out.push_back(prefix.to_string());
    return sorted(std::move(out));
}
json texts(const bgp::PrefixSet& set) { return texts(set.prefixes()); }

std::string colons(std::uint32_t community) {
    return std::to_string(community >> 16) + ":" + std::to_string(community & 0xffff);
}
std::string colons(const bgp::LargeCommunity& community) {
    return std::to_string(community.global) + ":" + std::to_string(community.local1) + ":" +
           std::to_string(community.local2);
}
std::string colons(const bgp::Community& community) {
    return std::visit([](const auto& value) { return colons(value); }, community);
}
std::string colons(const bgp::CommunityPattern& pattern) {
    std::string out;
    for (const auto& part : pattern.parts) {
        if (!out.empty()) out += ":";
        out += part ? std::to_string(*part) : "*";
    }
    return out;
}

json as_numbers(const std::vector<Asn>& numbers) {
    json out = json::array();
    for (const Asn as : numbers) out.push_back(as.value());
    return out;
}

// --- filters ---

json match_json(const bgp::PrefixMatch& match) {
    constexpr const char* kOperators[] = {"equal", "not_equal", "in", "not_in"};
    json out = {{"op", kOperators[static_cast<std::size_t>(match.op)]}, {"cidr", match.prefix.to_string()}};
    if (match.min_length || match.max_length) {
        out["min_len"] = match.min();
        out["max_len"] = match.max();
    }
    return out;
}

struct OperationJson {
    json operator()(const bgp::AddCommunity& o) const { return {{"add_community", colons(o.value)}}; }
    json operator()(const bgp::DeleteCommunity& o) const { return {{"delete_community", colons(o.value)}}; }
    json operator()(const bgp::PrependAsPath& o) const { return {{"prepend_as_path", as_numbers(o.prefix)}}; }
    json operator()(const bgp::SetPriority& o) const { return {{"set_priority", o.value}}; }
    json operator()(const bgp::SetMed& o) const { return {{"set_med", o.value}}; }
    json operator()(const bgp::SetLocalPref& o) const { return {{"set_local_pref", o.value}}; }
};

json rule_json(const bgp::FilterRule& rule) {
    json out = {{"action", rule.accept ? "accept" : "reject"}};
    if (rule.internal_peer) out["peer_class"] = *rule.internal_peer ? "internal" : "external";
    if (rule.prefix) out["prefix"] = match_json(*rule.prefix);
    if (rule.from_bgp_peers) out["source"] = "bgp_peers";
    if (!rule.interface.empty()) out["interface"] = rule.interface;
    if (rule.community) out["community"] = colons(*rule.community);
    if (!rule.as_path_prefix.empty()) out["as_path_prefix"] = as_numbers(rule.as_path_prefix);
    if (rule.priority) out["priority"] = *rule.priority;
    for (const auto& operation : rule.operations) {
        out["operations"].push_back(std::visit(OperationJson(), operation));
    }
    return out;
}

const bgp::FilterChain& rules_of(const BgpFilter& filter, Family family, bool import) {
    if (import) return family == Family::ipv4 ? filter.import_v4 : filter.import_v6;
    return family == Family::ipv4 ? filter.export_v4 : filter.export_v6;
}

json filters_json(const Cluster& cluster, Family family) {
    json out = json::object();
    for (const auto& [name, filter] : cluster.filters) {
        for (const bool import : {true, false}) {
            for (const auto& rule : rules_of(filter, family, import)) {
                out[name][import ? "import" : "export"].push_back(rule_json(rule));
            }
        }
    }
    return out;
}

// Of the filters of a session those that say something in this direction.
json filter_names(const Cluster& cluster, const DesiredSession& session, Family family, bool import) {
    json out = json::array();
    for (const auto& name : session.filters) {
        const auto found = cluster.filters.find(name);
        if (found != cluster.filters.end() && !rules_of(found->second, family, import).empty()) {
            out.push_back(name);
        }
    }
    return out;
}

// --- protocols ---

json static_json(const DesiredFamily& part) {
    constexpr const char* kPurposes[] = {"block", "service", "reach_peer"};
    json routes = json::array();
    for (const auto& [cidr, route] : part.statics) {
        json& last = routes.emplace_back(json{{"cidr", cidr.to_string()},
                                              {"action", route.via ? "via" : "blackhole"},
                                              {"for", kPurposes[static_cast<std::size_t>(route.purpose)]}});
        if (route.via) last["via"] = route.via->to_string();
    }
    std::sort(routes.begin(), routes.end(),
              [](const json& a, const json& b) { return a["cidr"] < b["cidr"]; });
    return {{"kind", "static"}, {"name", "static1"}, {"routes", std::move(routes)}};
}

json timers_json(const bgp::Timers& timers) {
    return {{"hold_s", timers.hold.count()},
            {"keepalive_s", timers.keepalive.value_or(timers.hold / 3).count()},
            {"connect_delay_s", timers.connect_delay.count()},
            {"connect_retry_s", timers.connect_retry.count()},
            {"error_wait_s", {timers.error_wait_min.count(), timers.error_wait_max.count()}}};
}

const char* add_paths(const bgp::Offer& offer) {
    if (offer.add_path_receive && offer.add_path_send) return "both";
    if (offer.add_path_receive) return "receive";
    return offer.add_path_send ? "send" : "off";
}

void add_peer_json(const DesiredSession& session, json& out) {
    constexpr const char* kNextHops[] = {"auto", "self", "keep"};
    const auto& transport = session.config.transport;
    const auto& offer = session.config.offer;
    const auto& live = session.config.live;
    const bool gtsm = live.min_ttl > 0;
    out["origin"] = agent::name(session.origin);
    const bool member = offer.confederation && offer.confederation->with_member;
    out["type"] = offer.local_as == offer.peer_as ? "internal" : member ? "confederation" : "external";
    out["neighbor"] = {{"address", transport.peer_address.to_string()},
                       {"port", transport.peer_port},
                       {"as", offer.peer_as.value()}};
    if (!transport.interface.empty()) out["neighbor"]["interface"] = transport.interface;
    out["local"] = {{"address", nullptr}, {"as", offer.local_as.value()}};
    if (transport.local_address) out["local"]["address"] = transport.local_address->to_string();
    out["passive"] = transport.passive;
    out["multihop"] = gtsm ? static_cast<int>(kMaxTtl - live.min_ttl) : kMultihop;
    out["ttl_security"] = gtsm;
    out["graceful_restart"] = {{"restart_time_s", offer.restart_time_s}};
    out["timers"] = timers_json(session.config.timers);
    out["add_paths"] = add_paths(offer);
    out["next_hop"] = kNextHops[static_cast<std::size_t>(session.policy.next_hop)];
    out["allow_local_as"] = session.policy.allow_own_as;
    out["rr_client"] = nullptr;
    if (session.policy.reflector_client && session.policy.cluster_id) {
        out["rr_client"] = {{"cluster_id", dotted(session.policy.cluster_id->value())}};
    }
}

json session_json(const Cluster& cluster, const std::string& name, const DesiredSession& session,
                  Family family, std::uint32_t normal_priority) {
    json out = {{"kind", "bgp"}, {"name", name}, {"family", dunlin::name(family)}, {"gateway", "recursive"}};
    add_peer_json(session, out);
    out["password"] = nullptr;
    if (session.secret && !session.config.live.md5_key.empty()) {
        out["password"] = {{"secret", session.secret->name}, {"key", session.secret->key}};
    }
    for (const auto& key : session.config.live.ao_keys)
        out["tcp_ao"].push_back({{"send_id", key.send_id}, {"receive_id", key.receive_id}});
    out["import"] = {{"filters", filter_names(cluster, session, family, true)},
                     {"elevate_below_priority", normal_priority},
                     {"default", "accept"}};
    out["export"] = {{"filters", filter_names(cluster, session, family, false)},
                     {"default_priority", session.policy.default_priority},
                     {"default", "reject"}};
    if (session.held_down) {
        out["held_down"] = agent::name(*session.held_down);
        out["held_down_message"] = session.held_down_message;
    }
    return out;
}

json protocols_json(const Cluster& cluster, const Desired& desired, Family family) {
    const DesiredFamily& part = desired.of(family);
    json out = json::array();
    out.push_back({{"kind", "device"}, {"name", "device1"}, {"scan_s", kScanSeconds}});
    out.push_back({{"kind", "direct"}, {"name", "direct1"}, {"interfaces", desired.direct_interfaces}});
    out.push_back({{"kind", "kernel"},
                   {"name", "kernel1"},
                   {"learn", "alien"},
                   {"import", "all"},
                   {"persist", true},
                   {"scan_s", kScanSeconds},
                   {"graceful_restart", true},
                   {"multipath_limit", kMultipathLimit},
                   {"export", "kernel_policy"}});
    if (!part.statics.empty()) out.push_back(static_json(part));
    for (const auto& [name, session] : desired.sessions) {
        if (session.config.transport.peer_address.family() != family) continue;
        out.push_back(session_json(cluster, name, session, family, part.kernel_policy.normal_priority));
    }
    return out;
}

// --- policies ---

json export_json(const bgp::ExportPolicy& policy) {
    json communities = json::array();
    for (const auto& entry : policy.communities) {
        json add = json::array();
        for (const auto community : entry.communities) add.push_back(colons(community));
        for (const auto& community : entry.large) add.push_back(colons(community));
        communities.push_back({{"cidr", entry.prefix.to_string()}, {"add", sorted(std::move(add))}});
    }
    return {{"reject_pools", texts(policy.reject_pools)},
            {"internal_reject_interfaces", policy.internal_reject_interfaces},
            {"reject_interfaces", policy.reject_interfaces},
            {"communities", std::move(communities)},
            {"blocks",
             {{"cidrs", texts(policy.blocks)}, {"escape_below_priority", policy.escape_below_priority}}},
            {"accept_services", texts(policy.accept_services)},
            {"accept_services_as_rr", texts(policy.accept_services_as_reflector)},
            {"accept_pools", texts(policy.accept_pools)}};
}

json kernel_json(const KernelPolicy& policy) {
    json pools = json::array(), hops = json::array();
    for (const auto& pool : policy.pools) {
        json& last = pools.emplace_back(
            json{{"cidr", pool.cidr.to_string()}, {"action", pool.accept ? "accept" : "reject"}});
        if (!pool.tunnel.empty()) last["tunnel"] = pool.tunnel;
        if (pool.no_tunnel_if_next_hop_in) {
            last["no_tunnel_if_next_hop_in"] = pool.no_tunnel_if_next_hop_in->to_string();
        }
    }
    for (const IpAddress& hop : policy.reject_next_hops) hops.push_back(hop.to_string());
    return {{"reject_services", texts(policy.reject_services)},
            {"normal_priority", policy.normal_priority},
            {"reject_next_hops", sorted(std::move(hops))},
            {"pools", std::move(pools)}};
}

json family_json(const Cluster& cluster, const Desired& desired, Family family) {
    constexpr const char* kLevels[] = {"none", "info", "debug"};
    const DesiredFamily& part = desired.of(family);
    json out = {{"bgp_enabled", part.bgp_enabled},
                {"router_id", desired.router_id ? dotted(desired.router_id->value()) : ""},
                {"listen", {{"address", nullptr}, {"port", part.listen_port}}},
                {"log_level", kLevels[static_cast<std::size_t>(desired.log_level)]}};
    if (part.listen_address) out["listen"]["address"] = part.listen_address->to_string();
    if (part.bgp_enabled) out["local_as"] = desired.local_as.value();
    out["protocols"] = protocols_json(cluster, desired, family);
    out["bgp_filters"] = part.bgp_enabled ? filters_json(cluster, family) : json::object();
    out["export_policy"] = export_json(*part.export_policy);
    out["kernel_policy"] = kernel_json(part.kernel_policy);
    return out;
}

json problems_json(const std::vector<Problem>& problems) {
    json out = json::array();
    for (const Problem& problem : problems) out.push_back(to_json(problem));
    return out;
}

}  // namespace

json plan_json(const Cluster& cluster, const Desired& desired) {
    return {{"form", "calico-plan/1"},
            {"node", desired.node},
            {"families",
             {{"ipv4", family_json(cluster, desired, Family::ipv4)},
              {"ipv6", family_json(cluster, desired, Family::ipv6)}}},
            {"problems", problems_json(desired.problems)}};
}

}  // namespace dunlin::agent
