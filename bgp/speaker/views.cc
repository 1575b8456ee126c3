#include "bgp/speaker/views.h"

#include "bgp/speaker/core.h"

namespace dunlin::bgp {

std::vector<PeerView> Speaker::Core::peers() const {
    std::vector<PeerView> out;
    out.reserve(by_name_.size());
    for (const auto& [name, neighbour] : by_name_) out.push_back(view(*neighbour));
    return out;
}

PeerView Speaker::Core::view(const Neighbour& neighbour) const {
    PeerView out;
    out.id = neighbour.id;
    out.name = neighbour.name;
    out.settings = neighbour.settings;
    out.session = neighbour.peer.status();
    out.updates = neighbour.counters;
    if (!neighbour.live) return out;
    const LiveSession& live = *neighbour.live;
    out.terms = live.terms;
    out.local_address = neighbour.local_addresses[static_cast<std::size_t>(live.slot)];
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        FamilyCounts& counts = family == Family::ipv4 ? out.ipv4 : out.ipv6;
        const auto index = static_cast<std::size_t>(family);
        counts.received = rib_.paths_of(live.source, family);
        counts.filtered = live.received[index].refused();
        counts.rejected = live.rejected[index];
        counts.exported = live.group->exported(*live.member, family);
        counts.pending = static_cast<std::uint32_t>(live.group->pending(family));
        counts.end_of_rib_received = live.end_of_rib_received[index];
        counts.end_of_rib_sent = live.member->of(family).end_of_rib_sent;
        counts.limit_warned = live.limit_warned[index];
    }
    return out;
}

const Neighbour* Speaker::Core::neighbour_of(SourceId source) const {
    return is_local(source) ? nullptr : find(PeerId(sources_[source].peer));
}

PathView Speaker::Core::path_view(const Path& path, Family family) const {
    PathView out;
    out.source = source_names_[path.source];
    out.path_id = PathId(path.path_id);
    out.preference = path.preference;
    out.stale = rib_.stale(path, family);
    out.since = epoch_.value_or(Time()) + Seconds(path.since);
    const Resolution& way = rib_.resolution(path);
    out.resolvable = way.reachable;
    out.blackhole = way.blackhole;
    out.igp_metric = way.metric;
    out.forwarding = {way.gateway, way.interface, way.interface_index};
    if (const LocalRoute* local = rib_.local(path)) {
        out.local = *local;
        constexpr SourceKind kKinds[] = {SourceKind::direct, SourceKind::kernel, SourceKind::fixed};
        out.kind = kKinds[path.source - 1];
        return out;
    }
    out.kind = sources_[path.source].session == SessionType::internal ? SourceKind::ibgp : SourceKind::ebgp;
    out.from = rib_.source(path.source).address;
    out.attributes = rib_.store().attributes(path.attributes);
    return out;
}

template <class Table>
RouteView Speaker::Core::route_view(const Table& table, NetId id) const {
    RouteView out;
    out.prefix = table.net(id).prefix();
    for (const Candidate& each : rib_.decided(table, id)) {
        PathView path = path_view(table.path(each.path), Table::kFamilyOf);
        path.lost_at = each.lost_at;
        path.best = each.path == table.best(id);
        out.paths.push_back(std::move(path));
    }
    return out;
}

std::uint32_t Speaker::Core::for_each_route(Family family, std::uint32_t from, std::size_t limit,
                                            const RouteCallback& each, const LiveSession* exported) const {
    return rib_.with_table(family, [&](const auto& table) -> std::uint32_t {
        NetId at = from == 0 ? 1 : from;
        for (; at < table.end() && limit > 0; ++at) {
            if (table.net(at).first == 0) continue;
            if (exported != nullptr && !exported->group->sent(*exported->member, family, at)) continue;
            each(route_view(table, at));
            --limit;
        }
        return at < table.end() ? at : 0;
    });
}

bool Speaker::Core::for_each_filtered(Family family, std::size_t limit, const RouteCallback& each) const {
    for (const auto& entry : by_name_) {
        const Neighbour& neighbour = *entry.second;
        if (!neighbour.live) continue;
        const LiveSession& live = *neighbour.live;
        const auto take = [&](const Nlri& nlri, AttributesId attributes, std::uint32_t since) {
            if (limit == 0) return false;
            --limit;
            Path path;
            path.source = live.source;
            path.attributes = attributes;
            path.path_id = nlri.path_id.value();
            path.preference = kPreferenceBgp;
            path.since = since;
            PathView view = path_view(path, family);
            view.stale = false;
            view.refused_by = import_verdict(neighbour, nlri.prefix, attributes);
            each({nlri.prefix, {std::move(view)}});
            return true;
        };
        live.received[static_cast<std::size_t>(family)].for_each_refused(take);
    }
    return limit > 0;
}

std::optional<RouteView> Speaker::Core::lookup(const Prefix& prefix) const {
    return rib_.with_table(prefix.family(), [&](const auto& table) -> std::optional<RouteView> {
        using Key = typename std::decay_t<decltype(table)>::Key;
        const NetId id = table.find(Key::from(prefix));
        if (id == 0 || table.net(id).first == 0) return std::nullopt;
        return route_view(table, id);
    });
}

std::optional<RouteView> Speaker::Core::longest_match(const IpAddress& address) const {
    return rib_.with_table(address.family(), [&](const auto& table) -> std::optional<RouteView> {
        const NetId id = table.longest_match(address, [&](NetId each) { return table.net(each).first != 0; });
        if (id == 0) return std::nullopt;
        return route_view(table, id);
    });
}

SpeakerStats Speaker::Core::stats() const {
    SpeakerStats out;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        TableStats& stats = out.tables[static_cast<std::size_t>(family)];
        rib_.with_table(family, [&](const auto& table) {
            stats = {table.prefixes(), table.paths(), table.bytes()};
        });
    }
    out.attribute_sets = rib_.store().size();
    out.attribute_bytes = rib_.store().bytes();
    out.next_hops = rib_.next_hops().size();
    out.sent_sets = octets_.size();
    out.sent_bytes = octets_.bytes();
    out.update_groups = static_cast<std::uint32_t>(groups_.size());
    for (const auto& each : groups_) out.sent_bytes += each->bytes();
    return out;
}

}  // namespace dunlin::bgp
