#include "agent/app/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/app/view_builder.h"
#include "agent/show/show.h"
#include "agent/status.h"

namespace dunlin::agent {
namespace {

constexpr std::size_t kSlice = 4096;

std::string text(const nlohmann::json& value) {
    return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<Family> families(const ShowRoute& request) {
    if (request.table) return {*request.table == "master6" ? Family::ipv6 : Family::ipv4};
    if (request.prefix) return {request.prefix->family()};
    if (request.for_address) return {request.for_address->family()};
    return {Family::ipv4, Family::ipv6};
}

// Reads the routes of a request from the speaker.
class Collector {
public:
    explicit Collector(const bgp::Speaker& speaker) : speaker_(speaker) {}

    // An error, or nothing.
    std::optional<std::string> collect(const ShowRoute& request, std::vector<RouteView>& out) const {
        const WallClock clock;
        const auto add = [&](const bgp::RouteView& route) { out.push_back(route_view(route, clock)); };
        if (request.exported) return collect_exported(request, add, out);
        if (request.filtered) {
            for (const Family family : families(request)) {
                if (!speaker_.for_each_filtered(family, kMaxShownRoutes, add)) return too_many();
            }
            return std::nullopt;
        }
        if (request.prefix) {
            if (const auto route = speaker_.lookup(*request.prefix)) add(*route);
            return std::nullopt;
        }
        if (request.for_address) {
            if (const auto route = speaker_.longest_match(*request.for_address)) add(*route);
            return std::nullopt;
        }
        for (const Family family : families(request)) {
            std::uint32_t cursor = 0;
            do {
                cursor = speaker_.for_each_route(family, cursor, kSlice, add);
                if (out.size() > kMaxShownRoutes) return too_many();
            } while (cursor != 0);
        }
        return std::nullopt;
    }

private:
    std::optional<std::string> collect_exported(const ShowRoute& request,
                                                const bgp::Speaker::RouteCallback& add,
                                                const std::vector<RouteView>& out) const {
        const auto peer = speaker_.peer(*request.exported);
        if (!peer) return "there is no session " + *request.exported;
        for (const Family family : families(request)) {
            std::uint32_t cursor = 0;
            do {
                cursor = speaker_.for_each_exported(peer->id, family, cursor, kSlice, add);
                if (out.size() > kMaxShownRoutes) return too_many();
            } while (cursor != 0);
        }
        return std::nullopt;
    }

    static std::string too_many() {
        return "more than " + std::to_string(kMaxShownRoutes) +
               " routes: ask for a prefix, an address or a count (show route count)";
    }

    const bgp::Speaker& speaker_;
};

class Answerer {
public:
    Answerer(const CommandParts& parts, bool json) : parts_(parts), json_(json) {}

    Reply operator()(const ShowStatus&) const {
        const NodeView view = parts_.view();
        return {true, json_ ? text(to_json(view)) : show_status(view)};
    }

    Reply operator()(const ShowProtocols& request) const {
        const NodeView view = parts_.view();
        if (json_) return protocols_as_json(view, request);
        std::string out = show_protocols(view, request.name, request.all);
        if (out.empty() && request.name) return {false, "there is no protocol " + *request.name + "\n"};
        return {true, std::move(out)};
    }

    Reply operator()(const ShowNeighbors&) const {
        const NodeView view = parts_.view();
        return {true, json_ ? text(to_json(view)) : show_neighbors(view)};
    }

    Reply operator()(const ShowNodeStatus&) const {
        return {true, text(node_status(parts_.view(), nullptr))};
    }

    Reply operator()(const ShowPlan& request) const {
        if (!request.input) return {true, text(parts_.plan())};
        PlanInput input = parts_.plan_input();
        hide_secrets(input);
        return {true, text(to_json(input))};
    }

    Reply operator()(const ShowRoute& request) const {
        const bool selects = request.protocol || request.exported || request.filtered || request.prefix;
        if (request.count && !selects) return count(request);
        auto routes = find_routes(parts_, request);
        if (!routes) return {false, routes.error().message + "\n"};
        if (json_) return {true, text(to_json(*routes))};
        if (routes->empty() && (request.prefix || request.for_address)) return {false, "Network not found\n"};
        return {true, show_routes(*routes, std::chrono::system_clock::now(), request)};
    }

    Reply operator()(const ActOn& request) const {
        const Time now = Clock::now();
        bool done = false;
        switch (request.act) {
            case Act::restart:
                done = parts_.speaker.reset(request.name, "restarted by an operator", now);
                break;
            case Act::refresh_in:
                done = parts_.speaker.request_refresh(request.name, now);
                break;
            case Act::refresh_out:
                done = parts_.speaker.send_again(request.name, now);
                break;
            case Act::enable:
            case Act::disable:
                return {false, "set spec.adminState of the BGPPeer: it outlives a restart of the agent\n"};
        }
        parts_.speaker_io.wake();
        if (!done) return {false, request.name + ": there is no such session, or it cannot do that now\n"};
        return {true, request.name + ": done\n"};
    }

private:
    static Reply protocols_as_json(const NodeView& view, const ShowProtocols& request) {
        nlohmann::json out = nlohmann::json::array();
        for (const auto& protocol : view.protocols) {
            if (!request.name || *request.name == protocol.name) out.push_back(to_json(protocol));
        }
        for (const auto& session : view.sessions) {
            if (!request.name || *request.name == session.name) out.push_back(to_json(session));
        }
        return {true, text(out)};
    }

    Reply count(const ShowRoute& request) const {
        const bgp::SpeakerStats stats = parts_.speaker.stats();
        std::string out;
        for (const Family family : families(request)) {
            const auto& table = stats.tables[static_cast<std::size_t>(family)];
            out += std::to_string(table.paths) + " routes for " + std::to_string(table.prefixes) +
                   " networks in table " + (family == Family::ipv4 ? "master4" : "master6") + "\n";
        }
        return {true, std::move(out)};
    }

    const CommandParts& parts_;
    bool json_;
};

}  // namespace

Result<std::vector<RouteView>, Error> find_routes(const CommandParts& parts, const ShowRoute& request) {
    std::vector<RouteView> routes;
    if (const auto failed = Collector(parts.speaker).collect(request, routes)) {
        return Unexpected{Error{*failed}};
    }
    if (!request.exported) routes = select_routes(std::move(routes), request);
    std::sort(routes.begin(), routes.end(),
              [](const RouteView& a, const RouteView& b) { return a.prefix < b.prefix; });
    return routes;
}

Reply answer(const CommandParts& parts, const Request& request) {
    return std::visit(Answerer(parts, request.json), request.command);
}

}  // namespace dunlin::agent
