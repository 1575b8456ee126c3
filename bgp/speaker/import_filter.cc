// Routes of a neighbour that has import filters: each prefix by the rule that decides on it. What is rejected
// takes the neighbour's older route for the prefix away.
#include <algorithm>

#include "bgp/speaker/core.h"

namespace dunlin::bgp {
namespace {

// Prefixes that one rule decides on, or none.
struct Share {
    const FilterRule* rule = nullptr;
    std::vector<Nlri> nlri;
};

Share& share_of(std::vector<Share>& shares, const FilterRule* rule) {
    const auto found =
        std::find_if(shares.begin(), shares.end(), [&](const Share& share) { return share.rule == rule; });
    if (found != shares.end()) return *found;
    return shares.emplace_back(Share{rule, {}});
}

std::string text_of(const FilterRule& rule, const Prefix& prefix) {
    return prefix.to_string() + " by rule " + std::to_string(rule.number) + " of " + rule.filter;
}

}  // namespace

// How many were refused by the limit. `attributes`: what the neighbour said of them, as the import takes it.
std::size_t Speaker::Core::announce_filtered(Neighbour& neighbour, const std::vector<Nlri>& nlri,
                                             AttributesId attributes, Time now) {
    LiveSession& live = *neighbour.live;
    const Family family = nlri.front().prefix.family();
    const FilterChain& chain = *neighbour.settings.policy.import_filter(family);
    const PathAttributes said = rib_.store().attributes(attributes);
    const AttributeSummary& summary = rib_.store().summary(attributes);
    const std::string interface = rib_.next_hops().resolution(summary.next_hop).interface;
    const bool internal = live.import.session == SessionType::internal;
    const std::uint32_t priority = priority_of_local_pref(summary.local_pref);
    std::vector<Share> shares;
    for (const Nlri& each : nlri) {
        const FilterRule* rule =
            deciding_rule(chain, {each.prefix, said, true, internal, interface, priority});
        share_of(shares, rule).nlri.push_back(each);
    }
    std::size_t refused = 0;
    for (const Share& share : shares) {
        if (share.rule == nullptr) {
            refused += rib_.announce(share.nlri, incoming(live, attributes, now));
        } else if (!share.rule->accept) {
            live.rejected[static_cast<std::size_t>(family)] += static_cast<std::uint32_t>(share.nlri.size());
            neighbour.counters.last_filtered = text_of(*share.rule, share.nlri.back().prefix);
            rib_.withdraw(share.nlri, live.source);
        } else {
            PathAttributes changed = said;
            apply_operations(share.rule->operations, changed);
            const AttributesId id = rib_.intern(changed, neighbour.settings.session.transport.interface);
            Rib::Incoming route = incoming(live, id, now);
            route.preference = kPreferenceBgp;  // Calico: a rule that accepts ends there
            refused += rib_.announce(share.nlri, route);
            rib_.release(id);
        }
    }
    return refused;
}

}  // namespace dunlin::bgp
