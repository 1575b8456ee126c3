#include "agent/show/bird.h"

#include <algorithm>
#include <cstdio>

#include "agent/show/show.h"
#include "agent/show/time_text.h"
#include "bgp/base/words.h"

namespace dunlin::agent {
namespace {

// Reply codes of BIRD (doc/reply_codes of its source): 0 to 999 end an answer, 1000 and 2000 are parts of
// one, 8000 and 9000 are errors.
constexpr int kOk = 0, kRunning = 13, kRouteCount = 14, kRestricted = 16, kRestarting = 24;
constexpr int kVersion = 1000, kProtocol = 1002, kProtocolDetails = 1006, kRoute = 1007;
constexpr int kRouteDetails = 1008, kUptime = 1011, kRouteAttributes = 1012, kProtocolHeader = 2002;
constexpr int kNoNetwork = 8001, kNoProtocols = 8003, kSyntax = 9001;

// A line of an answer bears its code, or a blank where the code is that of the line before.
class Answer {
public:
    void line(int code, const std::string& text) {
        out_ += code == last_ ? " " : number(code) + "-";
        out_ += text + "\n";
        last_ = code;
    }
    std::string end(int code, const std::string& text = "") {
        return out_ + number(code) + " " + text + "\n";
    }

private:
    static std::string number(int code) {
        char text[12];
        std::snprintf(text, sizeof text, "%04d", code);
        return text;
    }
    std::string out_;
    int last_ = -1;
};

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

std::string row(const std::string& name, const char* kind, const char* state, const std::string& since,
                const std::string& info) {
    return padded(name, 8) + " " + padded(kind, 8) + " " + padded("master", 8) + " " + padded(state, 6) +
           " " + padded(since, 10) + "  " + info;
}

bool is_of(const SessionView& session, Family family) { return session.neighbor.family() == family; }

// The second daemon has its own kernel1 and static1.
bool is_of(const ProtocolView& protocol, Family family) {
    return protocol.table.empty() || protocol.table == "---" ||
           protocol.table == (family == Family::ipv4 ? "master4" : "master6");
}
std::string name_of(const ProtocolView& protocol) {
    std::string out = protocol.name;
    if (!out.empty() && out.back() == '2') out.back() = '1';
    return out;
}

std::string error_text(const SessionView& s) {
    if (s.reason == "ConnectRefused") return "Socket: Connection refused";
    if (s.reason == "ConnectTimeout") return "Socket: Connection timed out";
    if (s.reason == "NoRoute") return "Socket: No route to host";
    const std::string& text = s.message.empty() ? s.reason : s.message;
    return text.empty() ? "" : "Error: " + text;
}

std::string session_row(const SessionView& s, WallTime now) {
    const char* state = s.established ? "up" : s.state == "Down" ? "down" : "start";
    const std::string error = s.established ? "" : error_text(s);
    return row(s.name, "BGP", state, whole_seconds(s.since, now), padded(s.state, 14) + error);
}

std::string capabilities_of(const SessionView& s) {
    constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"route-refresh", "refresh"},
        {"enhanced-route-refresh", "enhanced-refresh"},
        {"graceful-restart", "restart-aware"},
        {"as4", "AS4"},
        {"add-path", "add-path-rx add-path-tx"},
    };
    std::string out;
    for (const auto& [ours, theirs] : kNames) {
        if (std::ranges::find(s.capabilities, ours) == s.capabilities.end()) continue;
        out += (out.empty() ? "" : " ") + std::string(theirs);
    }
    return out;
}

void session_details(const SessionView& s, Family family, Answer& answer) {
    const auto line = [&](const std::string& text) { answer.line(kProtocolDetails, text); };
    PrefixCounts counts;
    for (const PrefixCounts& each : s.prefixes) {
        if (each.family == family) counts = each;
    }
    if (!s.description.empty()) line("  Description:    " + s.description);
    line("  Preference:     100");
    line("  Input filter:   " + std::string("BGPFilters, accept"));
    line("  Output filter:  " + std::string("BGPFilters, export policy"));
    line("  Routes:         " + std::to_string(counts.accepted) + " imported, " +
         std::to_string(counts.received - std::min(counts.received, counts.accepted)) + " filtered, " +
         std::to_string(counts.exported) + " exported, " + std::to_string(counts.accepted) + " preferred");
    line("  BGP state:          " + s.state);
    line("    Neighbor address: " + s.neighbor.to_string());
    if (s.port != 179) line("    Neighbor port:    " + std::to_string(s.port));
    line("    Neighbor AS:      " + std::to_string(s.neighbor_as.value()));
    if (s.neighbor_id) line("    Neighbor ID:      " + dotted(s.neighbor_id->value()));
    if (s.established) {
        line("    Neighbor caps:    " + capabilities_of(s));
        line("    Session:          " + std::string(session_type(s)) + " multihop AS4");
        if (s.local_address) line("    Source address:   " + s.local_address->to_string());
        line("    Hold timer:       " + std::to_string(s.hold.count()) + "/" +
             std::to_string(s.hold.count()));
        line("    Keepalive timer:  " + std::to_string(s.keepalive.count()) + "/" +
             std::to_string(s.keepalive.count()));
    } else if (const std::string error = error_text(s); !error.empty()) {
        line("    Last error:       " + error);
    }
    line("");
}

