#include "agent/show/show.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

std::string table_of(const Prefix& prefix) { return prefix.family() == Family::ipv4 ? "master4" : "master6"; }

// " (100/0) [AS64512i]" of a BGP route, " (200)" of others.
std::string rank(const PathView& path) {
    std::string out = " (" + std::to_string(path.preference);
    if (path.igp_metric) out += "/" + std::to_string(*path.igp_metric);
    if (!path.reachable) out += "/-";
    out += ")";
    if (!path.from_bgp) return out;
    return out + " [" + origin_text(path.attributes) + "]";
}

std::string next_hop_line(const PathView& path) {
    if (path.gateway) {
        return "\tvia " + path.gateway->to_string() +
               (path.interface.empty() ? "" : " on " + path.interface) + "\n";
    }
    return path.interface.empty() ? "" : "\tdev " + path.interface + "\n";
}

std::string path_text(const PathView& path, const std::string& network, WallTime now, bool all) {
    std::string out = network;
    out.resize(std::max<std::size_t>(out.size(), 20), ' ');
    out += " " + (path.reachable ? path.kind : std::string("unreachable")) + " [" + path.protocol + " " +
           short_time(path.since, now) + "]" + (path.best ? " *" : "") + rank(path) + "\n" +
           next_hop_line(path);
    if (!all) return out;
    if (path.from_bgp) {
        out += "\tType: BGP univ\n";
        for (const std::string& line : attribute_lines(path.attributes)) out += "\t" + line + "\n";
    }
    if (!path.decided_by.empty()) out += "\tDecided by: " + path.decided_by + "\n";
    return out;
}

std::string count_text(const std::map<std::string, std::vector<const RouteView*>>& tables) {
    std::string out;
    for (const auto& [table, routes] : tables) {
        std::size_t paths = 0;
        for (const RouteView* route : routes) paths += route->paths.size();
        const std::string n = std::to_string(paths);
        out += n + " of " + n + " routes for " + std::to_string(routes.size()) + " networks in table " +
               table + "\n";
    }
    return out.empty() ? "0 of 0 routes for 0 networks\n" : out;
}

std::string as_number(RouterId id) { return dotted(id.value()); }

std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}
template <class List, class Text>
std::string joined(const List& list, Text text) {
    std::vector<std::string> words;
    for (const auto& item : list) words.push_back(text(item));
    return join(words);
}

std::string hex(std::uint64_t value, int digits) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
    return text;
}

// BIRD's name of what it does not know, "[t]" where Partial is set (RFC 4271 5).
std::string unknown_line(const bgp::UnknownAttribute& attribute) {
    constexpr std::uint8_t kPartial = 0x20;
    std::string out =
        "BGP." + hex(attribute.type, 2) + ((attribute.flags & kPartial) != 0 ? " [t]" : "") + ":";
    for (const std::uint8_t octet : attribute.value) out += " " + hex(octet, 2);
    return out;
}

void add_communities(std::vector<std::string>& out, const bgp::PathAttributes& a) {
    if (!a.communities.empty()) out.push_back("BGP.community: " + joined(a.communities, community_text));
    if (a.originator_id) out.push_back("BGP.originator_id: " + as_number(*a.originator_id));
    if (!a.cluster_list.empty()) out.push_back("BGP.cluster_list: " + joined(a.cluster_list, dotted));
    if (!a.extended_communities.empty()) {
        out.push_back("BGP.ext_community: " + joined(a.extended_communities, extended_community_text));
    }
    if (!a.large_communities.empty()) {
        out.push_back("BGP.large_community: " + joined(a.large_communities, large_community_text));
    }
}

}  // namespace

std::string origin_text(const bgp::PathAttributes& attributes) {
    constexpr std::string_view kOrigins = "ie?";
    const auto as = attributes.as_path.origin_as();
    return (as ? "AS" + std::to_string(as->value()) : "") +
           kOrigins[std::min<std::size_t>(static_cast<std::size_t>(attributes.origin), 2)];
}

std::string community_text(std::uint32_t community) {
    return "(" + std::to_string(community >> 16) + "," + std::to_string(community & 0xffff) + ")";
}

