// Octets of a neighbour: messages to the session, UPDATEs to the tables. RFC 4271 6 and 9, RFC 4724 2, RFC
// 7313 4, RFC 7606 (verdicts).
#include <algorithm>

#include "bgp/speaker/core.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kMostOctets = 64 * 1024;  // of one call: about 5 ms of work
constexpr Seconds kMalformedPause{5};           // between two malformed UPDATEs of a neighbour in the log

std::size_t receive_limit(const Neighbour& neighbour) {
    // RFC 8654 4: what we offered decides, before the neighbour's OPEN too.
    return neighbour.settings.session.offer.extended_messages ? kMaxExtendedMessage : kMaxMessage;
}

bool is_closed(const Neighbour& neighbour, Slot slot) {
    const fsm::State& state = neighbour.peer.state(slot);
    return std::holds_alternative<fsm::Idle>(state) || std::holds_alternative<fsm::Active>(state) ||
           std::holds_alternative<fsm::Connect>(state);
}

}  // namespace

std::size_t Speaker::Core::received(PeerId id, Slot slot, Bytes bytes, Time now) {
    Neighbour* neighbour = find(id);
    if (neighbour == nullptr) return bytes.size();
    const std::size_t limit = receive_limit(*neighbour);
    update_told_ = false;
    std::size_t taken = 0;
    while (taken < kMostOctets) {
        if (is_closed(*neighbour, slot)) return bytes.size();  // what is left is of a session that is over
        const auto frame = peek(bytes.subspan(taken), limit);
        if (!frame) {
            event(*neighbour, slot, fsm::MessageError{frame.error()}, now);
            return bytes.size();
        }
        if (!*frame) break;
        taken += (*frame)->whole.size();
        message(*neighbour, slot, **frame, now);
    }
    return taken;
}

void Speaker::Core::message(Neighbour& neighbour, Slot slot, const Frame& frame, Time now) {
    const bool live = neighbour.live && neighbour.live->slot == slot;
    switch (frame.type) {
        case MessageType::update:
            // The hold timer is as well served by one of a turn.
            if (!live || !update_told_) event(neighbour, slot, fsm::UpdateReceived{}, now);
            update_told_ = true;
            if (live && neighbour.live) update(neighbour, frame, now);
            return;
        case MessageType::keepalive:
            return event(neighbour, slot, fsm::KeepaliveReceived{}, now);
        case MessageType::notification:
            return event(neighbour, slot, fsm::NotificationReceived{decode_notification(frame.body)}, now);
        case MessageType::open: {
            auto open = decode_open(frame.body);
            if (!open) return event(neighbour, slot, fsm::MessageError{open.error()}, now);
            return event(neighbour, slot, fsm::OpenReceived{*std::move(open)}, now);
        }
        case MessageType::route_refresh: {
            const bool enhanced = live && neighbour.live->terms.enhanced_route_refresh;
            const auto refresh = decode_route_refresh(frame, enhanced);
            if (!refresh) return event(neighbour, slot, fsm::MessageError{refresh.error()}, now);
            event(neighbour, slot, fsm::RouteRefreshReceived{}, now);
            if (live && neighbour.live) refresh_asked(neighbour, *refresh, now);
            return;
        }
    }
}

void Speaker::Core::update(Neighbour& neighbour, const Frame& frame, Time now) {
    LiveSession& live = *neighbour.live;
    ++neighbour.counters.updates_received;
    update_ = frame.whole;
    const auto split = split_update(frame.body, live.wire, parts_);
    if (!split) {
        tell_malformed(neighbour, "its prefixes cannot be known", "session reset", now);
        ++neighbour.counters.session_resets;
        return event(neighbour, live.slot, fsm::MessageError{split.error()}, now);
    }
    if (!parts_.withdrawn.empty()) {
        neighbour.counters.withdrawn += parts_.withdrawn.size();
        withdraw(live, parts_.withdrawn);
    }
    const bool classic =
        !parts_.announced.empty() || (parts_.mp_announced.empty() && !parts_.attributes().empty());
    if (classic && !take_routes(neighbour, NlriKind::classic, now)) return;
    if (!parts_.mp_announced.empty() && !take_routes(neighbour, NlriKind::multiprotocol, now)) return;
    if (parts_.end_of_rib) {
        live.end_of_rib_received[static_cast<std::size_t>(*parts_.end_of_rib)] = true;
        drop_stale(neighbour, *parts_.end_of_rib);
        if (restarting_) end_restart_when_due(now);
    }
}

// False: the session is over.
bool Speaker::Core::take_routes(Neighbour& neighbour, NlriKind kind, Time now) {
    LiveSession& live = *neighbour.live;
    const std::vector<Nlri>& nlri = parts_.nlri(kind);
    const Fingerprint fingerprint = rib_.store().fingerprint(parts_.key(kind), live.import_salt);
    AttributesId attributes = rib_.store().find(fingerprint);
    if (attributes != 0) {
        rib_.store().add_reference(attributes);
    } else {
        attributes = learn(neighbour, kind, fingerprint, now);
        if (!neighbour.live) return false;
    }
    if (attributes == 0) {  // RFC 7606 2, RFC 4271 9.1.2: an older route of it goes, too
        withdraw(live, nlri);
        return true;
    }
    if (!nlri.empty()) {
        neighbour.counters.announced += nlri.size();
        const Family family = nlri.front().prefix.family();
        const bool filtered = !neighbour.settings.policy.import_filter(family)->empty() ||
                              live.received[static_cast<std::size_t>(family)].size() > 0;
        const std::size_t refused = filtered ? announce_filtered(neighbour, nlri, attributes, now)
                                             : rib_.announce(nlri, incoming(live, attributes, now));
        if (refused > 0) note_refused(neighbour, nlri.back().prefix, refused);
        check_limits(neighbour, family, now);
    }
    rib_.release(attributes);
    return neighbour.live.has_value();
}

