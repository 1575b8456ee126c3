// What is sent for the best path of a prefix: policy, the rules of BGP, and the octets of it.
#include "bgp/speaker/export_group.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kKnown = 1024;  // power of two

void append(const IpAddress& address, std::vector<std::uint8_t>& out) {
    const Bytes octets = address.bytes();
    out.insert(out.end(), octets.begin(), octets.end());
}

// RFC 4456 8: a route does not go back to its originator.
NotFor not_for(const AttributeSummary& attributes, const RouteSource& source, const Target& target) {
    NotFor out;
    if (source.own()) return out;
    out.peer = source.peer;
    if (target.session == SessionType::internal) out.router_id = attributes.originator_id;
    return out;
}

// What a filter asks for, within what the session allows.
void apply_outgoing(const std::vector<FilterOperation>& operations, const OutgoingContext& context,
                    PathAttributes& out) {
    apply_operations(operations, out);
    if (context.session == SessionType::external) out.local_pref.reset();  // RFC 4271 5.1.5
}

// We have no address of the family, or the neighbour does not know next hops of the other (RFC 8950 4).
bool can_send(const IpAddress& next_hop, Family family, const ExportTerms& terms) {
    if (next_hop.is_unspecified()) return false;
    return next_hop.family() == family || (family == Family::ipv4 && terms.extended_next_hop);
}

}  // namespace

NotFor parse_not_for(Bytes octets) {
    ByteReader in(octets.first(8));
    NotFor out;
    out.peer = in.u32();
    out.router_id = in.u32();
    return out;
}

SentOctets parse_sent(Bytes octets) {
    SentOctets out;
    out.not_for = parse_not_for(octets);
    octets = octets.subspan(8);
    const std::size_t size = octets.front();
    out.next_hop.address = *IpAddress::from_bytes(octets.subspan(1, size == 4 ? 4 : 16));
    if (size == 32) out.next_hop.link_local = IpAddress::from_bytes(octets.subspan(17, 16));
    out.attributes = octets.subspan(1 + size);
    return out;
}

template <class Table>
OctetStore::Id ExportGroup::evaluate_best(const Table& table, NetId id) {
    const PathIndex best = table.best(id);
    return best == 0 ? 0 : evaluate(table, id, table.path(best));
}
template OctetStore::Id ExportGroup::evaluate_best(const Table<Family::ipv4>&, NetId);
template OctetStore::Id ExportGroup::evaluate_best(const Table<Family::ipv6>&, NetId);

// 0: nothing. The reference is the caller's only where he adds one.
template <class Table>
OctetStore::Id ExportGroup::evaluate(const Table& table, NetId id, const Path& path) {
    const ExportTerms& terms = terms_.of(Table::kFamilyOf);
    const RouteSource& source = sources_[path.source];
    // Nobody else is there to be sent it: no work for the group.
    if (members_.size() == 1 && !source.own() && source.peer == members_.front()->peer) return 0;
    constexpr Family kFamily = Table::kFamilyOf;
    if (terms.filter->empty() && terms.policy->accept_all && terms.policy->communities.empty()) {
        return known_octets(kFamily, path, {}, nullptr);
    }
    const Resolution& way = rib_.resolution(path);
    const Prefix prefix = table.net(id).prefix();
    const bool internal = terms_.target.session == SessionType::internal;
    if (!terms.filter->empty()) {
        const ExportScratch::Prepared& prepared = prepare(kFamily, path);
        if (prepared.refused) return 0;
        const FilterRule* rule = deciding_rule(
            *terms.filter, {prefix, prepared.out, !source.own(), internal, way.interface, priority_of(path)});
        if (rule != nullptr && !rule->accept) return 0;
        if (rule != nullptr)
            return known_octets(kFamily, path, {}, rule->operations.empty() ? nullptr : rule);
    }
    const ExportVerdict verdict =
        dunlin::bgp::evaluate(*terms.policy, {prefix, internal, way.interface, priority_of(path)});
    if (!verdict.accept) return 0;
    return known_octets(kFamily, path, verdict.added, nullptr);
}
template OctetStore::Id ExportGroup::evaluate(const Table<Family::ipv4>&, NetId, const Path&);
template OctetStore::Id ExportGroup::evaluate(const Table<Family::ipv6>&, NetId, const Path&);

