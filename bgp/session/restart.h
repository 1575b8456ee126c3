// Which routes of a session that ended stay in the tables, for the neighbour to say them again. Pure; the
// tables and the time are the speaker's. RFC 4724 4.2, RFC 8538 4, RFC 9494 4.2.
#pragma once

#include <optional>

#include "bgp/session/negotiate.h"
#include "bgp/session/reason.h"

namespace dunlin::bgp {

struct KeptFamily {
    Seconds restart{0};     // in which the neighbour has to be back
    Seconds long_lived{0};  // for which its routes stay after that as the last choice; 0: not at all
    friend bool operator==(const KeptFamily&, const KeptFamily&) = default;
};
// Nothing: they go at once.
std::optional<KeptFamily> kept_after(const Negotiated& terms, const Ended& why, Family family);

// The neighbour is back: whether it has kept its forwarding of that family, so that what it said before holds
// until it has said all again. `long_lived`: the restart time was over.
bool still_forwards(const Negotiated& terms, Family family, bool long_lived);

}  // namespace dunlin::bgp
