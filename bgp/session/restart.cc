#include "bgp/session/restart.h"

#include <algorithm>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

bool is_hard(const Notification& n) {
    return n.code == static_cast<std::uint8_t>(ErrorCode::cease) &&
           n.subcode == static_cast<std::uint8_t>(Cease::hard_reset);
}

template <class List>
auto find(const List& list, Family family) {
    return std::find_if(list.begin(), list.end(),
                        [family](const auto& each) { return each.pair == unicast(family); });
}

}  // namespace

std::optional<KeptFamily> kept_after(const Negotiated& terms, const Ended& why, Family family) {
    if (!terms.peer_restart || !terms.carries(family)) return std::nullopt;
    for (const auto& notification : {why.sent, why.received}) {
        if (notification && (!terms.restart_on_notification || is_hard(*notification))) return std::nullopt;
    }
    const auto& families = terms.peer_restart->families;
    if (find(families, family) == families.end()) return std::nullopt;
    KeptFamily out;
    out.restart = Seconds(terms.peer_restart->time_s);
    const auto long_lived = find(terms.peer_long_lived, family);
    if (long_lived != terms.peer_long_lived.end()) out.long_lived = Seconds(long_lived->time_s);
    return out;
}

bool still_forwards(const Negotiated& terms, Family family, bool long_lived) {
    if (!terms.peer_restart || !terms.carries(family)) return false;
    if (long_lived) {
        const auto found = find(terms.peer_long_lived, family);
        return found != terms.peer_long_lived.end() && found->forwarding_preserved;
    }
    const auto& families = terms.peer_restart->families;
    const auto found = find(families, family);
    return found != families.end() && found->forwarding_preserved;
}

}  // namespace dunlin::bgp
