// What BGP itself says about passing a route on: to whom, and with which attributes. The operator's policy is
// in export_policy.h and comes in addition. RFC 1997, RFC 4271 5 and 9.2, RFC 4360 6, RFC 4456 8 and 10, RFC
// 5065 5, RFC 9234 5, RFC 9494 4.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bgp/policy/peer_policy.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// confederation: the neighbour is in another member AS of our confederation.
enum class SessionType : std::uint8_t { internal, external, confederation };

// Where a route is from. `peer` is any number that is unique to a neighbour.
struct RouteSource {
    std::optional<SessionType> session;  // nothing: a route of our own (kernel, direct, static)
    bool client = false;                 // of us as a reflector
    RouterId router_id;                  // of the neighbour that sent it
    std::uint32_t peer = 0;
    bool own() const { return !session.has_value(); }
    friend bool operator==(const RouteSource&, const RouteSource&) = default;
};

// To whom. Neighbours with equal type, client flag and role can share what is sent.
struct Target {
    SessionType session = SessionType::external;
    bool client = false;
    std::optional<Role> role;  // ours on this session
    bool long_lived = false;   // knows what LLGR_STALE means
    RouterId router_id;
    std::uint32_t peer = 0;
};

enum class ExportRefusal : std::uint8_t {
    none,
    split_horizon,         // it came from there
    internal_to_internal,  // RFC 4271 9.2, RFC 4456 6
    no_advertise,          // RFC 1997
    no_export,
    no_export_subconfed,
    originator,        // RFC 4456: it is from that router
    only_to_customer,  // RFC 9234 5
    long_lived_stale,  // RFC 9494 4.3
};
std::string_view name(ExportRefusal refusal);

// `attributes` as received: communities that we add ourselves bind the receiver, not us. The first asks only
// for what a group of neighbours has in common, the second only for what is true of one neighbour, the third
// for both.
ExportRefusal group_refusal(const PathAttributes& attributes, const RouteSource& source,
                            const Target& target);
ExportRefusal neighbour_refusal(const PathAttributes& attributes, const RouteSource& source,
                                const Target& target);
ExportRefusal may_advertise(const PathAttributes& attributes, const RouteSource& source,
                            const Target& target);

struct OutgoingContext {
    SessionType session = SessionType::external;
    Asn local_as;           // as the neighbour knows us: the member AS towards a confederation
    IpAddress own_address;  // of the route's family where there is one, else of the session
    std::optional<IpAddress> own_link_local;  // RFC 2545 3
    NextHopMode next_hop = NextHopMode::automatic;
    std::uint32_t cluster_id = 0;
    SentCommunities send_communities;
    bool local_pref_from_priority = true;
    std::optional<Role> role;
    bool draining = false;  // RFC 8326 4.2: GRACEFUL_SHUTDOWN is added
};

// The attributes as they are sent. `priority`: of a route of our own, see ExportFacts.
PathAttributes outgoing(const PathAttributes& attributes, const RouteSource& source, std::uint32_t priority,
                        const OutgoingContext& context);

// LOCAL_PREF = 2147483647 - priority, and back; both saturate.
inline constexpr std::uint32_t kHighestLocalPref = 2147483647;
constexpr std::uint32_t local_pref_of_priority(std::uint32_t priority) {
    return priority > kHighestLocalPref ? 0 : kHighestLocalPref - priority;
}
constexpr std::uint32_t priority_of_local_pref(std::uint32_t local_pref) {
    return local_pref > kHighestLocalPref ? 0 : kHighestLocalPref - local_pref;
}

}  // namespace dunlin::bgp
