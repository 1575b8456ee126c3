#include "agent/show/show.h"

#include <algorithm>

#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

using Row = std::vector<std::string>;

// Columns at least as wide as `widths`, the last one as it is; no blanks at the end.
std::string table(const std::vector<Row>& rows, std::vector<std::size_t> widths) {
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::string cell = row[i];
            if (i < widths.size()) cell.resize(widths[i], ' ');
            line += (i == 0 ? "" : " ") + cell;
        }
        out += line.erase(line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

std::string table_name(Family family) { return family == Family::ipv4 ? "master4" : "master6"; }

std::string state_word(const SessionView& s) {
    if (s.established) return "up";
    return s.state == "Idle" || s.state == "Down" ? "down" : "start";
}

// "Established", or "Active        ConnectRefused: 192.0.2.1 refused the connection".
std::string session_info(const SessionView& s) {
    std::string out = s.state;
    const std::string why =
        s.reason.empty() || s.message.empty() ? s.reason + s.message : s.reason + ": " + s.message;
    if (s.established || why.empty()) return out;
    out.resize(std::max<std::size_t>(out.size(), 13), ' ');
    return out + " " + why;
}

Row row_of(const SessionView& s, WallTime now) {
    const std::string tables = s.families.size() == 1 ? table_name(s.families[0]) : "---";
    return {s.name, "BGP", tables, state_word(s), short_time(s.since, now), session_info(s)};
}
Row row_of(const ProtocolView& p, WallTime now) {
    return {p.name, p.kind, p.table.empty() ? "---" : p.table, p.up ? "up" : "down", short_time(p.since, now),
            p.text};
}

std::string protocol_rows(const std::vector<Row>& rows) {
    std::vector<Row> all{{"Name", "Proto", "Table", "State", "Since", "Info"}};
    all.insert(all.end(), rows.begin(), rows.end());
    return table(all, {10, 10, 10, 6, 12});
}

std::string field(int indent, std::string name, const std::string& value) {
    const std::string blank(static_cast<std::size_t>(indent), ' ');
    name = blank + name + ":";
    name.resize(std::max<std::size_t>(name.size() + 1, 22), ' ');
    return name + value + "\n";
}

std::string channel(const SessionView& s, Family family) {
    PrefixCounts counts;
    for (const PrefixCounts& p : s.prefixes) {
        if (p.family == family) counts = p;
    }
    const std::uint64_t filtered = counts.received - std::min(counts.received, counts.accepted);
    std::string out = "  Channel " + std::string(name(family)) + "\n";
    out += field(4, "State", s.established ? "UP" : "DOWN");
    out += field(4, "Table", table_name(family));
    return out + field(4, "Routes",
                       std::to_string(counts.accepted) + " imported, " + std::to_string(filtered) +
                           " filtered, " + std::to_string(counts.exported) + " exported");
}

std::string messages(const SessionView& s) {
    if (s.messages_in.empty() && s.messages_out.empty()) return "";
    const auto of = [](const std::map<std::string, std::uint64_t>& counts) {
        std::string out;
        for (const auto& [type, count] : counts) {
            out += (out.empty() ? "" : ", ") + type + " " + std::to_string(count);
        }
        return out.empty() ? std::string("none") : out;
    };
    return field(4, "Messages in", of(s.messages_in)) + field(4, "Messages out", of(s.messages_out));
}

std::string when_established(const SessionView& s) {
    std::string capabilities;
    for (const std::string& word : s.capabilities) capabilities += (capabilities.empty() ? "" : ", ") + word;
    return field(4, "Capabilities", capabilities) + field(4, "Session", std::string(session_type(s))) +
           field(4, "Hold timer", std::to_string(s.hold.count())) +
           field(4, "Keepalive timer", std::to_string(s.keepalive.count()));
}

std::string details(const SessionView& s) {
    std::string out;
    if (!s.description.empty()) out += field(2, "Description", s.description);
    out += field(2, "Comes from", s.peer_object.empty() ? "node-to-node mesh" : "BGPPeer " + s.peer_object);
    out += field(2, "BGP state", s.state);
    out += field(4, "Neighbor address", s.neighbor.to_string());
    if (s.port != 179) out += field(4, "Neighbor port", std::to_string(s.port));
    out += field(4, "Neighbor AS", std::to_string(s.neighbor_as.value()));
    out += field(4, "Local AS", std::to_string(s.local_as.value()));
    if (s.neighbor_id) out += field(4, "Neighbor ID", dotted(s.neighbor_id->value()));
    if (s.local_address) out += field(4, "Source address", s.local_address->to_string());
    if (s.established) out += when_established(s);
    if (!s.reason.empty()) out += field(4, "Reason", s.reason);
    if (!s.message.empty()) out += field(4, "Message", s.message);
    if (s.uses_next_key) out += field(4, "TCP MD5 key", "the next one; password can be set to it");
    if (!s.last_error.empty()) out += field(4, "Last error", s.last_error);
    if (!s.last_malformed.empty()) {
        out += field(4, "Malformed UPDATEs",
                     std::to_string(s.updates_withdrawn) + " treated as withdraw, " +
                         std::to_string(s.attributes_discarded) + " attributes discarded");
        out += field(4, "Last malformed", s.last_malformed);
    }
    if (!s.last_filtered.empty()) out += field(4, "Last filtered", s.last_filtered);
    out += field(4, "Flaps", std::to_string(s.flaps)) + messages(s);
    if (s.out_queue != 0) out += field(4, "Waiting to be sent", std::to_string(s.out_queue));
    for (const Family family : s.families) out += channel(s, family);
    return out + "\n";
}

std::string details(const ProtocolView& p) {
    if (p.table.empty()) return "\n";
    const std::string family = p.table == "master6" ? "ipv6" : "ipv4";
    return "  Channel " + family + "\n" + field(4, "State", p.up ? "UP" : "DOWN") +
           field(4, "Table", p.table) +
           field(4, "Routes",
                 std::to_string(p.imported) + " imported, " + std::to_string(p.exported) + " exported") +
           "\n";
}

std::string count_of(const NodeView& view) {
    const auto up = std::ranges::count_if(view.sessions, &SessionView::established);
    return std::to_string(up) + "/" + std::to_string(view.sessions.size());
}

std::string totals(const SessionView& s, std::uint64_t PrefixCounts::*which) {
    std::uint64_t sum = 0;
    for (const PrefixCounts& counts : s.prefixes) sum += counts.*which;
    return std::to_string(sum);
}

std::string problem_lines(const NodeView& view) {
    std::string out;
    for (const SourceView& source : view.sources) {
        if (source.state == "Synced") continue;
        out += "Source " + source.resource + " is " + source.state +
               (source.message.empty() ? "" : ": " + source.message) + "\n";
    }
    for (const Problem& p : view.problems) {
        out += "Problem of " + p.kind + " " + p.name + ": " + std::string(name(p.reason)) + ": " +
               (p.field.empty() ? "" : p.field + ": ") + p.message + "\n";
    }
    return out;
}

}  // namespace