void Speaker::Core::withdraw(LiveSession& live, const std::vector<Nlri>& nlri) {
    rib_.withdraw(nlri, live.source);
    for (ReceivedSet& each : live.received) each.forget(nlri);
}

Rib::Incoming Speaker::Core::incoming(const LiveSession& live, AttributesId attributes, Time now) {
    Rib::Incoming out;
    out.source = live.source;
    out.attributes = attributes;
    out.now_s = seconds(now);
    const std::uint32_t local_pref = rib_.store().summary(attributes).local_pref;
    if (local_pref > local_pref_of_priority(settings_.normal_priority)) out.preference = kPreferenceBgpUrgent;
    return out;
}

// Attributes that were not seen before: a set with one reference, or 0 when the routes cannot be used.
AttributesId Speaker::Core::learn(Neighbour& neighbour, NlriKind kind, const Fingerprint& fingerprint,
                                  Time now) {
    LiveSession& live = *neighbour.live;
    AttributeOutcome outcome = decode_attributes(parts_, live.wire, kind);
    if (!outcome.repairs.empty()) note_repairs(neighbour, outcome, now);
    if (outcome.verdict == Verdict::session_reset) {
        ++neighbour.counters.session_resets;
        event(neighbour, live.slot, fsm::MessageError{outcome.reset}, now);
        return 0;
    }
    const std::vector<Nlri>& nlri = parts_.nlri(kind);
    if (outcome.verdict == Verdict::treat_as_withdraw) {
        ++neighbour.counters.treated_as_withdraw;
        return 0;
    }
    if (nlri.empty()) return 0;
    ImportContext import = live.import;
    import.own_addresses = settings_.own_addresses;
    if (check_import(outcome.attributes, import) != ImportRefusal::none) {
        live.rejected[static_cast<std::size_t>(nlri.front().prefix.family())] +=
            static_cast<std::uint32_t>(nlri.size());
        return 0;
    }
    adjust_import(outcome.attributes, import);
    const AttributesId id = rib_.intern(outcome.attributes, neighbour.settings.session.transport.interface);
    if (outcome.repairs.empty()) rib_.store().remember(fingerprint, id);  // each repair is to be counted
    return id;
}

void Speaker::Core::note_repairs(Neighbour& neighbour, const AttributeOutcome& outcome, Time now) {
    std::string what;
    for (const Repair& repair : outcome.repairs) {
        if (repair.cost == Repair::Cost::attribute) ++neighbour.counters.attributes_discarded;
        what += (what.empty() ? "" : "; ") + repair.text;
    }
    const bool withdraws = outcome.verdict == Verdict::treat_as_withdraw;
    tell_malformed(neighbour, std::move(what),
                   outcome.verdict == Verdict::session_reset ? "session reset"
                   : withdraws                               ? "treated as withdraw"
                                                             : "attribute discarded",
                   now);
}

void Speaker::Core::tell_malformed(Neighbour& neighbour, std::string what, std::string cost, Time now) {
    neighbour.counters.last_malformed = what;
    if (neighbour.malformed_told && now - *neighbour.malformed_told < kMalformedPause) {
        ++neighbour.malformed_untold;
        return;
    }
    neighbour.malformed_told = now;
    MalformedUpdate out{neighbour.id,
                        std::move(what),
                        std::move(cost),
                        {},
                        {update_.begin(), update_.end()},
                        std::exchange(neighbour.malformed_untold, 0)};
    for (const NlriKind kind : {NlriKind::classic, NlriKind::multiprotocol}) {
        for (const Nlri& each : parts_.nlri(kind)) out.prefixes.push_back(each.prefix);
    }
    actions_.push_back(std::move(out));
}

void Speaker::Core::note_refused(Neighbour& neighbour, const Prefix& last, std::size_t count) {
    const auto& limits = neighbour.settings.policy.max_prefixes;
    const bool limited = limits && limits->limit != 0;
    const auto index = static_cast<std::size_t>(last.family());
    neighbour.live->rejected[index] += static_cast<std::uint32_t>(count);
    neighbour.live->limited[index] = true;
    neighbour.counters.last_filtered = last.to_string() +
                                       (limited ? " by the limit of prefixes, or by" : " by") + " that of " +
                                       std::to_string(kMostPathsOfSource) + " paths of a prefix";
}

void Speaker::Core::check_limits(Neighbour& neighbour, Family family, Time now) {
    const auto& limits = neighbour.settings.policy.max_prefixes;
    if (!limits || limits->limit == 0) return;
    LiveSession& live = *neighbour.live;
    const auto index = static_cast<std::size_t>(family);
    const std::uint64_t count = rib_.paths_of(live.source, family);
    if (count * 100 >= std::uint64_t{limits->limit} * limits->warn_at_percent)
        live.limit_warned[index] = true;
    if (limits->action != MaxPrefixAction::restart || count <= limits->limit) return;
    perform(neighbour,
            neighbour.peer.reset(now, cease_max_prefixes(family, limits->limit),
                                 SessionReason::max_prefix_reached),
            now);
}

}  // namespace dunlin::bgp
