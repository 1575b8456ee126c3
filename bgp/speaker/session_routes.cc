// What begins and ends with an Established session: its routes in the tables, and what is sent to it. RFC
// 4271 9, RFC 2918, RFC 4456.
#include <algorithm>

#include "bgp/speaker/core.h"
#include "bgp/speaker/policy_impact.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};

WireContext wire_context(const Negotiated& terms) {
    WireContext out;
    out.as4 = terms.as4;
    out.internal = terms.internal;
    out.confed_member = terms.confederation;
    const FamilyTerms* v4 = terms.find(Family::ipv4);
    const FamilyTerms* v6 = terms.find(Family::ipv6);
    out.ipv4 = v4 != nullptr;
    out.ipv6 = v6 != nullptr;
    out.add_path_v4 = v4 != nullptr && v4->add_path_receive;
    out.add_path_v6 = v6 != nullptr && v6->add_path_receive;
    out.extended_next_hop = v4 != nullptr && v4->extended_next_hop;
    return out;
}

// Of two sessions with equal fingerprints of this an attribute block means the same, and is accepted or not.
std::uint64_t import_salt(const ImportContext& import, std::uint32_t epoch, const std::string& interface) {
    std::vector<std::uint8_t> octets;
    ByteWriter out(octets);
    out.u32(epoch);
    out.u8(static_cast<std::uint8_t>(import.session));
    out.u32(import.local_as.value());
    const Confederation within = import.confederation.value_or(Confederation());
    out.u32(within.identifier.value());
    out.u32(within.member_as.value());
    out.u32(import.router_id.value());
    out.u32(import.cluster_id);
    out.u32(import.allow_own_as);
    out.u8(static_cast<std::uint8_t>(import.check_first_as));
    out.u8(static_cast<std::uint8_t>(import.draining));
    out.u8(import.role ? static_cast<std::uint8_t>(*import.role) : 0xff);
    out.u32(import.session == SessionType::internal ? 0 : import.peer_as.value());
    for (const char c : interface) out.u8(static_cast<std::uint8_t>(c));
    return SipHash(0, 0)(octets).low;
}

}  // namespace

SessionType session_type(const Negotiated& terms) {
    if (terms.internal) return SessionType::internal;
    return terms.confederation ? SessionType::confederation : SessionType::external;
}

void Speaker::Core::session_up(Neighbour& neighbour, Slot slot, const Negotiated& terms, Time now) {
    assert(!neighbour.live);
    const SessionConfig& config = neighbour.settings.session;
    SourceFacts facts;
    facts.ebgp = session_type(terms) == SessionType::external;  // RFC 5065 5.3: members are internal here
    facts.router_id = terms.peer_id.value();
    facts.address = config.transport.peer_address;
    LiveSession& live = neighbour.live.emplace(rib_);
    live.slot = slot;
    live.terms = terms;
    live.source = take_over(neighbour, terms, facts, now);
    live.wire = wire_context(terms);
    if (live.source >= sources_.size()) {
        sources_.resize(live.source + std::size_t{1});
        source_names_.resize(sources_.size());
    }
    source_names_[live.source] = neighbour.name;
    set_import(neighbour);
    neighbour.output_said = false;
    live_.push_back(&neighbour);
    join_group(neighbour);
}

void Speaker::Core::session_down(Neighbour& neighbour, const Ended& why, Time now) {
    if (!neighbour.live) return;
    live_.erase(std::find(live_.begin(), live_.end(), &neighbour));
    leave_group(neighbour);
    keep(neighbour, why, now);
    neighbour.live.reset();
    neighbour.output_said = false;
}

// What an import looks at, and what an export knows of routes from there.
void Speaker::Core::set_import(Neighbour& neighbour) {
    LiveSession& live = *neighbour.live;
    const PeerPolicy& policy = neighbour.settings.policy;
    const Offer& offer = neighbour.settings.session.offer;
    ImportContext& import = live.import;
    import.session = session_type(live.terms);
    import.local_as = offer.local_as;
    import.confederation = offer.confederation;
    import.peer_as = live.terms.peer_as;
    import.router_id = settings_.router_id;
    import.cluster_id = policy.cluster_id.value_or(settings_.router_id).value();
    import.allow_own_as = policy.allow_own_as;
    import.check_first_as = policy.check_first_as;
    import.role = live.terms.role;
    import.draining = neighbour.settings.session.admin_state == AdminState::drain;
    live.import_salt = import_salt(import, import_epoch_, neighbour.settings.session.transport.interface);
    RouteSource& source = sources_[live.source];
    source.session = import.session;
    source.client = policy.reflector_client;
    source.router_id = live.terms.peer_id;
    source.peer = neighbour.id.value();
    const std::uint32_t limit = policy.max_prefixes ? policy.max_prefixes->limit : 0;
    const bool discard = limit != 0 && policy.max_prefixes->action == MaxPrefixAction::discard;
    rib_.set_limit(live.source, discard ? limit : 0);
    for (ReceivedSet& each : live.received)
        each.set_limit(limit == 0 ? ReceivedSet::kMost : std::min<std::size_t>(limit, ReceivedSet::kMost));
}

