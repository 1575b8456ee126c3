#include "bgp/session/peer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "bgp/session/impact.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::array kSlots{Slot::outgoing, Slot::incoming};

// How long a cause that the neighbour named or that we found in its OPEN is shown, although attempts since
// then have failed for duller reasons (it backs off and refuses connections).
constexpr Seconds kCauseShown{120};

// RFC 4724 5 without a flap when both sides have just called each other at the same time.
constexpr Seconds kYoungSession{5};

template <class S>
bool is(const fsm::State& state) {
    return std::holds_alternative<S>(state);
}

// Inside a Hard Reset, too.
bool is_cease(const std::optional<Notification>& n, Cease subcode) {
    return n && unwrapped(*n).code == static_cast<std::uint8_t>(ErrorCode::cease) &&
           unwrapped(*n).subcode == static_cast<std::uint8_t>(subcode);
}

bool by_collision(const Ended& why) {
    return is_cease(why.sent, Cease::connection_collision_resolution) ||
           is_cease(why.received, Cease::connection_collision_resolution);
}

bool by_transport(const Ended& why) { return !why.sent && !why.received; }

// Nothing was wrong, or the neighbour said that it comes back at once: no idle hold.
bool harmless(const Ended& why) {
    return by_collision(why) || by_transport(why) || is_cease(why.received, Cease::administrative_reset) ||
           is_cease(why.received, Cease::other_configuration_change) ||
           is_cease(why.sent, Cease::administrative_reset) ||
           is_cease(why.sent, Cease::other_configuration_change);
}

// Causes that only repeat that the neighbour does not talk to us now, or that we have just started again.
bool dull(const Ended& why) { return harmless(why) || is_cease(why.received, Cease::connection_rejected); }

}  // namespace

Peer::Peer(SessionConfig config, std::uint32_t seed, Time now)
    : config_(std::move(config)),
      random_(seed),
      error_wait_(config_.timers.error_wait_min),
      shown_state_("Idle"),
      since_(now),
      reason_at_(now) {
    configure_keys(config_.live.md5_key, now);
    if (config_.admin_state == AdminState::down) {
        reason_ = SessionReason::admin_down;
        message_ = config_.admin_message;
    }
}

std::vector<PeerAction> Peer::start(Time now) {
    Actions out;
    if (enabled_ || config_.admin_state == AdminState::down) return out;
    enabled_ = true;
    error_wait_ = config_.timers.error_wait_min;
    reason_ = SessionReason::idle;
    message_.clear();
    at(Slot::outgoing).start_at = now + config_.timers.connect_delay;
    at(Slot::incoming).start_at = now;
    start_due(now, out);
    update_since(now);
    return out;
}

std::vector<PeerAction> Peer::stop(Time now, const Notification& cease, SessionReason reason,
                                   std::string message) {
    Actions out;
    enabled_ = false;
    end_both(fsm::ManualStop{cease, reason}, now, out);
    reason_ = reason;
    reason_at_ = now;
    message_ = message.empty() ? describe(cease) : std::move(message);
    update_since(now);
    return out;
}

std::vector<PeerAction> Peer::reset(Time now, const Notification& cease, SessionReason reason) {
    Actions out;
    end_both(fsm::AutomaticStop{cease, reason}, now, out);
    if (enabled_ && reason != SessionReason::max_prefix_reached) {
        for (const Slot slot : kSlots) at(slot).start_at = now;
    }
    start_due(now, out);
    update_since(now);
    return out;
}

std::vector<PeerAction> Peer::reconfigure(SessionConfig config, Time now) {
    const LiveTransport was = live();
    const SessionConfig old = std::exchange(config_, std::move(config));
    const Impact what = impact(old, config_);
    Actions out;
    if (old.live != config_.live) {
        configure_keys(was.md5_key, now);
        if (live() != was) out.push_back(ApplyLive{live()});
    }
    Actions more;
    if (config_.admin_state == AdminState::down) {
        if (old.admin_state != AdminState::down) {
            more = stop(now, cease(Cease::administrative_shutdown, shutdown_data(config_.admin_message)),
                        SessionReason::admin_down, config_.admin_message);
        }
    } else if (old.admin_state == AdminState::down) {
        more = start(now);
    } else if (what == Impact::reset && enabled_) {
        error_wait_ = config_.timers.error_wait_min;
        more = reset(now, cease(Cease::other_configuration_change), SessionReason::config_changed);
    } else if (what == Impact::live || what == Impact::refresh) {
        apply_live(old, now, more);
    }
    std::move(more.begin(), more.end(), std::back_inserter(out));
    return out;
}

