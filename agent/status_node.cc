#include "agent/status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/show/time_text.h"
#include "agent/status_condition.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxSessions = 10'000, kMaxBlocks = 10'000, kMaxProblems = 1000;  // of the schema

void set(json& out, const char* key, const std::string& text, std::size_t limit = 1024) {
    if (!text.empty()) out[key] = clipped(text, limit);
}

std::string_view family_name(Family family) { return family == Family::ipv4 ? "IPv4Unicast" : "IPv6Unicast"; }

// "Down" is held down by us: a state that the RFC does not have.
std::string_view state_of(const SessionView& s) {
    for (const std::string_view known : {"Connect", "Active", "OpenSent", "OpenConfirm", "Established"}) {
        if (s.state == known) return known;
    }
    return "Idle";
}

std::string reason_of(const SessionView& s) { return s.reason.empty() ? "Idle" : s.reason; }

// By the names of their RFCs; what is not in the list goes out as it came.
std::string capability_name(const std::string& word) {
    constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"ipv4-unicast", "MP-IPv4-Unicast"},
        {"ipv6-unicast", "MP-IPv6-Unicast"},
        {"route-refresh", "RouteRefresh"},
        {"enhanced-route-refresh", "EnhancedRouteRefresh"},
        {"as4", "AS4"},
        {"extended-messages", "ExtendedMessage"},
        {"graceful-restart", "GracefulRestart"},
        {"add-path", "AddPath"},
        {"extended-next-hop", "ExtendedNextHop"},
        {"role", "Role"},
    };
    for (const auto& [ours, rfc] : kNames) {
        if (word == ours) return std::string(rfc);
    }
    return clipped(word, 64);
}

json prefixes(const SessionView& s) {
    json out = json::array();
    for (const PrefixCounts& p : s.prefixes) {
        out.push_back({{"family", family_name(p.family)},
                       {"received", p.received},
                       {"accepted", p.accepted},
                       {"exported", p.exported}});
    }
    return out;
}

