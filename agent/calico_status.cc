#include "agent/calico_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

bool is_of(const SessionView& session, Family family) { return session.neighbor.family() == family; }

json daemon(const NodeView& view) {
    json out = {{"state", view.synced ? "Ready" : "NotReady"},
                {"version", "1.6.8 (dunlin " + view.version + ")"},
                {"lastBootTime", long_time(view.start)},
                {"lastReconfigurationTime", long_time(view.start)}};
    if (view.router_id) out["routerID"] = dotted(view.router_id->value());
    return out;
}

json peers(const NodeView& view, Family family) {
    json out = json::array();
    for (const SessionView& s : view.sessions) {
        if (!is_of(s, family)) continue;
        out.push_back({{"peerIP", s.neighbor.to_string()},
                       {"type", peer_type(s)},
                       {"state", s.state == "Down" ? "Idle" : s.state},
                       {"since", whole_seconds(s.since, view.now)}});
    }
    return out;
}

std::size_t established(const NodeView& view, Family family) {
    return static_cast<std::size_t>(std::ranges::count_if(
        view.sessions, [&](const SessionView& s) { return s.established && is_of(s, family); }));
}

json bgp_status(const NodeView& view) {
    json out;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const std::string v = family == Family::ipv4 ? "V4" : "V6";
        json list = peers(view, family);
        const std::size_t up = established(view, family);
        out["numberEstablished" + v] = up;
        out["numberNotEstablished" + v] = list.size() - up;
        out["peers" + v] = std::move(list);
    }
    return out;
}

json learned_from(const NodeView& view, const PathView& path) {
    if (path.protocol.starts_with("static")) return {{"sourceType", "Static"}};
    if (path.protocol.starts_with("direct")) return {{"sourceType", "Direct"}};
    if (!path.from_bgp) return {{"sourceType", "Kernel"}};
    const auto found = std::ranges::find(view.sessions, path.protocol, &SessionView::name);
    const bool mesh = found != view.sessions.end() && found->origin == "mesh";
    json out = {{"sourceType", mesh ? "NodeMesh" : "BGPPeer"}};
    if (found != view.sessions.end()) out["peerIP"] = found->neighbor.to_string();
    return out;
}

json routes_status(const NodeView& view, const std::vector<RouteView>& routes) {
    json out = {{"routesV4", json::array()}, {"routesV6", json::array()}};
    for (const RouteView& route : routes) {
        json& list = out[route.prefix.family() == Family::ipv4 ? "routesV4" : "routesV6"];
        for (const PathView& path : route.paths) {
            if (list.size() == kMaxStatusRoutes) break;
            list.push_back({{"type", path.best ? "FIB" : "RIB"},
                            {"destination", route.prefix.to_string()},
                            {"gateway", path.gateway ? path.gateway->to_string() : "N/A"},
                            {"interface", path.interface.empty() ? path.kind : path.interface},
                            {"learnedFrom", learned_from(view, path)}});
        }
    }
    return out;
}

}  // namespace

json calico_node_status(const NodeView& view, const std::vector<std::string>& classes,
                        const std::vector<RouteView>& routes) {
    const auto asked = [&](const char* name) { return std::ranges::find(classes, name) != classes.end(); };
    json out = json::object();
    if (asked("Agent")) out["agent"] = {{"birdV4", daemon(view)}, {"birdV6", daemon(view)}};
    if (asked("BGP")) out["bgp"] = bgp_status(view);
    if (asked("Routes")) out["routes"] = routes_status(view, routes);
    return out;
}

}  // namespace dunlin::agent
