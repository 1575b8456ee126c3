// The cases of tests/golden/plan: objects, and the plan that Calico's rules make of them. Compared is what
// this version acts on; filters and Services are not. DUNLIN_PLAN_CASES may name one more folder of cases.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "objects.h"

using namespace dunlin;
using namespace dunlin::agent;
using namespace dunlin::agent::test;

namespace {

json read_json(const std::filesystem::path& file) {
    std::ifstream in(file);
    return json::parse(in);
}

Cluster cluster_of(const json& list, const std::string& secret_namespace) {
    Cluster out;
    for (const json& object : list.at("items")) {
        const std::string kind = object.at("kind");
        const json& metadata = object.at("metadata");
        if (kind == "Secret" && metadata.value("namespace", "") != secret_namespace) continue;
        if (is_known_kind(kind)) put(out, {kind, metadata.at("name")}, parse_object(kind, object));
    }
    return out;
}

json texts(const std::vector<Prefix>& prefixes) {
    json out = json::array();
    for (const Prefix& prefix : prefixes) out.push_back(prefix.to_string());
    return out;
}

json sorted(json list) {
    std::sort(list.begin(), list.end());
    return list;
}

json session_json(const std::string& name, const DesiredSession& session) {
    const auto& transport = session.config.transport;
    const auto& offer = session.config.offer;
    const auto& timers = session.config.timers;
    const bool internal = offer.local_as == offer.peer_as;
    const char* origins[] = {"mesh", "global", "node"};
    const char* hops[] = {"auto", "self", "keep"};
    json out = {{"name", name},
                {"origin", origins[static_cast<int>(session.origin)]},
                {"type", internal ? "internal" : "external"},
                {"passive", transport.passive},
                {"next_hop", hops[static_cast<int>(session.policy.next_hop)]},
                {"allow_local_as", session.policy.allow_own_as}};
    out["neighbor"] = {{"address", transport.peer_address.to_string()},
                       {"port", transport.peer_port},
                       {"as", offer.peer_as.value()}};
    out["local"] = {{"address", nullptr}, {"as", offer.local_as.value()}};
    if (transport.local_address) out["local"]["address"] = transport.local_address->to_string();
    out["ttl_security"] = session.config.live.min_ttl > 0;
    out["multihop"] = session.config.live.min_ttl > 0 ? 256 - session.config.live.min_ttl : 64;
    out["rr_client"] = nullptr;
    if (session.policy.reflector_client) {
        out["rr_client"] = {{"cluster_id", dotted(session.policy.cluster_id->value())}};
    }
    out["timers"] = {{"hold_s", timers.hold.count()},
                     {"keepalive_s", timers.keepalive.value_or(timers.hold / 3).count()},
                     {"connect_delay_s", timers.connect_delay.count()},
                     {"connect_retry_s", timers.connect_retry.count()},
                     {"error_wait_s", {timers.error_wait_min.count(), timers.error_wait_max.count()}}};
    out["password"] = nullptr;
    if (session.secret && !session.held_down) {
        out["password"] = {{"secret", session.secret->name}, {"key", session.secret->key}};
    }
    return out;
}

json communities_json(const std::vector<bgp::PrefixCommunities>& entries) {
    json out = json::array();
    for (const auto& entry : entries) {
        json& last = out.emplace_back(json{{"cidr", entry.prefix.to_string()}, {"count", 0}});
        last["count"] = entry.communities.size() + entry.large.size();
    }
    return out;
}

json kernel_pools_json(const std::vector<KernelPool>& pools) {
    json out = json::array();
    for (const auto& pool : pools) {
        json& last = out.emplace_back(json{{"cidr", pool.cidr.to_string()}});
        last["action"] = pool.accept ? "accept" : "reject";
        if (!pool.tunnel.empty()) last["tunnel"] = pool.tunnel;
        if (pool.no_tunnel_if_next_hop_in) {
            last["no_tunnel_if_next_hop_in"] = pool.no_tunnel_if_next_hop_in->to_string();
        }
    }
    return out;
}

json statics_json(const std::map<Prefix, StaticRoute>& statics) {
    json out = json::object();
    for (const auto& [cidr, route] : statics) {
        out[cidr.to_string()] = route.via ? route.via->to_string() : "blackhole";
    }
    return out;
}

// What we make of a family, in a form that `wanted_json` makes of the expected one.
json family_json(const Desired& desired, Family family) {
    const DesiredFamily& part = desired.of(family);
    const char* levels[] = {"none", "info", "debug"};
    json out = {{"bgp_enabled", part.bgp_enabled},
                {"log_level", levels[static_cast<int>(desired.log_level)]}};
    out["router_id"] = desired.router_id ? dotted(desired.router_id->value()) : "";
    out["listen"] = {{"address", nullptr}, {"port", part.listen_port}};
    if (part.listen_address) out["listen"]["address"] = part.listen_address->to_string();
    if (part.bgp_enabled) out["local_as"] = desired.local_as.value();
    out["interfaces"] = desired.direct_interfaces;
    out["statics"] = statics_json(part.statics);
    out["sessions"] = json::object();
    for (const auto& [name, session] : desired.sessions) {
        if (session.config.transport.peer_address.family() != family) continue;
        out["sessions"][name] = session_json(name, session);
        out["sessions"][name]["default_priority"] = session.policy.default_priority;
    }
    const bgp::ExportPolicy& policy = part.export_policy;
    out["export"] = {{"reject_pools", texts(policy.reject_pools)},
                     {"internal_reject_interfaces", policy.internal_reject_interfaces},
                     {"reject_interfaces", policy.reject_interfaces},
                     {"communities", communities_json(policy.communities)},
                     {"blocks", sorted(texts(policy.blocks))},
                     {"escape", policy.escape_below_priority},
                     {"accept_pools", texts(policy.accept_pools)}};
    json hops = json::array();
    for (const IpAddress& hop : part.kernel_policy.reject_next_hops) hops.push_back(hop.to_string());
    out["kernel"] = {{"normal_priority", part.kernel_policy.normal_priority},
                     {"reject_next_hops", hops},
                     {"pools", kernel_pools_json(part.kernel_policy.pools)}};
    return out;
}

json wanted_statics(const json& protocol) {
    json out = json::object();
    for (const json& route : protocol.at("routes")) {
        if (route.at("for") != "service")
            out[route.at("cidr").get<std::string>()] = route.value("via", "blackhole");
    }
    return out;
}

json wanted_session(const json& protocol) {
    json out = protocol;
    out["default_priority"] = protocol.at("export").at("default_priority");
    for (const char* key :
         {"kind", "family", "graceful_restart", "add_paths", "gateway", "import", "export"}) {
        out.erase(key);
    }
    return out;
}

json wanted_json(const json& expected) {
    json out = {{"bgp_enabled", expected.at("bgp_enabled")}, {"log_level", expected.at("log_level")}};
    out["router_id"] = expected.at("router_id");
    out["listen"] = expected.at("listen");
    if (expected.contains("local_as")) out["local_as"] = expected.at("local_as");
    out["statics"] = json::object();
    out["sessions"] = json::object();
    for (const json& protocol : expected.at("protocols")) {
        if (protocol.at("kind") == "direct") out["interfaces"] = protocol.at("interfaces");
        if (protocol.at("kind") == "static") out["statics"] = wanted_statics(protocol);
        if (protocol.at("kind") == "bgp") {
            out["sessions"][protocol.at("name").get<std::string>()] = wanted_session(protocol);
        }
    }
    const json& policy = expected.at("export_policy");
    for (const char* key :
         {"reject_pools", "internal_reject_interfaces", "reject_interfaces", "accept_pools"}) {
        out["export"][key] = policy.at(key);
    }
    out["export"]["communities"] = json::array();
    for (const json& entry : policy.at("communities")) {
        out["export"]["communities"].push_back(
            {{"cidr", entry.at("cidr")}, {"count", entry.at("add").size()}});
    }
    out["export"]["blocks"] = policy.at("blocks").at("cidrs");
    out["export"]["escape"] = policy.at("blocks").at("escape_below_priority");
    for (const char* key : {"normal_priority", "reject_next_hops", "pools"}) {
        out["kernel"][key] = expected.at("kernel_policy").at(key);
    }
    return out;
}

void check_case(const std::filesystem::path& folder) {
    CAPTURE(folder.string());
    const json expected = read_json(folder / "expected.json");
    const json& run = expected.at("run");
    Options options;
    options.node = run.at("node");
    options.api_group = ApiGroup::calico;
    for (const auto& [key, value] : run.at("env").items()) options.env[key] = value;
    const auto chosen = options.env.find("NAMESPACE");
    const std::string secrets = chosen == options.env.end() ? "kube-system" : chosen->second;
    const Desired desired = desired_state(cluster_of(read_json(folder / "input.json"), secrets), options);
    if (!expected.contains("families")) {
        CHECK(desired.sessions.size() == expected.at("count_only").at("ipv4_bgp_sessions"));
        return;
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const json want = wanted_json(expected.at("families").at(std::string(name(family))));
        const json got = family_json(desired, family);
        for (const auto& [key, value] : want.items()) {
            CAPTURE(name(family));
            CAPTURE(key);
            CHECK_MESSAGE(got.at(key) == value, json::diff(value, got.at(key)).dump());
        }
    }
}

}  // namespace

TEST_CASE("plan: the cases of Calico's rules, as far as this version goes") {
    std::vector<std::filesystem::path> tops{std::string(DUNLIN_SOURCE_DIR) + "/tests/golden/plan"};
    if (const char* more = std::getenv("DUNLIN_PLAN_CASES")) tops.emplace_back(more);
    for (const auto& top : tops) {
        int cases = 0;
        for (const auto& entry : std::filesystem::directory_iterator(top)) {
            if (!std::filesystem::exists(entry.path() / "expected.json")) continue;
            check_case(entry.path());
            ++cases;
        }
        CHECK(cases > 0);
    }
}
