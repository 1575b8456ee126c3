#include "agent/show/show.h"

#include <nlohmann/json.hpp>

#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

void set(json& out, const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
}

template <class List, class Text>
void set_list(json& out, const char* key, const List& list, Text text) {
    if (list.empty()) return;
    json& array = out[key] = json::array();
    for (const auto& item : list) array.push_back(text(item));
}

json prefix_counts(const SessionView& session) {
    json out = json::array();
    for (const PrefixCounts& p : session.prefixes) {
        out.push_back({{"family", name(p.family)},
                       {"received", p.received},
                       {"accepted", p.accepted},
                       {"exported", p.exported}});
    }
    return out;
}

json to_json(const bgp::PathAttributes& a) {
    constexpr std::string_view kOrigins[] = {"igp", "egp", "incomplete"};
    json out{{"origin", kOrigins[static_cast<std::size_t>(a.origin) % 3]},
             {"asPath", a.as_path.to_string()},
             {"nextHop", a.next_hop.to_string()}};
    if (a.link_local_next_hop) out["linkLocalNextHop"] = a.link_local_next_hop->to_string();
    if (a.med) out["med"] = *a.med;
    if (a.local_pref) out["localPref"] = *a.local_pref;
    if (a.atomic_aggregate) out["atomicAggregate"] = true;
    if (a.aggregator) {
        out["aggregator"] = {{"asNumber", a.aggregator->asn.value()},
                             {"address", dotted(a.aggregator->address.value())}};
    }
    set_list(out, "communities", a.communities, community_text);
    set_list(out, "extendedCommunities", a.extended_communities, extended_community_text);
    set_list(out, "largeCommunities", a.large_communities, large_community_text);
    if (a.originator_id) out["originatorID"] = dotted(a.originator_id->value());
    set_list(out, "clusterList", a.cluster_list, dotted);
    if (a.only_to_customer) out["onlyToCustomer"] = a.only_to_customer->value();
    return out;
}

json to_json(const PathView& path) {
    json out{{"protocol", path.protocol}, {"since", rfc3339(path.since)},
             {"best", path.best},         {"reachable", path.reachable},
             {"kind", path.kind},         {"preference", path.preference}};
    set(out, "decidedBy", path.decided_by);
    if (path.gateway) out["gateway"] = path.gateway->to_string();
    set(out, "interface", path.interface);
    if (path.igp_metric) out["igpMetric"] = *path.igp_metric;
    if (path.from_bgp) out["bgp"] = to_json(path.attributes);
    return out;
}

json to_json(const BlockView& block) {
    json out{{"cidr", block.cidr.to_string()}, {"inKernel", block.in_kernel}, {"announced", block.announced}};
    set(out, "pool", block.pool);
    set(out, "affinity", block.affinity);
    return out;
}

json to_json(const SourceView& source) {
    json out{{"resource", source.resource}, {"state", source.state}, {"objects", source.objects}};
    set(out, "message", source.message);
    return out;
}

json to_json(const KernelCounts& kernel) {
    return {{"desired", kernel.desired},     {"installed", kernel.installed}, {"failed", kernel.failed},
            {"conflicts", kernel.conflicts}, {"alien", kernel.alien},         {"repairs", kernel.repairs}};
}

template <class List>
json array_of(const List& list) {
    json out = json::array();
    for (const auto& item : list) out.push_back(to_json(item));
    return out;
}

}  // namespace

json to_json(const Problem& problem) {
    json out{{"kind", problem.kind}, {"name", problem.name}, {"reason", name(problem.reason)}};
    set(out, "field", problem.field);
    set(out, "message", problem.message);
    return out;
}

json to_json(const SessionView& s) {
    json out{{"name", s.name},
             {"proto", "BGP"},
             {"origin", s.origin},
             {"neighbor", s.neighbor.to_string()},
             {"port", s.port},
             {"neighborAS", s.neighbor_as.value()},
             {"localAS", s.local_as.value()},
             {"state", s.state},
             {"established", s.established},
             {"since", rfc3339(s.since)},
             {"flaps", s.flaps},
             {"prefixes", prefix_counts(s)},
             {"messagesIn", s.messages_in},
             {"messagesOut", s.messages_out},
             {"outQueue", s.out_queue}};
    set(out, "peerObject", s.peer_object);
    set(out, "reason", s.reason);
    set(out, "message", s.message);
    set(out, "lastError", s.last_error);
    set(out, "lastFiltered", s.last_filtered);
    set(out, "lastMalformed", s.last_malformed);
    if (!s.last_malformed.empty()) {
        out["treatedAsWithdraw"] = s.updates_withdrawn;
        out["attributesDiscarded"] = s.attributes_discarded;
    }
    if (s.uses_next_key) out["usesNextKey"] = true;
    set(out, "description", s.description);
    if (s.local_address) out["localAddress"] = s.local_address->to_string();
    if (s.neighbor_id) out["neighborID"] = dotted(s.neighbor_id->value());
    if (s.established) {
        out["holdTimeSeconds"] = s.hold.count();
        out["keepaliveTimeSeconds"] = s.keepalive.count();
        out["capabilities"] = s.capabilities;
    }
    set_list(out, "families", s.families, [](Family family) { return name(family); });
    return out;
}

json to_json(const ProtocolView& p) {
    json out{{"name", p.name},         {"proto", p.kind},       {"up", p.up}, {"since", rfc3339(p.since)},
             {"imported", p.imported}, {"exported", p.exported}};
    set(out, "table", p.table);
    set(out, "text", p.text);
    return out;
}

json to_json(const std::vector<RouteView>& routes) {
    json out = json::array();
    for (const RouteView& route : routes) {
        out.push_back({{"prefix", route.prefix.to_string()}, {"paths", array_of(route.paths)}});
    }
    return out;
}

json to_json(const NodeView& view) {
    json out{{"node", view.node},
             {"version", view.version},
             {"asNumber", view.local_as.value()},
             {"start", rfc3339(view.start)},
             {"now", rfc3339(view.now)},
             {"synced", view.synced},
             {"kernelSynced", view.kernel_synced},
             {"apiUp", view.api_up},
             {"sessions", array_of(view.sessions)},
             {"protocols", array_of(view.protocols)},
             {"blocks", array_of(view.blocks)},
             {"sources", array_of(view.sources)},
             {"problems", array_of(view.problems)},
             {"routes", view.routes},
             {"kernel", to_json(view.kernel)}};
    if (view.router_id) out["routerID"] = dotted(view.router_id->value());
    return out;
}

}  // namespace dunlin::agent
