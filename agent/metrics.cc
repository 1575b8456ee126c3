#include "agent/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace dunlin::agent {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

class Writer {
public:
    // Begins a family; its samples have to follow at once.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = "dunlin_" + std::string(name);
        out_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
        out_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
    }
    void sample(const Labels& labels, double value) {
        std::string text;
        for (const auto& [key, content] : labels) {
            text.append(text.empty() ? "" : ",")
                .append(key)
                .append("=\"")
                .append(escaped(content))
                .append("\"");
        }
        sample_with(text, value);
    }
    void sample_with(std::string_view labels, double value) {
        out_ += name_;
        if (!labels.empty()) out_.append("{").append(labels).append("}");
        out_.append(" ").append(number(value)).append("\n");
    }
    std::string take() { return std::move(out_); }

private:
    static std::string escaped(const std::string& text) {
        std::string out;
        for (const char c : text) {
            if (c == '\\' || c == '"') out += '\\';
            if (c == '\n') {
                out += "\\n";
            } else {
                out += c;
            }
        }
        return out;
    }
    static std::string number(double value) {
        char text[40];
        const bool whole = std::abs(value) < 9e15 && std::floor(value) == value;
        std::snprintf(text, sizeof text, whole ? "%.0f" : "%.9g", value);
        return text;
    }
    std::string out_, name_;
};