LiveTransport Peer::live() const {
    LiveTransport out = config_.live;
    if (rotation_.uses_next()) out.md5_key = out.md5_next_key;
    out.md5_next_key.clear();
    return out;
}

// A key that is still among those that are wanted stays in use: what was the next one becomes the only one
// without a change on the wire.
void Peer::configure_keys(const std::string& used, Time now) {
    const LiveTransport& keys = config_.live;
    const bool two = !keys.md5_next_key.empty() && keys.md5_next_key != keys.md5_key;
    rotation_.configure(two, two && used != keys.md5_key && used == keys.md5_next_key, now);
}

void Peer::look_for_key(Time now, Actions& out) {
    if (rotation_.next_look() > now) return;
    const auto connected = [&](Slot slot) { return is<fsm::OpenSent>(at(slot).state) || open_agreed(slot); };
    const bool any = std::any_of(kSlots.begin(), kSlots.end(), connected);
    if (rotation_.look({any, retransmissions_}, now)) out.push_back(ApplyLive{live()});
}

void Peer::apply_live(const SessionConfig& old, Time now, Actions& out) {
    if (old.timers.keepalive != config_.timers.keepalive) apply_keepalive(now);
    if (old.transport.passive == config_.transport.passive) return;
    Connection& dialling = at(Slot::outgoing);
    if (config_.transport.passive) {
        if (!open_agreed(Slot::outgoing)) run(Slot::outgoing, fsm::ManualStop{}, now, out);
    } else if (enabled_) {
        dialling.start_at =
            std::max(now, at(Slot::incoming).start_at == kNever ? now : at(Slot::incoming).start_at);
        start_due(now, out);
    }
    update_since(now);
}

void Peer::apply_keepalive(Time now) {
    for (const Slot slot : kSlots) {
        auto* const s = std::get_if<fsm::Established>(&at(slot).state);
        if (s == nullptr || s->session.hold == Seconds(0)) continue;
        s->session.keepalive = keepalive_interval(config_.timers, s->session.hold);
        s->keepalive = std::min(s->keepalive, now + s->session.keepalive);
    }
}

std::vector<PeerAction> Peer::handle(Slot slot, const fsm::Event& event, Time now) {
    Actions out;
    if (std::holds_alternative<fsm::TcpConnected>(event)) {
        at(slot).has_won = false;
        if (slot == Slot::incoming) {
            start_due(now, out);  // an idle hold that ends now
            ++counters_.accepted;
        }
    }
    const auto* const open = std::get_if<fsm::OpenReceived>(&event);
    const bool acceptable =
        open != nullptr && is<fsm::OpenSent>(at(slot).state) && negotiate(config_, open->open).has_value();
    if (acceptable && !resolve_collision(slot, open->open, now, out)) {
        run(slot, fsm::CollisionDump{}, now, out);
    } else {
        run(slot, event, now, out);
    }
    // The session comes up over the connection of the neighbour: there is nothing to dial for.
    if (open_agreed(Slot::incoming) && is_waiting(Slot::outgoing)) {
        run(Slot::outgoing, fsm::ManualStop{}, now, out);
    }
    start_due(now, out);
    update_since(now);
    return out;
}

std::vector<PeerAction> Peer::tick(Time now) {
    Actions out;
    for (const Slot slot : kSlots) {
        if (fsm::next_deadline(at(slot).state) <= now) run(slot, fsm::Tick{}, now, out);
    }
    start_due(now, out);
    if (enabled_) look_for_key(now, out);
    update_since(now);
    return out;
}

Time Peer::next_deadline() const {
    Time out = enabled_ ? rotation_.next_look() : kNever;
    for (const Slot slot : kSlots) {
        out = std::min(out, fsm::next_deadline(at(slot).state));
        if (may_start(slot)) out = std::min(out, at(slot).start_at);
    }
    return out;
}

bool Peer::may_accept(Time now) const {
    if (!enabled_) return false;
    const Connection& incoming = at(Slot::incoming);
    if (is<fsm::Active>(incoming.state)) return true;
    if (is<fsm::Idle>(incoming.state)) return incoming.start_at <= now;
    return replaces_session(now);
}