std::string show_protocols_of(const BirdParts& parts, const ShowProtocols& request) {
    const NodeView view = parts.view();
    Answer answer;
    answer.line(kProtocolHeader, "name     proto    table    state  since       info");
    bool any = false;
    for (const ProtocolView& protocol : view.protocols) {
        const std::string name = name_of(protocol);
        if (!is_of(protocol, parts.family) || (request.name && *request.name != name)) continue;
        any = true;
        answer.line(kProtocol, row(name, protocol.kind.c_str(), protocol.up ? "up" : "down",
                                   whole_seconds(protocol.since, view.now), protocol.text));
        if (request.all) answer.line(kProtocolDetails, "");
    }
    for (const SessionView& session : view.sessions) {
        if (!is_of(session, parts.family) || (request.name && *request.name != session.name)) continue;
        any = true;
        answer.line(kProtocol, session_row(session, view.now));
        if (request.all) session_details(session, parts.family, answer);
    }
    if (!any && request.name) return Answer().end(kNoProtocols, "No protocols match");
    return answer.end(kOk);
}

std::string show_status_of(const NodeView& view) {
    Answer answer;
    answer.line(kVersion, "BIRD 1.6.8 (dunlin " + view.version + ")");
    answer.line(kUptime, "Router ID is " + (view.router_id ? dotted(view.router_id->value()) : "0.0.0.0"));
    answer.line(kUptime, "Current server time is " + long_time(view.now));
    answer.line(kUptime, "Last reboot on " + long_time(view.start));
    answer.line(kUptime, "Last reconfiguration on " + long_time(view.start));
    if (view.restarting) answer.line(kRestarting, "Graceful restart recovery in progress");
    return answer.end(kRunning, "Daemon is up and running");
}

std::string way_of(const PathView& path) {
    if (!path.reachable) return "unreachable";
    if (path.kind != "unicast") return path.kind;
    if (path.gateway) return "via " + path.gateway->to_string() + " on " + path.interface;
    return "dev " + path.interface;
}

std::string rank_of(const PathView& path) {
    std::string out = " (" + std::to_string(path.preference);
    if (path.from_bgp) out += path.reachable ? "/" + std::to_string(path.igp_metric.value_or(0)) : "/-";
    out += ")";
    if (!path.from_bgp) return out;
    return out + " [" + origin_text(path.attributes) + "]";
}

void add_route(const RouteView& route, bool all, WallTime now, Answer& answer) {
    std::string network = route.prefix.to_string();  // only before the first path
    for (const PathView& path : route.paths) {
        answer.line(kRoute, padded(network, 18) + " " + way_of(path) + " [" + path.protocol + " " +
                                whole_seconds(path.since, now) + "]" + (path.best ? " *" : "") +
                                rank_of(path));
        network.clear();
        if (!all) continue;
        const std::string kind = path.from_bgp                         ? "BGP"
                                 : path.protocol.starts_with("static") ? "static"
                                 : path.protocol.starts_with("direct") ? "device"
                                                                       : "inherit";
        answer.line(kRouteDetails, "\tType: " + kind + " unicast univ");
        if (!path.from_bgp) continue;
        for (const std::string& line : attribute_lines(path.attributes)) {
            answer.line(kRouteAttributes, "\t" + line);
        }
    }
}

std::string show_route_of(const BirdParts& parts, ShowRoute request) {
    request.table = parts.family == Family::ipv4 ? "master4" : "master6";
    const auto routes = parts.routes(request);
    if (!routes) return Answer().end(kNoProtocols, routes.error().message);
    if (routes->empty() && (request.prefix || request.for_address)) {
        return Answer().end(kNoNetwork, "Network not in table");
    }
    Answer answer;
    std::size_t paths = 0;
    const WallTime now = std::chrono::system_clock::now();
    for (const RouteView& route : *routes) {
        paths += route.paths.size();
        if (!request.count) add_route(route, request.all, now, answer);
    }
    if (!request.count) return answer.end(kOk);
    const std::string n = std::to_string(paths);
    return answer.end(kRouteCount,
                      n + " of " + n + " routes for " + std::to_string(routes->size()) + " networks");
}

// The words, without quotes, and without what says nothing here: the one table, the best path alone.
std::vector<std::string> words_of(std::string_view line) {
    std::string bare(line);
    std::erase(bare, '"');
    const auto all = words(bare, kBlanks);
    std::vector<std::string> out(all.begin(), all.end());
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
        if (out[i] == "table" && out[i + 1] == "master") {
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(i),
                      out.begin() + static_cast<std::ptrdiff_t>(i + 2));
            break;
        }
    }
    return out;
}

}  // namespace

std::string bird_answer(const BirdParts& parts, std::string_view line) {
    std::vector<std::string> words = words_of(line);
    if (words == std::vector<std::string>{"restrict"}) return Answer().end(kRestricted, "Access restricted");
    const bool primary = std::erase(words, "primary") > 0;
    const auto command = parse_command(words);
    if (!command) return Answer().end(kSyntax, "syntax error: " + command.error().message);
    if (std::holds_alternative<ShowStatus>(*command)) return show_status_of(parts.view());
    if (const auto* protocols = std::get_if<ShowProtocols>(&*command)) {
        return show_protocols_of(parts, *protocols);
    }
    if (const auto* route = std::get_if<ShowRoute>(&*command)) {
        if (!primary) return show_route_of(parts, *route);
        BirdParts best = parts;
        best.routes = [&](const ShowRoute& request) {
            auto routes = parts.routes(request);
            if (!routes) return routes;
            for (RouteView& each : *routes) {
                std::erase_if(each.paths, [](const PathView& path) { return !path.best; });
            }
            return routes;
        };
        return show_route_of(best, *route);
    }
    return Answer().end(
        kSyntax, "syntax error: only show status, show protocols and show route are served; use dunlinctl");
}

}  // namespace dunlin::agent
