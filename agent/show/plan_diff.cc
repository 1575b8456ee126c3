#include "agent/show/plan_diff.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/diff.h"
#include "agent/show/show.h"
#include "bgp/speaker/policy_impact.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

constexpr std::string_view kPurposes[] = {"block", "service", "route to a neighbour"};
std::string_view name_of(StaticPurpose purpose) { return kPurposes[static_cast<std::size_t>(purpose)]; }

std::map<std::string, DesiredSession> running(const Desired& desired) {
    std::map<std::string, DesiredSession> out;
    for (const auto& [name, session] : desired.sessions) {
        if (!session.held_down) out.emplace(name, session);
    }
    return out;
}

SessionChange described(const std::string& name, const DesiredSession& session) {
    SessionChange out;
    out.name = name;
    out.neighbor = session.config.transport.peer_address.to_string() + " AS " +
                   std::to_string(session.config.offer.peer_as.value());
    return out;
}

SessionChange changed(const std::string& name, const DesiredSession& from, const DesiredSession& to) {
    SessionChange out = described(name, to);
    out.fields = bgp::changed_fields(from.config, to.config);
    const auto policy = bgp::changed_fields(from.policy, to.policy);
    out.fields.insert(out.fields.end(), policy.begin(), policy.end());
    for (const auto& field : out.fields) out.cost = std::max(out.cost, field.impact);
    return out;
}

void compare_sessions(const Desired& before, const Desired& after, PlanDiff& out) {
    const auto was = running(before), will = running(after);
    const auto changes = diff(was, will);
    for (const auto& [name, session] : changes.added) out.starts.push_back(described(name, session));
    for (const auto& name : changes.removed) out.stops.push_back(described(name, was.at(name)));
    for (const auto& [name, session] : changes.changed) {
        SessionChange change = changed(name, was.at(name), session);
        if (!change.fields.empty()) out.changes.push_back(std::move(change));
    }
}

void compare_family(const Desired& before, const Desired& after, Family family, PlanDiff& out) {
    const DesiredFamily &was = before.of(family), &will = after.of(family);
    const auto changes = diff(was.statics, will.statics);
    for (const auto& [prefix, route] : changes.added) out.prefixes.push_back({prefix, route.purpose, true});
    for (const auto& prefix : changes.removed) {
        out.prefixes.push_back({prefix, was.statics.at(prefix).purpose, false});
    }
    const std::string which(name(family));
    const auto note = [&](bool same, const char* what) {
        if (!same) out.node_changes.push_back(which + " " + what);
    };
    note(was.bgp_enabled == will.bgp_enabled, "on or off");
    note(was.listen_port == will.listen_port && was.listen_address == will.listen_address,
         "listening socket");
    note(was.kernel_policy == will.kernel_policy, "kernel policy");
    note(was.export_policy == will.export_policy, "export policy");
}

void compare_node(const Desired& before, const Desired& after, PlanDiff& out) {
    if (before.local_as != after.local_as) out.node_changes.emplace_back("AS number");
    if (before.router_id != after.router_id) out.node_changes.emplace_back("router id");
    if (before.cluster_id != after.cluster_id) out.node_changes.emplace_back("cluster id");
    if (before.direct_interfaces != after.direct_interfaces) out.node_changes.emplace_back("interfaces");
    if (before.log_level != after.log_level) out.node_changes.emplace_back("log level");
}

std::string fields_text(const SessionChange& change) {
    std::string out;
    for (const auto& field : change.fields) {
        if (!out.empty()) out += ", ";
        out += std::string(field.field) + " (" + std::string(bgp::name(field.impact)) + ")";
    }
    return out;
}

