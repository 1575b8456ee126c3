// Routes of a neighbour that has import filters: each prefix by the rule that decides on it. What is rejected
// takes the neighbour's older route for the prefix away. What they do not leave as it came is kept, so that a
// changed filter is put to work on what was received before it.
#include <algorithm>

#include "bgp/speaker/core.h"

namespace dunlin::bgp {
namespace {

constexpr std::uint32_t kReimportSlice = 4096;  // prefixes

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

std::string text_of(const FilterRule& rule) {
    return "rule " + std::to_string(rule.number) + " of " + rule.filter;
}

}  // namespace

// The rule that decides on a prefix; nothing: none does. `said` is what the neighbour said of it, as the
// import takes it: the set `attributes`.
const FilterRule* Speaker::Core::import_rule(const Neighbour& neighbour, const Prefix& prefix,
                                             AttributesId attributes, const PathAttributes& said) const {
    const AttributeSummary& summary = rib_.store().summary(attributes);
    return deciding_rule(*neighbour.settings.policy.import_filter(prefix.family()),
                         {prefix, said, true, neighbour.live->import.session == SessionType::internal,
                          rib_.next_hops().resolution(summary.next_hop).interface,
                          priority_of_local_pref(summary.local_pref)});
}

std::string Speaker::Core::import_verdict(const Neighbour& neighbour, const Prefix& prefix,
                                          AttributesId attributes) const {
    const FilterRule* const rule =
        import_rule(neighbour, prefix, attributes, rib_.store().attributes(attributes));
    return rule == nullptr ? "" : text_of(*rule);
}

// How many were refused by the limit. `attributes`: as above.
std::size_t Speaker::Core::announce_filtered(Neighbour& neighbour, std::span<const Nlri> nlri,
                                             AttributesId attributes, Time now) {
    LiveSession& live = *neighbour.live;
    const Family family = nlri.front().prefix.family();
    ReceivedSet& received = live.received[static_cast<std::size_t>(family)];
    const PathAttributes said = rib_.store().attributes(attributes);
    std::vector<Share> shares;
    for (const Nlri& each : nlri) {
        share_of(shares, import_rule(neighbour, each.prefix, attributes, said)).nlri.push_back(each);
    }
    std::size_t refused = 0;
    for (const Share& share : shares) {
        if (share.rule == nullptr) {
            received.forget(share.nlri);
            refused += rib_.announce(share.nlri, incoming(live, attributes, now));
        } else if (!share.rule->accept) {
            for (const Nlri& each : share.nlri) received.keep(each, attributes, true, seconds(now));
            neighbour.counters.last_filtered =
                share.nlri.back().prefix.to_string() + " by " + text_of(*share.rule);
            rib_.withdraw(share.nlri, live.source);
        } else {
            PathAttributes changed = said;
            apply_operations(share.rule->operations, changed);
            const AttributesId id = rib_.intern(changed, neighbour.settings.session.transport.interface);
            if (id == attributes) received.forget(share.nlri);
            for (const Nlri& each : share.nlri) {
                if (id != attributes) received.keep(each, attributes, false, seconds(now));
            }
            Rib::Incoming route = incoming(live, id, now);
            route.preference = kPreferenceBgp;  // Calico: a rule that accepts ends there
            refused += rib_.announce(share.nlri, route);
            rib_.release(id);
        }
    }
    return refused;
}

// From the start, too, where an earlier change is still under way.
void Speaker::Core::begin_reimport(LiveSession& live, Family family) {
    const auto index = static_cast<std::size_t>(family);
    live.reimports[index] = {live.received[index].all(), 1};
    reimporting_ = true;
}

// True: there is more to do.
bool Speaker::Core::reimport_slice(Time now) {
    if (!reimporting_) return false;
    for (Neighbour* const neighbour : live_) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            if (!neighbour->live->reimports[static_cast<std::size_t>(family)].due()) continue;
            reimport_some(*neighbour, family, now);  // which may end the session
            return true;
        }
    }
    return reimporting_ = false;
}

void Speaker::Core::reimport_some(Neighbour& neighbour, Family family, Time now) {
    const std::vector<Received> some = next_received(*neighbour.live, family);
    std::vector<Nlri> nlri;
    for (std::size_t at = 0; at < some.size();) {
        const AttributesId attributes = some[at].attributes;
        nlri.clear();
        for (; at < some.size() && some[at].attributes == attributes; ++at) nlri.push_back(some[at].nlri);
        const std::size_t refused = announce_filtered(neighbour, nlri, attributes, now);
        if (refused > 0) note_refused(neighbour, nlri.back().prefix, refused);
    }
    for (const Received& each : some) rib_.release(each.attributes);
    check_limits(neighbour, family, now);
}

// What is stale is left out: it is said again, or goes.
std::vector<Speaker::Core::Received> Speaker::Core::next_received(LiveSession& live, Family family) {
    Reimport& work = live.reimports[static_cast<std::size_t>(family)];
    const ReceivedSet& received = live.received[static_cast<std::size_t>(family)];
    std::vector<Received> out;
    const auto take = [&](const Nlri& nlri, AttributesId attributes) {
        rib_.store().add_reference(attributes);
        out.push_back({nlri, attributes});
    };
    for (std::size_t i = 0; i < kReimportSlice && !work.kept.empty(); ++i) {
        const Nlri nlri = work.kept.back();
        work.kept.pop_back();
        if (const AttributesId attributes = received.find(nlri)) take(nlri, attributes);
    }
    if (!out.empty()) return out;
    rib_.with_table(family, [&](const auto& table) {
        const NetId end = std::min<NetId>(table.end(), work.next + kReimportSlice);
        for (; work.next < end; ++work.next) {
            for (PathIndex at = table.net(work.next).first; at != 0; at = table.path(at).next) {
                const Path& path = table.path(at);
                if (path.source != live.source || rib_.stale(path, family)) continue;
                const Nlri nlri{table.net(work.next).prefix(), PathId(path.path_id)};
                if (received.find(nlri) == 0) take(nlri, path.attributes);
            }
        }
        if (work.next >= table.end()) work = {};
    });
    return out;
}

}  // namespace dunlin::bgp