bool Peer::replaces_session(Time now) const {
    const auto session = established();
    return session && session->terms->peer_restart && !session->terms->peer_restart->families.empty() &&
           now - established_at_ >= kYoungSession;
}

std::vector<PeerAction> Peer::make_room(Time now) {
    Actions out;
    // Deviates from RFC 4724 5: not within the first seconds of a session.
    if (replaces_session(now)) {
        run(established()->slot, fsm::TcpFailed{0}, now, out);
        at(Slot::incoming).start_at = now;
    }
    start_due(now, out);
    update_since(now);
    return out;
}

std::optional<Peer::Session> Peer::established() const {
    for (const Slot slot : kSlots) {
        if (const auto* const s = std::get_if<fsm::Established>(&at(slot).state)) {
            return Session{slot, &s->session};
        }
    }
    return std::nullopt;
}

PeerStatus Peer::status() const {
    PeerStatus out;
    out.state = shown_state_;
    out.since = since_;
    out.reason = reason_;
    out.message = message_;
    out.counters = counters_;
    out.uses_next_key = rotation_.uses_next();
    if (may_start(Slot::outgoing)) out.next_attempt = at(Slot::outgoing).start_at;
    if (const auto* const waiting = std::get_if<fsm::Active>(&at(Slot::outgoing).state)) {
        out.next_attempt = waiting->retry;
    }
    return out;
}

bool Peer::open_agreed(Slot slot) const {
    return is<fsm::OpenConfirm>(at(slot).state) || is<fsm::Established>(at(slot).state);
}

bool Peer::is_waiting(Slot slot) const {
    return is<fsm::Connect>(at(slot).state) || is<fsm::Active>(at(slot).state);
}

bool Peer::may_start(Slot slot) const {
    if (!enabled_ || !is<fsm::Idle>(at(slot).state)) return false;
    return slot == Slot::incoming || (!config_.transport.passive && !open_agreed(Slot::incoming));
}

void Peer::start_due(Time now, Actions& out) {
    for (const Slot slot : kSlots) {
        if (!may_start(slot) || at(slot).start_at > now) continue;
        if (slot == Slot::outgoing) {
            run(slot, fsm::Start{}, now, out);
        } else {
            run(slot, fsm::StartPassive{}, now, out);
        }
    }
}

void Peer::end_both(const fsm::Event& event, Time now, Actions& out) {
    for (const Slot slot : kSlots) run(slot, event, now, out);
}

// RFC 4271 6.8, by its convention: the connection that the speaker with the higher identifier opened lives;
// RFC 6286 2.3: of equal identifiers the larger AS decides. In Established the new connection goes.
// One in OpenSent wins once. That the neighbour comes again and has still said nothing there means that it
// has lost that connection without our hearing of it: with a least TTL the reset of a kernel that has no such
// connection does not arrive (RFC 5082 3). 6.8 leaves it to us whether OpenSent is looked at.
bool Peer::resolve_collision(Slot slot, const Open& open, Time now, Actions& out) {
    const fsm::State& rival = at(other(slot)).state;
    const bool established = is<fsm::Established>(rival);
    if (!established && !is<fsm::OpenSent>(rival) && !is<fsm::OpenConfirm>(rival)) return true;
    ++counters_.collisions;
    if (established) return false;
    const Offer& ours = config_.offer;
    const bool we_decide =
        ours.router_id == open.identifier ? ours.local_as > open.asn : ours.router_id > open.identifier;
    const bool dead = is<fsm::OpenSent>(rival) && at(other(slot)).has_won;
    if ((we_decide ? Slot::outgoing : Slot::incoming) != slot && !dead) {
        at(other(slot)).has_won = true;
        return false;
    }
    run(other(slot), fsm::CollisionDump{}, now, out);
    return true;
}

void Peer::run(Slot slot, const fsm::Event& event, Time now, Actions& out) {
    const bool dials = slot == Slot::outgoing && !config_.transport.passive;
    // RFC 8538 4: where only the session was lost the kernel still has our routes.
    const RestartFlags restart{restarting_, restarting_ || counters_.ups > 0};
    const fsm::Context context{config_, now, static_cast<std::uint32_t>(random_()), dials, restart};
    fsm::Step step = fsm::step(std::move(at(slot).state), event, context);
    at(slot).state = std::move(step.next);
    for (fsm::Action& action : step.actions) perform(slot, action, now, out);
}