std::string text_of(const PlanDiff& node) {
    std::string out = node.node + "\n";
    for (const auto& session : node.stops)
        out += "  stop    " + session.name + "  " + session.neighbor + "\n";
    for (const auto& session : node.starts)
        out += "  start   " + session.name + "  " + session.neighbor + "\n";
    for (const auto& session : node.changes) {
        out += "  " + std::string(bgp::name(session.cost));
        out.append(session.cost == bgp::Impact::refresh ? 1
                   : session.cost == bgp::Impact::reset ? 3
                                                        : 4,
                   ' ');
        out += session.name + "  " + session.neighbor + ": " + fields_text(session) + "\n";
    }
    for (const auto& what : node.node_changes) out += "  live    node: " + what + "\n";
    for (const auto& each : node.prefixes) {
        out += std::string("  ") + (each.comes ? "+       " : "-       ") + each.prefix.to_string() + "  " +
               std::string(name_of(each.purpose)) + "\n";
    }
    const auto problem = [&](const char* sign, const Problem& p) {
        out += std::string("  ") + sign + " problem: " + p.kind + " " + p.name + ": " +
               (p.field.empty() ? "" : p.field + ": ") + p.message + " (" + std::string(name(p.reason)) +
               ")\n";
    };
    for (const auto& p : node.solved_problems) problem("solved", p);
    for (const auto& p : node.new_problems) problem("new", p);
    return out;
}

json sessions_json(const std::vector<SessionChange>& sessions) {
    json out = json::array();
    for (const auto& session : sessions) {
        json& last = out.emplace_back(json{{"name", session.name}, {"neighbor", session.neighbor}});
        if (session.fields.empty()) continue;
        last["cost"] = bgp::name(session.cost);
        for (const auto& field : session.fields) {
            last["fields"].push_back({{"field", field.field}, {"cost", bgp::name(field.impact)}});
        }
    }
    return out;
}

json prefixes_json(const std::vector<PrefixChange>& prefixes, bool come) {
    json out = json::array();
    for (const auto& each : prefixes) {
        if (each.comes != come) continue;
        out.push_back({{"cidr", each.prefix.to_string()}, {"for", name_of(each.purpose)}});
    }
    return out;
}

json problems_json(const std::vector<Problem>& problems) {
    json out = json::array();
    for (const Problem& problem : problems) out.push_back(to_json(problem));
    return out;
}

}  // namespace

bool PlanDiff::empty() const {
    return starts.empty() && stops.empty() && changes.empty() && prefixes.empty() && node_changes.empty() &&
           new_problems.empty() && solved_problems.empty();
}

PlanDiff plan_diff(const Desired& before, const Desired& after) {
    PlanDiff out;
    out.node = after.node;
    compare_sessions(before, after, out);
    compare_node(before, after, out);
    for (const Family family : {Family::ipv4, Family::ipv6}) compare_family(before, after, family, out);
    std::set_difference(after.problems.begin(), after.problems.end(), before.problems.begin(),
                        before.problems.end(), std::back_inserter(out.new_problems));
    std::set_difference(before.problems.begin(), before.problems.end(), after.problems.begin(),
                        after.problems.end(), std::back_inserter(out.solved_problems));
    return out;
}

std::string diff_text(const std::vector<PlanDiff>& nodes) {
    std::string out;
    std::size_t touched = 0, starts = 0, stops = 0, resets = 0;
    for (const PlanDiff& node : nodes) {
        if (node.empty()) continue;
        out += text_of(node);
        ++touched;
        starts += node.starts.size();
        stops += node.stops.size();
        resets += static_cast<std::size_t>(
            std::ranges::count(node.changes, bgp::Impact::reset, &SessionChange::cost));
    }
    if (touched == 0) return "no change\n";
    return out + std::to_string(touched) + " of " + std::to_string(nodes.size()) +
           " nodes change: " + std::to_string(starts) + " sessions start, " + std::to_string(stops) +
           " stop, " + std::to_string(resets) + " are reset\n";
}

json to_json(const PlanDiff& diff) {
    return {{"node", diff.node},
            {"sessions",
             {{"start", sessions_json(diff.starts)},
              {"stop", sessions_json(diff.stops)},
              {"change", sessions_json(diff.changes)}}},
            {"node_changes", diff.node_changes},
            {"prefixes",
             {{"come", prefixes_json(diff.prefixes, true)}, {"go", prefixes_json(diff.prefixes, false)}}},
            {"problems",
             {{"new", problems_json(diff.new_problems)}, {"solved", problems_json(diff.solved_problems)}}}};
}

}  // namespace dunlin::agent
