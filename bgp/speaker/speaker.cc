#include "bgp/speaker.h"

#include "bgp/speaker/core.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {

Speaker::Speaker(const SpeakerSettings& settings) : core_(std::make_unique<Core>(settings)) {}
Speaker::~Speaker() = default;

void Speaker::configure(const SpeakerSettings& settings, const std::map<std::string, PeerSettings>& wanted,
                        Time now) {
    core_->configure(settings, wanted, now);
}

std::optional<PeerId> Speaker::find_peer(const IpAddress& remote) const { return core_->find_peer(remote); }

const PeerSettings* Speaker::settings_of(PeerId peer) const {
    const Neighbour* neighbour = std::as_const(*core_).find(peer);
    return neighbour == nullptr ? nullptr : &neighbour->settings;
}

void Speaker::set_local_address(PeerId peer, Slot slot, const IpAddress& address) {
    Neighbour* neighbour = core_->find(peer);
    if (neighbour != nullptr) neighbour->local_addresses[static_cast<std::size_t>(slot)] = address;
}

void Speaker::handle(PeerId peer, Slot slot, const fsm::Event& event, Time now) {
    Neighbour* neighbour = core_->find(peer);
    if (neighbour != nullptr) core_->perform(*neighbour, neighbour->peer.handle(slot, event, now), now);
}

std::size_t Speaker::received(PeerId peer, Slot slot, Bytes bytes, Time now) {
    return core_->received(peer, slot, bytes, now);
}

bool Speaker::accept(PeerId peer, Time now) {
    Neighbour* neighbour = core_->find(peer);
    if (neighbour == nullptr || !neighbour->peer.may_accept(now)) return false;
    core_->perform(*neighbour, neighbour->peer.make_room(now), now);
    return true;
}

LiveTransport Speaker::live_of(PeerId peer) const {
    const Neighbour* neighbour = std::as_const(*core_).find(peer);
    return neighbour == nullptr ? LiveTransport() : neighbour->peer.live();
}

void Speaker::set_retransmissions(PeerId peer, unsigned count) {
    if (Neighbour* neighbour = core_->find(peer)) neighbour->peer.set_retransmissions(count);
}

void Speaker::tick(PeerId peer, Time now) {
    Neighbour* neighbour = core_->find(peer);
    if (neighbour != nullptr) core_->tick(*neighbour, now);
}

Time Speaker::next_deadline(PeerId peer) const {
    const Neighbour* neighbour = std::as_const(*core_).find(peer);
    return neighbour == nullptr ? kNever : core_->next_deadline(*neighbour);
}

void Speaker::begin_restart(Time now) { core_->begin_restart(now); }
bool Speaker::restarting() const { return core_->restarting(); }
bool Speaker::at_rest() const {
    return !core_->restarting() && !core_->fib_changes_pending() && !core_->has_work();
}

std::vector<SpeakerAction> Speaker::take_actions() { return core_->take_actions(); }

Chunk Speaker::next_output(PeerId peer, Time) {
    Neighbour* neighbour = core_->find(peer);
    return neighbour == nullptr ? nullptr : core_->next_output(*neighbour);
}

bool Speaker::run_slice(Time now) { return core_->run_slice(now); }

bool Speaker::reset(const std::string& name, const std::string& message, Time now) {
    Neighbour* neighbour = core_->find(name);
    if (neighbour == nullptr) return false;
    NotificationData data;
    if (!message.empty()) data = shutdown_data(message);
    core_->perform(*neighbour,
                   neighbour->peer.reset(now, cease(Cease::administrative_reset, std::move(data)),
                                         SessionReason::notification_sent),
                   now);
    return true;
}

bool Speaker::request_refresh(const std::string& name, Time) {
    Neighbour* neighbour = core_->find(name);
    if (neighbour == nullptr || !neighbour->live || !neighbour->live->terms.route_refresh) return false;
    for (const FamilyTerms& each : neighbour->live->terms.families) {
        core_->request_refresh(*neighbour, each.family);
    }
    return true;
}

bool Speaker::send_again(const std::string& name, Time now) {
    Neighbour* neighbour = core_->find(name);
    if (neighbour == nullptr || !neighbour->live) return false;
    for (const FamilyTerms& each : neighbour->live->terms.families) {
        neighbour->live->group->send_again(*neighbour->live->member, each.family);
    }
    core_->perform(*neighbour, {}, now);
    return true;
}

void Speaker::announce(LocalProtocol protocol, const Prefix& prefix, const LocalRoute& route, Time now) {
    core_->rib().announce(protocol, prefix, route, core_->seconds(now));
}

void Speaker::withdraw(LocalProtocol protocol, const Prefix& prefix) {
    core_->rib().withdraw(protocol, prefix);
}

void Speaker::take_fib_changes(std::size_t max, const FibTaker& taker) {
    core_->take_fib_changes(max, taker);
}
bool Speaker::fib_changes_pending() const { return core_->fib_changes_pending(); }
void Speaker::resend_fib() { core_->start_fib(); }

std::vector<PeerView> Speaker::peers() const { return core_->peers(); }

std::optional<PeerView> Speaker::peer(const std::string& name) const {
    const Neighbour* neighbour = std::as_const(*core_).find(name);
    if (neighbour == nullptr) return std::nullopt;
    return core_->view(*neighbour);
}

std::uint32_t Speaker::for_each_route(Family family, std::uint32_t from, std::size_t limit,
                                      const RouteCallback& each) const {
    return core_->for_each_route(family, from, limit, each, nullptr);
}

std::uint32_t Speaker::for_each_exported(PeerId peer, Family family, std::uint32_t from, std::size_t limit,
                                         const RouteCallback& each) const {
    const Neighbour* neighbour = std::as_const(*core_).find(peer);
    if (neighbour == nullptr || !neighbour->live) return 0;
    return core_->for_each_route(family, from, limit, each, &*neighbour->live);
}

bool Speaker::for_each_filtered(Family family, std::size_t limit, const RouteCallback& each) const {
    return core_->for_each_filtered(family, limit, each);
}

std::optional<RouteView> Speaker::lookup(const Prefix& prefix) const { return core_->lookup(prefix); }
std::optional<RouteView> Speaker::longest_match(const IpAddress& address) const {
    return core_->longest_match(address);
}
SpeakerStats Speaker::stats() const { return core_->stats(); }

}  // namespace dunlin::bgp
