#include "bgp/session/negotiate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "bgp/wire/capability.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::uint8_t kAddPathReceive = 1;  // RFC 7911 4
constexpr std::uint8_t kAddPathSend = 2;
constexpr std::uint16_t kIpv6Afi = 2;
constexpr ExtendedNextHop kIpv4OverIpv6{unicast(Family::ipv4), kIpv6Afi};

template <class T>
bool has(const std::vector<T>& list, const T& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

Unexpected<Refusal> refuse(Notification notification, std::string message) {
    Refusal out;
    out.reason = ended_by_sent(notification).reason;
    out.notification = std::move(notification);
    out.message = std::move(message);
    return Unexpected<Refusal>{std::move(out)};
}

// RFC 9234 4.2, table 2.
bool roles_match(Role ours, Role theirs) {
    switch (ours) {
        case Role::provider:
            return theirs == Role::customer;
        case Role::customer:
            return theirs == Role::provider;
        case Role::route_server:
            return theirs == Role::route_server_client;
        case Role::route_server_client:
            return theirs == Role::route_server;
        case Role::peer:
            return theirs == Role::peer;
    }
    return false;
}

// RFC 9234 4.2: what is wrong with the roles; empty when nothing is.
std::string role_fault(const Offer& offer, const Capabilities& theirs) {
    if (!offer.role) return {};
    if (theirs.roles_seen.empty()) return offer.role_strict ? "the neighbour has no role" : "";
    if (theirs.roles_seen.size() > 1) return "the neighbour sent several roles";
    if (!theirs.role || !roles_match(*offer.role, *theirs.role)) {
        return "the neighbour's role " + std::to_string(theirs.roles_seen.front()) + " does not fit ours";
    }
    return {};
}

// RFC 4760 8: a neighbour without the capability carries IPv4 unicast.
bool offers(const Capabilities& theirs, Family family) {
    if (theirs.families.empty()) return family == Family::ipv4;
    return has(theirs.families, unicast(family));
}

std::uint8_t add_path_mode(const Capabilities& theirs, Family family) {
    for (const AddPath& entry : theirs.add_paths) {
        if (entry.pair == unicast(family)) return entry.mode;
    }
    return 0;
}

std::vector<FamilyTerms> common_families(const Offer& offer, const Capabilities& theirs) {
    std::vector<FamilyTerms> out;
    for (const Family family : offer.families) {
        if (!offers(theirs, family)) continue;
        FamilyTerms terms;
        terms.family = family;
        const std::uint8_t mode = add_path_mode(theirs, family);
        terms.add_path_receive = offer.add_path_receive && (mode & kAddPathSend) != 0;
        terms.add_path_send = offer.add_path_send && (mode & kAddPathReceive) != 0;
        terms.extended_next_hop = family == Family::ipv4 && offer.extended_next_hop &&
                                  has(theirs.extended_next_hops, kIpv4OverIpv6);
        out.push_back(terms);
    }
    return out;
}

// RFC 5492 5: the data lists the capabilities that the neighbour would need.
NotificationData families_as_capabilities(const Offer& offer) {
    Capabilities needed;
    for (const Family family : offer.families) needed.families.push_back(unicast(family));
    NotificationData out;
    encode_capabilities(needed, out);
    return out;
}

std::string families_text(const Capabilities& theirs) {
    if (theirs.families.empty()) return "ipv4";
    std::string out;
    for (const AfiSafi pair : theirs.families) {
        if (!out.empty()) out += ", ";
        const auto family = unicast_family(pair);
        out += family ? std::string(name(*family))
                      : "AFI " + std::to_string(pair.afi) + " SAFI " + std::to_string(pair.safi);
    }
    return out;
}

// RFC 9234 4: on eBGP sessions, which those between members of a confederation are not.
bool has_roles(const Offer& offer) {
    return offer.local_as != offer.peer_as && !(offer.confederation && offer.confederation->with_member);
}

Negotiated agree(const SessionConfig& config, const Open& open) {
    const Offer& offer = config.offer;
    const Capabilities& theirs = open.capabilities;
    Negotiated out;
    out.peer_as = open.asn;
    out.peer_id = open.identifier;
    out.internal = offer.local_as == offer.peer_as;
    out.confederation = offer.confederation && offer.confederation->with_member;
    out.as4 = theirs.four_octet_as.has_value();
    out.hold = std::min(config.timers.hold, open.hold_time);  // RFC 4271 4.2
    out.keepalive = keepalive_interval(config.timers, out.hold);
    out.families = common_families(offer, theirs);
    out.receive_extended = offer.extended_messages;
    out.send_extended = theirs.extended_messages;
    out.route_refresh = theirs.route_refresh;
    out.enhanced_route_refresh = offer.enhanced_route_refresh && theirs.enhanced_route_refresh;
    if (offer.restart != RestartMode::off && theirs.graceful_restart) {
        out.peer_restart = theirs.graceful_restart;
        out.restart_on_notification = theirs.graceful_restart->notification;
        // RFC 9494 4.2: only together with graceful restart.
        out.peer_long_lived = theirs.long_lived.value_or(std::vector<LongLivedFamily>());
        out.long_lived = theirs.long_lived.has_value();
    }
    if (has_roles(offer)) {
        out.role = offer.role;
        out.peer_role = theirs.role;
    }
    out.peer_capabilities = theirs;
    return out;
}

}  // namespace