void Peer::perform(Slot slot, fsm::Action& action, Time now, Actions& out) {
    if (std::holds_alternative<fsm::StartConnect>(action)) {
        ++counters_.dials;
        out.push_back(Dial{});
    } else if (std::holds_alternative<fsm::CloseTcp>(action)) {
        out.push_back(Close{slot});
    } else if (const auto* const open = std::get_if<fsm::SendOpen>(&action)) {
        out.push_back(Send{slot, encode_open(open->open)});
    } else if (std::holds_alternative<fsm::SendKeepalive>(action)) {
        out.push_back(Send{slot, encode_keepalive()});
    } else if (const auto* const notification = std::get_if<fsm::SendNotification>(&action)) {
        out.push_back(Send{slot, encode_notification(notification->what)});
    } else if (auto* const up = std::get_if<fsm::SessionUp>(&action)) {
        ++counters_.ups;
        established_at_ = now;
        reason_ = SessionReason::none;
        message_.clear();
        out.push_back(Up{slot, std::move(up->session)});
    } else if (auto* const down = std::get_if<fsm::SessionDown>(&action)) {
        ++counters_.downs;
        ended(slot, down->why, now);
        established_at_ = kNever;
        out.push_back(Down{slot, std::move(down->why)});
        stop_waiting(now, out);
    } else if (auto* const failed = std::get_if<fsm::AttemptFailed>(&action)) {
        ended(slot, failed->why, now);
        out.push_back(Failed{slot, std::move(failed->why)});
        stop_waiting(now, out);
    }
}

void Peer::ended(Slot slot, const Ended& why, Time now) {
    if (why.sent) ++counters_.notifications_sent;
    if (why.received) ++counters_.notifications_received;
    remember(why, now);
    wait_after(slot, why, now);
}

void Peer::remember(const Ended& why, Time now) {
    if (established() || by_collision(why)) return;
    const bool was_cause =
        reason_ != SessionReason::none && reason_ != SessionReason::idle && !reason_is_dull_;
    if (dull(why) && was_cause && now - reason_at_ < kCauseShown) return;
    reason_ = why.reason;
    message_ = why.message;
    reason_at_ = now;
    reason_is_dull_ = dull(why);
}

// When the two machines start again. An error makes the whole neighbour wait, longer each time (RFC 4271
// 8.1.1 DampPeerOscillations; RFC 4486 4).
void Peer::wait_after(Slot slot, const Ended& why, Time now) {
    const Timers& timers = config_.timers;
    if (!enabled_) return;
    if (harmless(why)) {
        const fsm::Context context{config_, now, static_cast<std::uint32_t>(random_())};
        at(Slot::outgoing).start_at = context.jittered(timers.connect_retry);
        at(slot).start_at = slot == Slot::incoming ? now : at(slot).start_at;
        return;
    }
    const bool lasted = established_at_ != kNever && now - established_at_ >= 2 * timers.error_wait_max;
    if (lasted) error_wait_ = timers.error_wait_min;
    const Time until = now + error_wait_;
    error_wait_ = std::clamp(error_wait_ * 2, timers.error_wait_min,
                             std::max(timers.error_wait_min, timers.error_wait_max));
    for (const Slot each : kSlots) at(each).start_at = until;
    // RFC 5492 3: not dialled again by itself; the neighbour may call.
    if (why.reason == SessionReason::unsupported_capability) at(Slot::outgoing).start_at = kNever;
    holding_ = true;
}

// The idle hold is that of the neighbour: a connection that only waits or dials ends too.
void Peer::stop_waiting(Time now, Actions& out) {
    if (!std::exchange(holding_, false)) return;
    for (const Slot slot : kSlots) {
        if (is_waiting(slot)) run(slot, fsm::ManualStop{}, now, out);
    }
}

void Peer::update_since(Time now) {
    const std::string_view state = state_name();
    if (state == shown_state_) return;
    shown_state_ = state;
    since_ = now;
}

std::string_view Peer::state_name() const {
    const fsm::State& out = at(Slot::outgoing).state;
    const fsm::State& in = at(Slot::incoming).state;
    if (is<fsm::Connect>(out) && is<fsm::Active>(in)) return fsm::name(out);
    return fsm::name(out.index() >= in.index() ? out : in);
}

}  // namespace dunlin::bgp