std::string show_status(const NodeView& view) {
    std::string out = "Dunlin " + view.version + "\n";
    out += "Router ID is " + (view.router_id ? dotted(view.router_id->value()) : std::string("not known")) +
           "\n";
    out += "Node is " + view.node + ", AS " + std::to_string(view.local_as.value()) + "\n";
    out += "Current server time is " + long_time(view.now) + "\n";
    out += "Started on " + long_time(view.start) + "\n";
    out += "Sessions established: " + count_of(view) + "\n";
    for (const BlockView& block : view.blocks) {
        out += "Block " + block.cidr.to_string() + (block.pool.empty() ? "" : " of pool " + block.pool) +
               (block.in_kernel ? ", in the kernel" : ", not in the kernel") +
               (block.announced ? ", announced" : ", not announced") + "\n";
    }
    for (const auto& [table_id, count] : view.routes) {
        out += "Routes in " + table_id + ": " + std::to_string(count) + "\n";
    }
    out += problem_lines(view);
    if (view.restarting) out += "Graceful restart recovery in progress\n";
    const bool ready = view.synced && view.kernel_synced;
    return out + (ready          ? "Daemon is up and running\n"
                  : !view.synced ? "Daemon waits for its objects\n"
                                 : "Daemon waits for the kernel's routes\n");
}

std::string show_protocols(const NodeView& view, const std::optional<std::string>& wanted, bool all) {
    std::vector<Row> rows;
    std::vector<std::string> blocks;
    const auto add = [&](const auto& protocol) {
        if (wanted && protocol.name != *wanted) return;
        rows.push_back(row_of(protocol, view.now));
        if (all) blocks.push_back(details(protocol));
    };
    for (const ProtocolView& protocol : view.protocols) add(protocol);
    for (const SessionView& session : view.sessions) add(session);
    if (rows.empty() && wanted) return "";
    const std::string lines = protocol_rows(rows);
    if (!all) return lines;
    std::string out;
    std::size_t begin = 0;
    for (std::size_t i = 0; begin < lines.size(); ++i) {
        const std::size_t end = lines.find('\n', begin) + 1;
        out += lines.substr(begin, end - begin) + (i == 0 ? "" : blocks[i - 1]);
        begin = end;
    }
    return out;
}

std::string show_neighbors(const NodeView& view) {
    std::vector<Row> rows{{"Neighbor", "AS", "State", "Since", "Received", "Accepted", "Exported", "Name"}};
    for (const SessionView& s : view.sessions) {
        rows.push_back({s.neighbor.to_string(), std::to_string(s.neighbor_as.value()),
                        s.established || s.reason.empty() ? s.state : s.state + "/" + s.reason,
                        short_time(s.since, view.now), totals(s, &PrefixCounts::received),
                        totals(s, &PrefixCounts::accepted), totals(s, &PrefixCounts::exported), s.name});
    }
    return table(rows, {15, 10, 11, 12, 8, 8, 8});
}

}  // namespace dunlin::agent