double as_double(std::uint64_t value) { return static_cast<double>(value); }
double seconds(WallTime at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

constexpr std::string_view kStates[] = {"Idle",     "Connect",     "Active",
                                        "OpenSent", "OpenConfirm", "Established"};

std::string_view state_of(const SessionView& s) {
    const auto found = std::ranges::find(kStates, std::string_view(s.state));
    return found == std::end(kStates) ? kStates[0] : *found;
}

Labels labels_of(const NodeView& view, const SessionView& s) {
    return {{"peer", s.name}, {"node", view.node}, {"type", s.origin}};
}
Labels with(Labels labels, std::string_view key, std::string_view value) {
    labels.emplace_back(key, std::string(value));
    return labels;
}

void write_peers(Writer& out, const NodeView& view) {
    out.family("session_up", "gauge", "1 while the session is Established.");
    for (const SessionView& s : view.sessions) out.sample(labels_of(view, s), s.established ? 1 : 0);
    out.family("session_state", "gauge", "1 for the state that the session is in (RFC 4271 8.2.2).");
    for (const SessionView& s : view.sessions) {
        for (const std::string_view state : kStates) {
            out.sample(with(labels_of(view, s), "state", state), state_of(s) == state ? 1 : 0);
        }
    }
    out.family("session_established_timestamp_seconds", "gauge", "When the session became Established.");
    for (const SessionView& s : view.sessions) {
        if (s.established) out.sample(labels_of(view, s), std::floor(seconds(s.since)));
    }
    out.family("session_flaps_total", "counter", "How often the session left Established.");
    for (const SessionView& s : view.sessions) out.sample(labels_of(view, s), as_double(s.flaps));
    out.family("prefixes", "gauge", "Prefixes received, accepted by the import policy and advertised.");
    for (const SessionView& s : view.sessions) {
        for (const PrefixCounts& p : s.prefixes) {
            const Labels labels{{"peer", s.name}, {"family", std::string(name(p.family))}};
            out.sample(with(labels, "stage", "received"), as_double(p.received));
            out.sample(with(labels, "stage", "accepted"), as_double(p.accepted));
            out.sample(with(labels, "stage", "advertised"), as_double(p.exported));
        }
    }
    out.family("malformed_updates_total", "counter",
               "Faults in UPDATEs that did not end the session (RFC 7606).");
    for (const SessionView& s : view.sessions) {
        out.sample(with(labels_of(view, s), "cost", "withdraw"), as_double(s.updates_withdrawn));
        out.sample(with(labels_of(view, s), "cost", "attribute"), as_double(s.attributes_discarded));
    }
    out.family("output_queue_prefixes", "gauge", "Prefixes that wait to be sent to the neighbour.");
    for (const SessionView& s : view.sessions) out.sample(labels_of(view, s), s.out_queue);
}

void write_session_sums(Writer& out, const NodeView& view) {
    std::map<std::pair<std::string, std::string_view>, std::uint64_t> sessions;
    std::map<std::string, std::uint64_t> in, sent;
    for (const SessionView& s : view.sessions) {
        ++sessions[{s.origin, state_of(s)}];
        for (const auto& [type, count] : s.messages_in) in[type] += count;
        for (const auto& [type, count] : s.messages_out) sent[type] += count;
    }
    out.family("sessions", "gauge", "Sessions that this node should have, by state.");
    for (const auto& [key, count] : sessions) {
        out.sample({{"type", key.first}, {"state", std::string(key.second)}}, as_double(count));
    }
    out.family("messages_total", "counter", "BGP messages of the sessions that there are now.");
    for (const auto& [type, count] : in) out.sample({{"direction", "in"}, {"type", type}}, as_double(count));
    for (const auto& [type, count] : sent)
        out.sample({{"direction", "out"}, {"type", type}}, as_double(count));
}

std::string family_of_table(const std::string& table) { return table == "master6" ? "ipv6" : "ipv4"; }

void write_routes(Writer& out, const NodeView& view) {
    out.family("table_prefixes", "gauge", "Prefixes in the routing table.");
    for (const auto& [table, count] : view.routes) {
        out.sample({{"family", family_of_table(table)}}, as_double(count));
    }
    out.family("table_routes", "gauge", "Routes that a protocol has brought into the table.");
    for (const ProtocolView& p : view.protocols) {
        if (p.table.empty()) continue;
        out.sample({{"family", family_of_table(p.table)}, {"protocol", p.name}}, as_double(p.imported));
    }
    out.family("blocks", "gauge", "Address blocks of this node.");
    out.sample({}, as_double(view.blocks.size()));
    const KernelCounts& k = view.kernel;
    out.family("kernel_routes", "gauge",
               "Routes in the kernel; alien ones are those of others that we learned.");
    const std::pair<const char*, std::uint64_t> kinds[] = {{"desired", k.desired},
                                                           {"installed", k.installed},
                                                           {"failed", k.failed},
                                                           {"conflict", k.conflicts},
                                                           {"alien", k.alien}};
    for (const auto& [kind, count] : kinds) out.sample({{"kind", kind}}, as_double(count));
    out.family("kernel_repairs_total", "counter",
               "Our routes that others changed or removed and we put back.");
    out.sample({}, as_double(k.repairs));
}

// "reconcile_total{result=\"ok\"}" -> "reconcile_total" and its labels.
std::pair<std::string_view, std::string_view> split(std::string_view key) {
    const auto brace = key.find('{');
    if (brace == std::string_view::npos || key.back() != '}') return {key, {}};
    return {key.substr(0, brace), key.substr(brace + 1, key.size() - brace - 2)};
}

std::string_view help_of(std::string_view counter) {
    constexpr std::pair<std::string_view, std::string_view> kHelp[] = {
        {"reconcile_total", "How often the wanted state was worked out."},
        {"notifications_total", "NOTIFICATIONs sent and received."},
        {"api_requests_total", "Requests to the API server."},
        {"watch_restarts_total", "Watches that were begun anew."},
        {"status_writes_total", "Writes of status."},
    };
    for (const auto& [known, help] : kHelp) {
        if (counter == known) return help;
    }
    return "See the documentation.";
}

void write_counters(Writer& out, const NodeView& view) {
    std::map<std::string_view, std::vector<std::pair<std::string_view, std::uint64_t>>> families;
    for (const auto& [key, count] : view.counters) {
        const auto [counter, labels] = split(key);
        families[counter].emplace_back(labels, count);
    }
    for (const auto& [counter, samples] : families) {
        out.family(counter, "counter", help_of(counter));
        for (const auto& [labels, count] : samples) out.sample_with(labels, as_double(count));
    }
}

void write_agent(Writer& out, const NodeView& view) {
    out.family("build_info", "gauge", "1, with the version.");
    out.sample({{"version", view.version}}, 1);
    out.family("start_timestamp_seconds", "gauge", "When the agent started.");
    out.sample({}, std::floor(seconds(view.start)));
    out.family("synced", "gauge", "1 once all objects and the kernel's routes have been read.");
    out.sample({}, view.synced && view.kernel_synced ? 1 : 0);
    out.family("api_up", "gauge", "1 while the source of the objects answers.");
    out.sample({}, view.api_up ? 1 : 0);
    out.family("source_objects", "gauge", "Objects that are known, by resource.");
    for (const SourceView& s : view.sources) out.sample({{"resource", s.resource}}, as_double(s.objects));
    out.family("config_problems", "gauge", "Problems of objects, by reason.");
    std::map<std::string_view, std::uint64_t> problems;
    for (const Problem& p : view.problems) ++problems[name(p.reason)];
    for (const auto& [reason, count] : problems)
        out.sample({{"reason", std::string(reason)}}, as_double(count));
    out.family("loop_stall_seconds", "gauge", "Longest time between two turns of the loop.");
    out.sample({}, view.longest_stall_s);
}

}  // namespace

std::string metrics_text(const NodeView& view, std::size_t most_peers) {
    Writer out;
    write_agent(out, view);
    write_session_sums(out, view);
    if (view.sessions.size() <= most_peers) write_peers(out, view);
    write_routes(out, view);
    write_counters(out, view);
    return out.take();
}

}  // namespace dunlin::agent
