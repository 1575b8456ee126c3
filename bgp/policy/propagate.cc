#include "bgp/policy/propagate.h"

#include <algorithm>

#include "bgp/wire/update.h"

namespace dunlin::bgp {
namespace {

constexpr std::uint64_t kNonTransitive = std::uint64_t{0x40} << 56;  // RFC 4360 2: the T bit of the type

ExportRefusal by_community(const PathAttributes& attributes, SessionType session) {
    if (has_community(attributes, kNoAdvertise)) return ExportRefusal::no_advertise;
    if (session == SessionType::external && has_community(attributes, kNoExport))
        return ExportRefusal::no_export;
    if (session != SessionType::internal && has_community(attributes, kNoExportSubconfed))
        return ExportRefusal::no_export_subconfed;
    return ExportRefusal::none;
}

// RFC 9234 5: what bears OTC goes only to customers and clients of a route server.
bool goes_upwards_or_sideways(Role ours) {
    return ours == Role::customer || ours == Role::peer || ours == Role::route_server_client;
}
bool goes_downwards_or_sideways(Role ours) {
    return ours == Role::provider || ours == Role::peer || ours == Role::route_server;
}

// A route of our own without a gateway has no next hop yet.
bool keeps_next_hop(const PathAttributes& attributes, const OutgoingContext& context) {
    if (attributes.next_hop.is_unspecified()) return false;
    switch (context.next_hop) {
        case NextHopMode::self:
            return false;
        case NextHopMode::keep:
            return true;
        case NextHopMode::automatic:
            return context.session != SessionType::external;  // RFC 5065 5 for members
    }
    return false;
}

void set_next_hop(PathAttributes& out, const OutgoingContext& context) {
    if (keeps_next_hop(out, context)) {
        // RFC 2545 3: a link-local address means nothing behind the link that it came from.
        if (!out.next_hop.is_link_local()) {
            out.link_local_next_hop.reset();
            return;
        }
    }
    out.next_hop = context.own_address;
    out.link_local_next_hop = context.own_address.is_v4() ? std::nullopt : context.own_link_local;
}

void set_as_path(PathAttributes& out, const OutgoingContext& context) {
    if (context.session == SessionType::external) {
        out.as_path.remove_confederation();
        out.as_path.prepend(context.local_as);
    } else if (context.session == SessionType::confederation) {
        out.as_path.prepend_confederation(context.local_as);
    }
}

void set_preferences(PathAttributes& out, const RouteSource& source, std::uint32_t priority,
                     const OutgoingContext& context) {
    if (context.session == SessionType::external) {
        out.local_pref.reset();              // RFC 4271 5.1.5
        if (!source.own()) out.med.reset();  // RFC 4271 5.1.4: not to other neighbouring ASes
        return;
    }
    if (out.local_pref) return;
    const bool from_priority = source.own() && context.local_pref_from_priority;
    out.local_pref = from_priority ? local_pref_of_priority(priority) : kDefaultLocalPref;
}

// RFC 4456 8: only what is reflected bears them; the first reflector says who the originator is.
void set_reflection(PathAttributes& out, const RouteSource& source, const OutgoingContext& context) {
    const bool reflected =
        source.session == SessionType::internal && context.session == SessionType::internal;
    if (!reflected) {
        out.originator_id.reset();
        out.cluster_list.clear();
        return;
    }
    if (!out.originator_id) out.originator_id = source.router_id;
    out.cluster_list.insert(out.cluster_list.begin(), context.cluster_id);
}

void set_communities(PathAttributes& out, const OutgoingContext& context) {
    if (!context.send_communities.standard) out.communities.clear();
    if (!context.send_communities.extended) out.extended_communities.clear();
    if (!context.send_communities.large) out.large_communities.clear();
    // RFC 8326 4.2, whatever else is sent of communities.
    if (context.draining && !has_community(out, kGracefulShutdown)) {
        out.communities.push_back(kGracefulShutdown);
    }
    if (context.session != SessionType::external) return;
    auto& extended = out.extended_communities;  // RFC 4360 6: they stay in the AS
    extended.erase(std::remove_if(extended.begin(), extended.end(),
                                  [](std::uint64_t community) { return (community & kNonTransitive) != 0; }),
                   extended.end());
}

}  // namespace

std::string_view name(ExportRefusal refusal) {
    switch (refusal) {
        case ExportRefusal::none:
            return "advertised";
        case ExportRefusal::split_horizon:
            return "learned from this neighbour";
        case ExportRefusal::internal_to_internal:
            return "learned from an iBGP neighbour";
        case ExportRefusal::no_advertise:
            return "NO_ADVERTISE";
        case ExportRefusal::no_export:
            return "NO_EXPORT";
        case ExportRefusal::no_export_subconfed:
            return "NO_EXPORT_SUBCONFED";
        case ExportRefusal::originator:
            return "this neighbour is its originator";
        case ExportRefusal::only_to_customer:
            return "only to customers (OTC)";
        case ExportRefusal::long_lived_stale:
            return "LLGR_STALE";
    }
    return "";
}

ExportRefusal group_refusal(const PathAttributes& attributes, const RouteSource& source,
                            const Target& target) {
    if (source.own()) return ExportRefusal::none;
    const bool internal = source.session == SessionType::internal && target.session == SessionType::internal;
    if (internal && !source.client && !target.client) return ExportRefusal::internal_to_internal;
    if (attributes.only_to_customer && target.role && goes_upwards_or_sideways(*target.role)) {
        return ExportRefusal::only_to_customer;
    }
    if (!target.long_lived && has_community(attributes, kLlgrStale)) return ExportRefusal::long_lived_stale;
    return by_community(attributes, target.session);
}

ExportRefusal neighbour_refusal(const PathAttributes& attributes, const RouteSource& source,
                                const Target& target) {
    if (source.own()) return ExportRefusal::none;
    if (source.peer == target.peer) return ExportRefusal::split_horizon;
    if (target.session == SessionType::internal && attributes.originator_id == target.router_id) {
        return ExportRefusal::originator;
    }
    return ExportRefusal::none;
}

ExportRefusal may_advertise(const PathAttributes& attributes, const RouteSource& source,
                            const Target& target) {
    const ExportRefusal refusal = neighbour_refusal(attributes, source, target);
    return refusal != ExportRefusal::none ? refusal : group_refusal(attributes, source, target);
}

PathAttributes outgoing(const PathAttributes& attributes, const RouteSource& source, std::uint32_t priority,
                        const OutgoingContext& context) {
    PathAttributes out = attributes;
    set_next_hop(out, context);
    set_as_path(out, context);
    set_preferences(out, source, priority, context);
    set_reflection(out, source, context);
    set_communities(out, context);
    if (!out.only_to_customer && context.role && goes_downwards_or_sideways(*context.role)) {
        out.only_to_customer = context.local_as;
    }
    for (UnknownAttribute& attribute : out.unknown) {  // RFC 4271 5
        if (!is_known_attribute(attribute.type))
            attribute.flags = static_cast<std::uint8_t>(attribute.flags | 0x20);
    }
    return out;
}

}  // namespace dunlin::bgp