IpAddress Speaker::Core::own_address(const Neighbour& neighbour, Family family) const {
    const Transport& transport = neighbour.settings.session.transport;
    std::optional<IpAddress> local =
        neighbour.local_addresses[static_cast<std::size_t>(neighbour.live->slot)];
    if (!local) local = transport.local_address;
    if (local && local->family() == family && !local->is_link_local()) return *local;
    // RFC 8950: who agreed on it over IPv6 wants to reach IPv4 that way, whatever IPv4 address we have.
    const FamilyTerms* agreed = neighbour.live->terms.find(family);
    if (local && !local->is_v4() && agreed != nullptr && agreed->extended_next_hop) {
        return local->is_link_local() ? settings_.own_ipv6.value_or(*local) : *local;
    }
    const auto& own = family == Family::ipv4 ? settings_.own_ipv4 : settings_.own_ipv6;
    if (own) return *own;
    return local.value_or(IpAddress::any(family));
}

GroupTerms Speaker::Core::group_terms(const Neighbour& neighbour) const {
    const LiveSession& live = *neighbour.live;
    const PeerPolicy& policy = neighbour.settings.policy;
    GroupTerms out;
    out.target.session = session_type(live.terms);
    out.target.client = policy.reflector_client;
    out.target.role = live.terms.role;
    out.target.long_lived = live.terms.long_lived;
    out.encode.as4 = live.terms.as4;
    out.encode.internal = out.target.session != SessionType::external;  // RFC 5065 5.2: LOCAL_PREF to members
    out.default_priority = policy.default_priority;
    out.enhanced_refresh = live.terms.enhanced_route_refresh;
    for (const Family family : kFamilies) {
        ExportTerms& terms = out.of(family);
        const IpAddress own = own_address(neighbour, family);
        const FamilyTerms* agreed = live.terms.find(family);
        // Without an address of the family there is no next hop that we could give (RFC 8950 has one for
        // IPv4).
        const bool next_hop = own.family() == family || (agreed != nullptr && agreed->extended_next_hop);
        terms.carried = agreed != nullptr;
        terms.extended_next_hop = agreed != nullptr && agreed->extended_next_hop;
        terms.context.session = out.target.session;
        terms.context.local_as = neighbour.settings.session.offer.local_as;
        terms.context.own_address = next_hop ? own : IpAddress::any(family);
        terms.context.next_hop = policy.next_hop;
        terms.context.cluster_id = policy.cluster_id.value_or(settings_.router_id).value();
        terms.context.send_communities = policy.send_communities;
        terms.context.local_pref_from_priority = policy.local_pref_from_priority;
        terms.context.role = live.terms.role;
        terms.context.draining = neighbour.settings.session.admin_state == AdminState::drain;
        terms.pack.family = family;
        terms.pack.max_message = live.terms.send_limit();
        terms.pack.add_path = agreed != nullptr && agreed->add_path_send;
        terms.filter = policy.export_filter(family);
        terms.policy = family == Family::ipv4 ? policy.export_ipv4 : policy.export_ipv6;
    }
    return out;
}

// Exports are worked out again (regroup), a filter is put to work on what is kept. What was not kept as it
// came the neighbour has to say again, or, where it cannot, to begin anew.
void Speaker::Core::apply_policy(Neighbour& neighbour, const PeerSettings& before, Time now) {
    if (!neighbour.live) return;
    const PeerPolicy& policy = neighbour.settings.policy;
    const bool drain_differs = (before.session.admin_state == AdminState::drain) !=
                               (neighbour.settings.session.admin_state == AdminState::drain);
    const Impact cost =
        std::max(impact(before.policy, policy), drain_differs ? Impact::refresh : Impact::none);
    set_import(neighbour);
    regroup_ = true;
    LiveSession& live = *neighbour.live;
    const bool limit = before.policy.max_prefixes != policy.max_prefixes;
    const auto filter = [&](Family family) {
        return before.policy.import_filter(family) != policy.import_filter(family);
    };
    bool again = cost == Impact::refresh;
    for (const FamilyTerms& each : live.terms.families) {
        const auto index = static_cast<std::size_t>(each.family);
        again = again || (limit && live.limited[index]) ||
                (filter(each.family) && !live.received[index].complete());
    }
    if (cost == Impact::reset || (again && !live.terms.route_refresh)) {
        return perform(neighbour,
                       neighbour.peer.reset(now, cease(Cease::other_configuration_change),
                                            SessionReason::config_changed),
                       now);
    }
    for (const FamilyTerms& each : live.terms.families) {
        if (again) {
            request_refresh(neighbour, each.family);
        } else if (filter(each.family)) {
            begin_reimport(live, each.family);
        }
    }
    if (!limit) return;
    live.limit_warned = {};
    for (const Family family : kFamilies) {
        if (neighbour.live) check_limits(neighbour, family, now);
    }
}

}  // namespace dunlin::bgp
