// Reading an UPDATE in two stages. split_update finds the prefixes and the raw attributes and is all that a
// known block of attributes costs; decode_attributes is for a block that was not seen before. Neither keeps
// anything. RFC 4271 4.3 and 6.3, RFC 4724 2, RFC 4760, RFC 7606 (verdicts), RFC 7911 3, RFC 8950.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/base/result.h"
#include "bgp/wire/attributes.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// What was agreed on with the neighbour, as far as it changes the meaning of octets.
struct WireContext {
    bool as4 = true;                 // both sides have RFC 6793
    bool internal = false;           // same AS (of a confederation: same member AS)
    bool confed_member = false;      // the neighbour is in our confederation (RFC 5065)
    bool accept_as_sets = false;     // RFC 9774 3: a set costs the route unless the operator says otherwise
    bool ipv4 = true, ipv6 = false;  // negotiated families
    bool add_path_v4 = false, add_path_v6 = false;  // we receive path ids (RFC 7911)
    bool extended_next_hop = false;                 // IPv4 with an IPv6 next hop (RFC 8950)
    friend bool operator==(const WireContext&, const WireContext&) = default;
};

// Prefixes come in the NLRI field with NEXT_HOP (IPv4 only), or in MP_REACH_NLRI with a next hop of its own.
// The two can meet in one UPDATE, and then have different attributes.
enum class NlriKind : std::uint8_t { classic, multiprotocol };

// The parts of one UPDATE. Reused: after the first messages it does not allocate. A prefix both withdrawn and
// announced counts as announced (RFC 4271 4.3), so take `withdrawn` first.
class UpdateParts {
public:
    std::vector<Nlri> withdrawn;      // of both families
    std::vector<Nlri> announced;      // classic, IPv4
    std::vector<Nlri> mp_announced;   // one family
    std::optional<Family> mp_family;  // MP_REACH_NLRI of a family that we have negotiated
    bool mp_unreach = false;
    std::optional<AfiSafi>
        ignored_family;  // announced or withdrawn although not negotiated: tell the operator
    std::optional<Family> end_of_rib;
    std::optional<IpAddress> mp_next_hop, mp_link_local;  // of MP_REACH_NLRI

    const std::vector<Nlri>& nlri(NlriKind kind) const {
        return kind == NlriKind::classic ? announced : mp_announced;
    }
    // RFC 7606 5.2: without it an error that would withdraw has nothing to withdraw, and resets.
    bool reachable() const { return !announced.empty() || !mp_announced.empty() || mp_reach_; }
    // Attributes other than MP_REACH_NLRI and MP_UNREACH_NLRI, as they came.
    Bytes attributes() const { return Bytes(attributes_); }
    // Equal keys decode to the same attributes with the same verdict: the attributes, what of the context
    // changes their meaning, and for the multiprotocol kind the next hop.
    Bytes key(NlriKind kind) const { return kind == NlriKind::classic ? Bytes(key_) : Bytes(mp_key_); }

private:
    friend class UpdateSplitter;
    bool mp_reach_ = false;  // of whatever family
    std::vector<std::uint8_t> attributes_, key_, mp_key_;
};

// `body` is what follows the header. An error is one after which the prefixes cannot be known (RFC 7606 5.3):
// reset.
Result<Done, Notification> split_update(Bytes body, const WireContext& context, UpdateParts& out);

// In order of strength: of several the strongest wins (RFC 7606 3 h).
enum class Verdict : std::uint8_t { ok, treat_as_withdraw, session_reset };

// One fault that was found and what it cost.
struct Repair {
    enum class Cost : std::uint8_t { attribute, route, session };
    std::uint8_t type = 0;  // 0: the list as a whole
    Cost cost = Cost::attribute;
    std::string text;  // "ORIGIN: length 2"
    friend bool operator==(const Repair&, const Repair&) = default;
};

struct AttributeOutcome {
    PathAttributes attributes;  // of use only with Verdict::ok
    Verdict verdict = Verdict::ok;
    Notification reset;  // with session_reset
    std::vector<Repair> repairs;
};

// Call it for each kind that has prefixes; when there are none but attributes() is not empty, for the classic
// kind, so that faults are found. Missing attributes count only where there are prefixes.
AttributeOutcome decode_attributes(const UpdateParts& parts, const WireContext& context, NlriKind kind);

// Names for status, logs and tests: "AS_PATH", or "attribute 99".
std::string attribute_name(std::uint8_t type);
// Whether `type` has a meaning for us. Others, optional transitive, are passed on with the Partial bit.
bool is_known_attribute(std::uint8_t type);

}  // namespace dunlin::bgp