std::uint32_t ExportGroup::priority_of(const Path& path) const {
    if (const LocalRoute* local = rib_.local(path)) return local->priority.value_or(terms_.default_priority);
    return priority_of_local_pref(rib_.store().summary(path.attributes).local_pref);
}

// What BGP makes of a path on its way out, before filter and policy; `refused` where it must not leave.
const ExportScratch::Prepared& ExportGroup::prepare(Family family, const Path& path) {
    ExportScratch::Prepared& prepared = scratch_.prepared;
    if (prepared.attributes == path.attributes && prepared.source == path.source && prepared.family == family)
        return prepared;
    prepared = {path.attributes, path.source, family, false, {}};
    PathAttributes attributes = rib_.store().attributes(path.attributes);
    if (const LocalRoute* local = rib_.local(path); local != nullptr && local->gateway) {
        attributes.next_hop = *local->gateway;
    }
    const RouteSource& source = sources_[path.source];
    prepared.refused = group_refusal(attributes, source, terms_.target) != ExportRefusal::none;
    if (prepared.refused) return prepared;
    prepared.out = outgoing(attributes, source, priority_of(path), terms_.of(family).context);
    prepared.refused = !can_send(prepared.out.next_hop, family, terms_.of(family));
    return prepared;
}

OctetStore::Id ExportGroup::known_octets(Family family, const Path& path, const Added& added,
                                         const FilterRule* rule) {
    if (scratch_.known.empty()) scratch_.known.resize(kKnown);
    // Of local routes both families may have the same set.
    ExportScratch::Known& known =
        scratch_.known[(path.attributes * 2 + static_cast<std::size_t>(family)) % kKnown];
    const bool cacheable = added.empty();
    if (cacheable && known.attributes == path.attributes && known.source == path.source && known.rule == rule)
        return known.octets;
    if (known.octets != 0) octets_.release(known.octets);
    known = ExportScratch::Known();
    known.octets = make_octets(family, path, added, rule);
    if (cacheable) {
        known.attributes = path.attributes;
        known.source = path.source;
        known.rule = rule;
    }
    return known.octets;
}

// 0: not to be advertised. Else with one more reference.
OctetStore::Id ExportGroup::make_octets(Family family, const Path& path, const Added& added,
                                        const FilterRule* rule) {
    const ExportScratch::Prepared& prepared = prepare(family, path);
    if (prepared.refused) return 0;
    const OutgoingContext& context = terms_.of(family).context;
    PathAttributes out = prepared.out;
    add_communities(added, out);
    if (rule != nullptr) apply_outgoing(rule->operations, context, out);
    // What outgoing() left of the kinds that are not sent is all that goes (GRACEFUL_SHUTDOWN, RFC 8326 4.2).
    if (!context.send_communities.standard) out.communities = prepared.out.communities;
    if (!context.send_communities.large) out.large_communities = prepared.out.large_communities;
    std::vector<std::uint8_t>& octets = scratch_.octets;
    octets.clear();
    ByteWriter writer(octets);
    const NotFor not_for_whom =
        not_for(rib_.store().summary(path.attributes), sources_[path.source], terms_.target);
    writer.u32(not_for_whom.peer);
    writer.u32(not_for_whom.router_id);
    const bool link_local = out.link_local_next_hop && !out.next_hop.is_v4();
    writer.u8(out.next_hop.is_v4() ? 4 : link_local ? 32 : 16);
    append(out.next_hop, octets);
    if (link_local) append(*out.link_local_next_hop, octets);
    encode_attributes(out, terms_.encode, octets);
    return octets_.intern(octets);
}

void ExportGroup::forget_known() {
    for (const ExportScratch::Known& known : scratch_.known) {
        if (known.octets != 0) octets_.release(known.octets);
    }
    scratch_.known.clear();
    scratch_.prepared = {};
}

}  // namespace dunlin::bgp