const FamilyTerms* Negotiated::find(Family family) const {
    const auto found = std::find_if(families.begin(), families.end(),
                                    [family](const FamilyTerms& terms) { return terms.family == family; });
    return found == families.end() ? nullptr : &*found;
}

Open our_open(const SessionConfig& config, const RestartFlags& flags) {
    const Offer& offer = config.offer;
    Open out;
    out.asn = offer.local_as;
    out.my_as =
        offer.local_as.value() > 0xffff ? kAsTrans : static_cast<std::uint16_t>(offer.local_as.value());
    out.hold_time = config.timers.hold;
    out.identifier = offer.router_id;
    Capabilities& ours = out.capabilities;
    for (const Family family : offer.families) ours.families.push_back(unicast(family));
    ours.route_refresh = true;
    ours.enhanced_route_refresh = offer.enhanced_route_refresh;
    ours.extended_messages = offer.extended_messages;
    ours.four_octet_as = offer.local_as;
    const int mode =
        (offer.add_path_receive ? kAddPathReceive : 0) | (offer.add_path_send ? kAddPathSend : 0);
    if (mode != 0) {
        for (const Family family : offer.families) {
            ours.add_paths.push_back({unicast(family), static_cast<std::uint8_t>(mode)});
        }
    }
    if (offer.extended_next_hop && has(offer.families, Family::ipv4)) {
        ours.extended_next_hops.push_back(kIpv4OverIpv6);
    }
    if (offer.restart != RestartMode::off) {
        GracefulRestart restart;
        restart.restarting = flags.restarting;
        restart.notification = true;
        restart.time_s = offer.restart_time_s;
        if (offer.restart == RestartMode::full) {
            for (const Family family : offer.families)
                restart.families.push_back({unicast(family), flags.forwarding});
        }
        ours.graceful_restart = std::move(restart);
        ours.long_lived.emplace();  // RFC 9494: as a helper
    }
    if (has_roles(offer)) ours.role = offer.role;
    return out;
}

Result<Negotiated, Refusal> negotiate(const SessionConfig& config, const Open& open) {
    const Offer& offer = config.offer;
    const bool internal = offer.local_as == offer.peer_as;
    if (open.asn != offer.peer_as) {
        return refuse(open_error(OpenError::bad_peer_as),
                      "the neighbour says AS " + std::to_string(open.asn.value()) + ", configured is AS " +
                          std::to_string(offer.peer_as.value()));
    }
    if (open.identifier == RouterId(0)) {  // RFC 6286 2.2
        return refuse(open_error(OpenError::bad_bgp_identifier), "the neighbour's router id is 0.0.0.0");
    }
    if (internal && open.identifier == offer.router_id) {  // RFC 6286 2.2
        return refuse(
            open_error(OpenError::bad_bgp_identifier),
            "the neighbour has our router id " + dotted(offer.router_id.value()) + " in the same AS");
    }
    if (open.hold_time == Seconds(1) || open.hold_time == Seconds(2)) {
        return refuse(open_error(OpenError::unacceptable_hold_time),
                      "the neighbour's hold time is " + std::to_string(open.hold_time.count()) + " s");
    }
    if (has_roles(offer)) {
        if (std::string fault = role_fault(offer, open.capabilities); !fault.empty()) {
            return refuse(open_error(OpenError::role_mismatch), std::move(fault));
        }
    }
    Negotiated agreed = agree(config, open);
    if (agreed.families.empty()) {
        return refuse(open_error(OpenError::unsupported_capability, families_as_capabilities(offer)),
                      "no family in common; the neighbour has " + families_text(open.capabilities));
    }
    return agreed;
}

Seconds keepalive_interval(const Timers& timers, Seconds hold) {
    if (hold == Seconds(0)) return Seconds(0);
    const Seconds third = hold / 3;
    const Seconds wanted = timers.keepalive ? std::min(*timers.keepalive, third) : third;
    return std::max(wanted, Seconds(1));
}

}  // namespace dunlin::bgp
