// Graceful restart: routes of a neighbour that outlive its session, and our own coming back. What RFC 4724,
// 8538 and 9494 say of one session is in bgp/session/restart.h.
#include <algorithm>

#include "bgp/session/restart.h"
#include "bgp/speaker/core.h"

namespace dunlin::bgp {
namespace {

constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};
// RFC 8538 4.1, the stale timer: of a neighbour that is back and does not come to its End-of-RIB.
constexpr Seconds kStaleTime{180};
// RFC 4724 4.1, Selection_Deferral_Timer.
constexpr Seconds kDeferral{120};
// For a neighbour that is not there at all nothing is held up longer than this: a node that is down must not
// keep all others from hearing of us.
constexpr Seconds kCallTime{15};

auto& of(KeptRoutes& kept, Family family) { return kept.families[static_cast<std::size_t>(family)]; }

}  // namespace

// Called with the session still there. What may not stay goes at once; the rest is stale from now on.
void Speaker::Core::keep(Neighbour& neighbour, const Ended& why, Time now) {
    const LiveSession& live = *neighbour.live;
    KeptRoutes next;
    next.source = live.source;
    next.session = session_type(live.terms);
    next.notification = live.terms.restart_on_notification;
    bool any = false;
    for (const Family family : kFamilies) {
        const bool stale_already = neighbour.kept && of(*neighbour.kept, family).kept;
        const auto kept = kept_after(live.terms, why, family);
        if (!kept) {
            rib_.begin_refresh(live.source, family);
            rib_.end_refresh(live.source, family);
            continue;
        }
        any = true;
        // RFC 4724 4.2: of consecutive restarts; RFC 8538 4.1: not where N was exchanged.
        if (stale_already && !next.notification) rib_.end_refresh(live.source, family);
        rib_.begin_refresh(live.source, family);
        auto& its = of(next, family);
        its.kept = true;
        its.until = now + kept->restart;
        its.long_lived_time = kept->long_lived;
    }
    neighbour.kept = next;
    if (!any) return drop_all(neighbour);
    expire_kept(neighbour, now);  // a restart time of 0
}

// The source of the routes of a session that has come up: the one before, where its routes were kept.
SourceId Speaker::Core::take_over(Neighbour& neighbour, const Negotiated& terms, const SourceFacts& facts,
                                  Time now) {
    if (neighbour.kept && neighbour.kept->session != session_type(terms)) drop_all(neighbour);
    if (!neighbour.kept) return rib_.add_source(facts);
    const SourceId source = neighbour.kept->source;
    rib_.change_source(source, facts);
    for (const Family family : kFamilies) {
        auto& its = of(*neighbour.kept, family);
        if (!its.kept) continue;
        its.until = now + kStaleTime;
        if (!still_forwards(terms, family, its.long_lived)) {
            drop_stale(neighbour, family);
            if (!neighbour.kept) break;
        }
    }
    return source;
}

// What a neighbour with a live session has not said again, and all of one that has none.
void Speaker::Core::drop_stale(Neighbour& neighbour, Family family) {
    if (!neighbour.kept || !of(*neighbour.kept, family).kept) return;
    rib_.end_refresh(neighbour.kept->source, family);
    of(*neighbour.kept, family) = {};
    const bool any = std::any_of(neighbour.kept->families.begin(), neighbour.kept->families.end(),
                                 [](const auto& each) { return each.kept; });
    if (any) return;
    if (neighbour.live) {
        neighbour.kept.reset();
    } else {
        drop_all(neighbour);
    }
}

void Speaker::Core::drop_all(Neighbour& neighbour) {
    if (!neighbour.kept) return;
    rib_.remove_source(neighbour.kept->source);
    neighbour.kept.reset();
}

void Speaker::Core::expire_kept(Neighbour& neighbour, Time now) {
    for (const Family family : kFamilies) {
        if (!neighbour.kept) return;
        auto& its = of(*neighbour.kept, family);
        if (!its.kept || now < its.until) continue;
        if (neighbour.live || its.long_lived || its.long_lived_time == Seconds(0)) {
            drop_stale(neighbour, family);
            continue;
        }
        its.long_lived = true;
        its.until = now + its.long_lived_time;
        rib_.begin_long_lived(neighbour.kept->source, family);
    }
}

Time Speaker::Core::next_deadline(const Neighbour& neighbour) const {
    Time out = neighbour.peer.next_deadline();
    if (neighbour.kept) {
        for (const auto& its : neighbour.kept->families) {
            if (its.kept) out = std::min(out, its.until);
        }
    }
    if (neighbour.live) {
        for (const Time until : neighbour.live->refresh_until) out = std::min(out, until);
    }
    if (restarting_) out = std::min(out, restarted_at_ + (neighbour.live ? kDeferral : kCallTime));
    return out;
}

void Speaker::Core::begin_restart(Time now) {
    restarting_ = true;
    restarted_at_ = now;
}

// RFC 4724 4.1: not for those that do not know graceful restart, nor for those that have restarted
// themselves.
bool Speaker::Core::waits_for(const Neighbour& neighbour, Time now) const {
    if (neighbour.settings.session.admin_state == AdminState::down) return false;
    if (!neighbour.live) return now < restarted_at_ + kCallTime;
    const auto& terms = neighbour.live->terms;
    if (!terms.peer_restart || terms.peer_restart->restarting) return false;
    return std::any_of(terms.families.begin(), terms.families.end(), [&](const FamilyTerms& each) {
        return !neighbour.live->end_of_rib_received[static_cast<std::size_t>(each.family)];
    });
}

void Speaker::Core::end_restart_when_due(Time now) {
    if (!restarting_ || !configured_) return;
    const bool waits = now < restarted_at_ + kDeferral &&
                       std::any_of(by_name_.begin(), by_name_.end(),
                                   [&](const auto& each) { return waits_for(*each.second, now); });
    if (waits) return;
    restarting_ = false;
    for (const auto& [name, neighbour] : by_name_) {
        neighbour->peer.set_restarting(false);
        if (neighbour->live) say_output(*neighbour);
    }
}

}  // namespace dunlin::bgp
