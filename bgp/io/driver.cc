#include "bgp/io/driver.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <system_error>

#include "bgp/io/tcp_options.h"
#include "bgp/session/peer.h"

namespace dunlin::bgp::io {

namespace asio = boost::asio;

SpeakerIo::Driver::Driver(asio::io_context& context, Speaker& speaker, IoHooks hooks)
    : context_(context), speaker_(speaker), hooks_(std::move(hooks)) {}

SpeakerIo::Driver::Link* SpeakerIo::Driver::find(PeerId peer) {
    const auto found = links_.find(peer);
    return found == links_.end() ? nullptr : found->second.get();
}

void SpeakerIo::Driver::wake() {
    perform_all();
    for (const auto& [peer, link] : links_) arm(peer, *link);
    schedule_slice();
}

void SpeakerIo::Driver::close_all() {
    closed_ = true;
    for (const auto& [address, listener] : listeners_) listener->close();
    listeners_.clear();
    for (const auto& [peer, link] : links_) {
        for (auto& session : link->sessions) {
            if (session) session->abort();
        }
        link->timer.cancel();
    }
    links_.clear();
}

// ---- what sessions say

void SpeakerIo::Driver::event(TcpSession& session, const fsm::Event& event) {
    const PeerId peer = session.peer();
    speaker_.handle(peer, session.slot(), event, Clock::now());
    turn(peer);
}

void SpeakerIo::Driver::connected(TcpSession& session) {
    if (const auto local = session.local_address()) {
        speaker_.set_local_address(session.peer(), session.slot(), *local);
    }
    session.read();
    event(session, fsm::TcpConnected{});
}

void SpeakerIo::Driver::broken(TcpSession& session, int error) { event(session, fsm::TcpFailed{error}); }

void SpeakerIo::Driver::stalled(TcpSession& session) { event(session, fsm::SendHoldExpired{}); }

std::size_t SpeakerIo::Driver::received(TcpSession& session, Bytes bytes) {
    const PeerId peer = session.peer();
    const std::size_t taken = speaker_.received(peer, session.slot(), bytes, Clock::now());
    turn(peer);
    return taken;
}

Chunk SpeakerIo::Driver::next_output(TcpSession& session) {
    schedule_slice();  // for the actions that may come of it
    return speaker_.next_output(session.peer(), Clock::now());
}

// ---- what the speaker wants

void SpeakerIo::Driver::turn(PeerId touched) {
    perform_all();
    if (Link* const link = find(touched)) arm(touched, *link);
    schedule_slice();
}

void SpeakerIo::Driver::perform_all() {
    if (performing_) return;  // what came of an action is done after it
    performing_ = true;
    for (auto actions = speaker_.take_actions(); !actions.empty() && !closed_;
         actions = speaker_.take_actions()) {
        for (const SpeakerAction& action : actions) perform(action);
    }
    performing_ = false;
    for (const PeerId peer : std::exchange(touched_, {})) {
        if (Link* const link = find(peer)) arm(peer, *link);
    }
}

void SpeakerIo::Driver::perform(const SpeakerAction& action) {
    if (const auto* const io = std::get_if<IoAction>(&action)) {
        perform(io->peer, io->action);
    } else if (const auto* const ready = std::get_if<OutputReady>(&action)) {
        ready_.push_back(ready->peer);
        schedule_output();
    } else if (const auto* const added = std::get_if<PeerAdded>(&action)) {
        add(added->peer);
    } else if (const auto* const removed = std::get_if<PeerRemoved>(&action)) {
        remove(removed->peer);
    } else if (const auto* const malformed = std::get_if<MalformedUpdate>(&action)) {
        if (hooks_.malformed) hooks_.malformed(*malformed);
    }
}

void SpeakerIo::Driver::perform(PeerId peer, const PeerAction& action) {
    Link* const link = find(peer);
    if (link == nullptr) return;
    if (hooks_.action) hooks_.action(peer, action);
    touched_.insert(peer);
    if (std::holds_alternative<Dial>(action)) {
        dial(peer, *link);
    } else if (const auto* const ending = std::get_if<Close>(&action)) {
        close(*link, ending->slot);
    } else if (const auto* const out = std::get_if<Send>(&action)) {
        if (const auto session = session_of(*link, out->slot)) session->send(out->bytes);
    } else if (const auto* const up = std::get_if<Up>(&action)) {
        went_up(*link, *up);
    } else if (std::holds_alternative<Down>(action)) {
        link->up.reset();
    } else if (const auto* const change = std::get_if<ApplyLive>(&action)) {
        change_live(peer, *link, change->live);
    }
}

void SpeakerIo::Driver::dial(PeerId peer, Link& link) {
    const PeerSettings* const settings = speaker_.settings_of(peer);
    if (settings == nullptr) return;
    close(link, Slot::outgoing);
    const auto session = std::make_shared<TcpSession>(context_, *this, peer, Slot::outgoing);
    session_of(link, Slot::outgoing) = session;
    session->dial(settings->session.transport, speaker_.live_of(peer));
}

void SpeakerIo::Driver::close(Link& link, Slot slot) {
    if (link.up == slot) link.up.reset();
    if (const auto session = std::exchange(session_of(link, slot), nullptr)) session->close();
}

// RFC 9687 3: the send hold time is twice the hold time and at least eight minutes, if nothing else is said.
void SpeakerIo::Driver::went_up(Link& link, const Up& up) {
    link.up = up.slot;
    const auto session = session_of(link, up.slot);
    if (!session) return;
    const PeerSettings* const settings = speaker_.settings_of(session->peer());
    const Seconds configured = settings == nullptr ? Seconds(0) : settings->session.timers.send_hold;
    session->set_send_hold(configured != Seconds(0) ? configured
                                                    : std::max(Seconds(480), 2 * up.session.hold));
    session->pull_output();  // it may have been said to be ready before this
}

void SpeakerIo::Driver::change_live(PeerId peer, Link& link, const LiveTransport& live) {
    link.keys = live;
    set_listener_keys(link);
    for (const auto& session : link.sessions) {
        if (!session) continue;
        if (const int error = session->apply(link.remote, live); error != 0) {
            report(link.remote, "the key of TCP or the TTL of the running session", error);
        }
    }
    touched_.insert(peer);
}

void SpeakerIo::Driver::add(PeerId peer) {
    const PeerSettings* const settings = speaker_.settings_of(peer);
    if (settings == nullptr) return;
    auto& link = links_[peer];
    if (!link) link = std::make_unique<Link>(context_);
    link->remote = settings->session.transport.peer_address;
    link->keys = speaker_.live_of(peer);
    set_listener_keys(*link);
    touched_.insert(peer);
}

void SpeakerIo::Driver::remove(PeerId peer) {
    Link* const link = find(peer);
    if (link == nullptr) return;
    close(*link, Slot::outgoing);
    close(*link, Slot::incoming);
    if (link->keys.has_keys()) {
        link->keys = LiveTransport();
        set_listener_keys(*link);
    }
    link->timer.cancel();
    links_.erase(peer);
}

void SpeakerIo::Driver::set_listener_keys(Link& link) {
    for (const auto& [address, listener] : listeners_) {
        if (listener->checks(link.remote, link.keys)) continue;
        if (const int error = listener->set_keys(link.remote, link.keys); error != 0) {
            report(link.remote, "the key of TCP on the listening socket", error);
        }
    }
}

void SpeakerIo::Driver::report(const IpAddress& remote, const std::string& what, int error) {
    if (!hooks_.problem) return;
    hooks_.problem(what + " for " + remote.to_string() + ": " + std::generic_category().message(error));
}

// ---- time

// Only a deadline that is earlier than the armed one is worth a new wait: a later one costs an idle tick.
void SpeakerIo::Driver::arm(PeerId peer, Link& link) {
    const Time deadline = speaker_.next_deadline(peer);
    if (deadline >= link.armed_at) return;
    link.armed_at = deadline;
    link.timer.expires_at(deadline);
    link.timer.async_wait([weak = weak_from_this(), peer](const boost::system::error_code& cancelled) {
        if (const auto self = weak.lock(); self && !cancelled) self->due(peer);
    });
}

void SpeakerIo::Driver::due(PeerId peer) {
    Link* const link = find(peer);
    // A wait that was over before it was cancelled comes here too: then nothing is due.
    if (link == nullptr || Clock::now() < link->armed_at) return;
    link->armed_at = kNever;
    const Time now = Clock::now();
    if (speaker_.next_deadline(peer) <= now) {
        count_retransmissions(peer, *link);
        speaker_.tick(peer, now);
    }
    turn(peer);
}

void SpeakerIo::Driver::count_retransmissions(PeerId peer, const Link& link) {
    const PeerSettings* const settings = speaker_.settings_of(peer);
    if (settings == nullptr || settings->session.live.md5_next_key.empty()) return;
    unsigned most = 0;
    for (const auto& session : link.sessions) {
        if (session) most = std::max(most, session->retransmissions());
    }
    speaker_.set_retransmissions(peer, most);
}

void SpeakerIo::Driver::schedule_slice() {
    if (std::exchange(slice_scheduled_, true)) return;
    asio::post(context_, [weak = weak_from_this()] {
        if (const auto self = weak.lock(); self && !self->closed_) self->slice();
    });
}

// Long work goes on a part at a time, with all other handlers in between.
void SpeakerIo::Driver::slice() {
    slice_scheduled_ = false;
    const bool more = speaker_.run_slice(Clock::now());
    perform_all();
    if (hooks_.progress) hooks_.progress();
    if (more) schedule_slice();
}

// What other sockets have brought at the same time goes out together: with a reflector's clients all at once
// that is one write for each instead of one for each pair.
void SpeakerIo::Driver::schedule_output() {
    if (std::exchange(output_scheduled_, true)) return;
    asio::post(context_, [weak = weak_from_this()] {
        if (const auto self = weak.lock(); self && !self->closed_) self->output();
    });
}

void SpeakerIo::Driver::output() {
    output_scheduled_ = false;
    for (const PeerId peer : std::exchange(ready_, {})) {
        Link* const link = find(peer);
        if (link == nullptr || !link->up) continue;
        if (const auto session = session_of(*link, *link->up)) session->pull_output();
    }
}

// ---- the front

SpeakerIo::SpeakerIo(asio::io_context& context, Speaker& speaker, IoHooks hooks)
    : driver_(std::make_shared<Driver>(context, speaker, std::move(hooks))) {}
SpeakerIo::~SpeakerIo() { driver_->close_all(); }
Result<Done, Error> SpeakerIo::listen(const std::vector<ListenAddress>& addresses) {
    return driver_->listen(addresses);
}
void SpeakerIo::wake() { driver_->wake(); }
void SpeakerIo::close_all() { driver_->close_all(); }
std::uint16_t SpeakerIo::port_of(const ListenAddress& address) const { return driver_->port_of(address); }
const IoCounters& SpeakerIo::counters() const { return driver_->counters(); }

}  // namespace dunlin::bgp::io