json capabilities(const SessionView& s) {
    std::vector<std::string> names;  // a set for the API server
    for (const std::string& word : s.capabilities) {
        std::string name = capability_name(word);
        if (!name.empty() && std::ranges::find(names, name) == names.end() && names.size() < 64) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

json session(const SessionView& s) {
    json out{{"name", s.name},       {"peerIP", s.neighbor.to_string()},
             {"type", peer_type(s)}, {"peerType", s.neighbor_as == s.local_as ? "iBGP" : "eBGP"},
             {"state", state_of(s)}, {"since", rfc3339(s.since)},
             {"flaps", s.flaps},     {"prefixes", prefixes(s)}};
    if (s.neighbor_as != Asn(0)) out["asNumber"] = s.neighbor_as.value();
    if (s.local_as != Asn(0)) out["localASNumber"] = s.local_as.value();
    if (s.port != 0) out["peerPort"] = s.port;
    set(out, "peer", s.peer_object, 253);
    if (s.local_address) out["localIP"] = s.local_address->to_string();
    if (s.neighbor_id) out["neighborRouterID"] = dotted(s.neighbor_id->value());
    if (s.established) {
        out["holdTimeSeconds"] = s.hold.count();
        out["keepaliveTimeSeconds"] = s.keepalive.count();
        out["capabilities"] = capabilities(s);
    } else {
        out["reason"] = reason_of(s);
        set(out, "message", s.message);
    }
    return out;
}

json block(const BlockView& b) {
    json out{{"cidr", b.cidr.to_string()}, {"inKernel", b.in_kernel}, {"announced", b.announced}};
    set(out, "pool", b.pool, 253);
    return out;
}

json problem(const Problem& p) {
    json out{{"kind", clipped(p.kind, 63)}, {"name", clipped(p.name, 253)}, {"reason", name(p.reason)}};
    set(out, "field", p.field, 253);
    set(out, "message", p.message);
    return out;
}

template <class List, class Make>
json array_of(const List& list, std::size_t limit, Make make) {
    json out = json::array();
    for (const auto& item : list) {
        if (out.size() == limit) break;
        out.push_back(make(item));
    }
    return out;
}

json routes(const NodeView& view) {
    json out = json::object();
    for (const auto& [table, count] : view.routes) {
        const char* family = table == "master4" ? "ipv4" : table == "master6" ? "ipv6" : nullptr;
        if (family != nullptr) out[family] = {{"prefixes", count}};
    }
    return out;
}

const SourceView* missing_source(const NodeView& view) {
    // A resource that is not installed cannot be waited for.
    const auto found = std::ranges::find_if(view.sources, [](const SourceView& source) {
        return source.state != "Synced" && source.state != "NotInstalled";
    });
    return found == view.sources.end() ? nullptr : &*found;
}

std::string sessions_message(const NodeView& view, std::size_t up, const SessionView& first) {
    return std::to_string(view.sessions.size() - up) + " of " + std::to_string(view.sessions.size()) +
           " sessions not Established; " + first.name + ": " +
           (first.message.empty() ? first.state : first.message);
}

// Objects are read, the kernel is in step, every session is up; else the first that is missing.
Condition ready(const NodeView& view, std::size_t up) {
    if (!view.synced) {
        const SourceView* source = missing_source(view);
        return {"Ready", false, "NotSynced",
                source == nullptr ? "the objects have not been read yet"
                                  : source->resource + " is " + source->state + ": " + source->message};
    }
    if (!view.kernel_synced)
        return {"Ready", false, "KernelNotSynced", "the kernel's routes have not been read yet"};
    if (!view.router_id)
        return {"Ready", false, "NoNodeAddress", "no router ID: the node has no IPv4 address"};
    if (view.kernel.failed > 0) {
        return {"Ready", false, "KernelRoutesFailed",
                std::to_string(view.kernel.failed) + " routes could not be put into the kernel"};
    }
    const auto down = std::ranges::find(view.sessions, false, &SessionView::established);
    if (down == view.sessions.end()) {
        return {"Ready", true, "Ready",
                std::to_string(up) + " of " + std::to_string(up) + " sessions Established"};
    }
    return {"Ready", false, reason_of(*down), sessions_message(view, up, *down)};
}

std::vector<Condition> node_conditions(const NodeView& view, std::size_t up) {
    std::vector<Condition> out{ready(view, up)};
    const SourceView* source = missing_source(view);
    if (view.synced && (!view.api_up || source != nullptr)) {
        out.push_back({"ConfigCurrent", false, source == nullptr ? "Unreachable" : source->state,
                       source == nullptr ? "the API server does not answer; what was read last stays in force"
                                         : source->resource + ": " + source->message});
    }
    return out;
}

json status_of(const NodeView& view, const json& previous_status) {
    const auto up = static_cast<std::size_t>(std::ranges::count_if(view.sessions, &SessionView::established));
    std::uint64_t route_count = 0;
    for (const auto& [table, count] : view.routes) route_count += count;
    json out{{"version", clipped(view.version, 64)},
             {"startTime", rfc3339(view.start)},
             {"observedAt", rfc3339(view.now)},
             {"established", std::to_string(up) + "/" + std::to_string(view.sessions.size())},
             {"blockCount", view.blocks.size()},
             {"routeCount", route_count},
             {"sessions", array_of(view.sessions, kMaxSessions, session)},
             {"blocks", array_of(view.blocks, kMaxBlocks, block)},
             {"routes", routes(view)},
             {"problems", array_of(view.problems, kMaxProblems, problem)},
             {"conditions", conditions(node_conditions(view, up), previous_status, 0, view.now)}};
    if (view.router_id) out["routerID"] = dotted(view.router_id->value());
    if (view.local_as != Asn(0)) out["asNumber"] = view.local_as.value();
    return out;
}

}  // namespace

json node_status(const NodeView& view, const json& previous) {
    json metadata{{"name", view.node}};
    if (!view.node_uid.empty()) {
        metadata["ownerReferences"] = json::array(
            {{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", view.node}, {"uid", view.node_uid}}});
    }
    return {{"apiVersion", "dunlin.io/v1"},
            {"kind", "BGPNodeStatus"},
            {"metadata", std::move(metadata)},
            {"status", status_of(view, member(previous, "status"))}};
}

}  // namespace dunlin::agent