// RFC 4360 3 and 4, RFC 5668 (four-octet AS), as BIRD prints them.
std::string extended_community_text(std::uint64_t community) {
    const auto type = static_cast<unsigned>(community >> 56);
    const auto subtype = static_cast<unsigned>(community >> 48 & 0xff);
    const auto high = static_cast<std::uint32_t>(community >> 32 & 0xffff);
    const auto low = static_cast<std::uint32_t>(community);
    const std::string kind = subtype == 2 ? "rt" : subtype == 3 ? "ro" : "";
    if (kind.empty() || type > 2) {
        return "(generic, 0x" + hex(community >> 32, 1) + ", 0x" + hex(low, 1) + ")";
    }
    if (type == 0) return "(" + kind + ", " + std::to_string(high) + ", " + std::to_string(low) + ")";
    const std::uint32_t global = high << 16 | low >> 16;
    return "(" + kind + ", " + (type == 1 ? dotted(global) : std::to_string(global)) + ", " +
           std::to_string(low & 0xffff) + ")";
}

std::string large_community_text(const bgp::LargeCommunity& c) {
    return "(" + std::to_string(c.global) + ", " + std::to_string(c.local1) + ", " +
           std::to_string(c.local2) + ")";
}

std::vector<std::string> attribute_lines(const bgp::PathAttributes& a) {
    constexpr std::string_view kOrigins[] = {"IGP", "EGP", "Incomplete"};
    std::vector<std::string> out;
    out.push_back("BGP.origin: " +
                  std::string(kOrigins[std::min<std::size_t>(static_cast<std::size_t>(a.origin), 2)]));
    out.push_back("BGP.as_path: " + a.as_path.to_string());
    out.push_back("BGP.next_hop: " + a.next_hop.to_string() +
                  (a.link_local_next_hop ? " " + a.link_local_next_hop->to_string() : ""));
    if (a.med) out.push_back("BGP.med: " + std::to_string(*a.med));
    if (a.local_pref) out.push_back("BGP.local_pref: " + std::to_string(*a.local_pref));
    if (a.atomic_aggregate) out.push_back("BGP.atomic_aggr: ");
    if (a.aggregator) {
        out.push_back("BGP.aggregator: " + as_number(a.aggregator->address) + " AS" +
                      std::to_string(a.aggregator->asn.value()));
    }
    add_communities(out, a);
    if (a.only_to_customer) out.push_back("BGP.otc: " + std::to_string(a.only_to_customer->value()));
    for (const bgp::UnknownAttribute& attribute : a.unknown) out.push_back(unknown_line(attribute));
    return out;
}

std::vector<RouteView> select_routes(std::vector<RouteView> routes, const ShowRoute& request) {
    const auto unwanted = [&](const RouteView& route) {
        if (request.table && table_of(route.prefix) != *request.table) return true;
        if (request.prefix) return route.prefix != *request.prefix;
        return request.for_address && !route.prefix.contains(*request.for_address);
    };
    std::erase_if(routes, unwanted);
    if (request.for_address && !routes.empty()) {
        const auto longest = std::ranges::max_element(
            routes, {}, [](const RouteView& route) { return route.prefix.length(); });
        routes = {std::move(*longest)};
    }
    if (!request.protocol) return routes;
    for (RouteView& route : routes) {
        std::erase_if(route.paths, [&](const PathView& path) { return path.protocol != *request.protocol; });
    }
    std::erase_if(routes, [](const RouteView& route) { return route.paths.empty(); });
    return routes;
}

std::string show_routes(const std::vector<RouteView>& routes, WallTime now, const ShowRoute& request) {
    std::map<std::string, std::vector<const RouteView*>> tables;
    for (const RouteView& route : routes) tables[table_of(route.prefix)].push_back(&route);
    if (request.count) return count_text(tables);
    if (tables.empty()) return "Network not found\n";
    std::string out;
    for (const auto& [table, members] : tables) {
        if (!out.empty()) out += "\n";
        out += "Table " + table + ":\n";
        for (const RouteView* route : members) {
            std::string network = route->prefix.to_string();  // only before the first path
            for (const PathView& path : route->paths) {
                out += path_text(path, network, now, request.all);
                network.clear();
            }
        }
    }
    return out;
}

}  // namespace dunlin::agent
