#include "bgp/speaker/core.h"

#include <algorithm>

#include "bgp/session/impact.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kSlice = 8192;  // prefixes

const IpAddress& address_of(const PeerSettings& settings) { return settings.session.transport.peer_address; }

}  // namespace

Speaker::Core::Core(const SpeakerSettings& settings)
    : settings_(settings), octets_(settings.hash_seed), rib_(settings.hash_seed, *this) {
    sources_.resize(1 + kLocalProtocols);
    source_names_.resize(1 + kLocalProtocols);
    for (std::size_t i = 0; i < kLocalProtocols; ++i) {
        source_names_[1 + i] = dunlin::bgp::name(static_cast<LocalProtocol>(i));
    }
}

Speaker::Core::~Core() = default;

std::uint32_t Speaker::Core::seconds(Time now) {
    if (!epoch_) epoch_ = now;
    return static_cast<std::uint32_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<Seconds>(now - *epoch_).count()));
}

void Speaker::Core::apply_settings(const SpeakerSettings& settings) {
    if (settings == settings_) return;
    const bool fib_started = settings.fib && !settings_.fib;
    const std::uint64_t seed = settings_.hash_seed;
    settings_ = settings;
    settings_.hash_seed = seed;  // what is in the tables was hashed with it
    ++import_epoch_;
    for (Neighbour* each : live_) set_import(*each);
    regroup_ = true;
    if (fib_started) start_fib();
}

void Speaker::Core::configure(const SpeakerSettings& settings,
                              const std::map<std::string, PeerSettings>& wanted, Time now) {
    seconds(now);
    apply_settings(settings);
    for (auto at = by_name_.begin(); at != by_name_.end();) {
        if (wanted.count(at->first) != 0) {
            ++at;
            continue;
        }
        remove(*at->second, now);
        at = by_name_.erase(at);
    }
    for (const auto& [name, peer] : wanted) {
        if (Neighbour* known = find(name)) {
            change(*known, peer, now);
        } else {
            add(name, peer, now);
        }
    }
    if (std::exchange(regroup_, false)) regroup();
    configured_ = true;
    end_restart_when_due(now);
}

void Speaker::Core::add(const std::string& name, const PeerSettings& settings, Time now) {
    const PeerId id(++last_id_);
    const auto seed = static_cast<std::uint32_t>(settings_.hash_seed) ^ (id.value() * 2654435761U);
    auto& neighbour = by_name_[name];
    neighbour = std::make_unique<Neighbour>(id, name, settings, seed, now);
    by_id_[id] = neighbour.get();
    by_address_.emplace(address_of(settings), id);
    neighbour->peer.set_restarting(restarting_);
    actions_.push_back(PeerAdded{id});
    perform(*neighbour, neighbour->peer.start(now), now);
}

void Speaker::Core::change(Neighbour& neighbour, const PeerSettings& settings, Time now) {
    if (neighbour.settings == settings) return;
    const PeerSettings before = std::exchange(neighbour.settings, settings);
    if (address_of(before) != address_of(settings)) {
        forget_address(address_of(before), neighbour.id);
        by_address_.emplace(address_of(settings), neighbour.id);
    }
    if (before.session != settings.session) {
        perform(neighbour, neighbour.peer.reconfigure(settings.session, now), now);
    }
    const bool drain_differs = (before.session.admin_state == AdminState::drain) !=
                               (settings.session.admin_state == AdminState::drain);
    if (before.policy != settings.policy || drain_differs) apply_policy(neighbour, before, now);
}

// RFC 4486 4: Peer De-configured.
void Speaker::Core::remove(Neighbour& neighbour, Time now) {
    perform(neighbour,
            neighbour.peer.stop(now, cease(Cease::peer_deconfigured), SessionReason::config_changed), now);
    assert(!neighbour.live);
    drop_all(neighbour);
    actions_.push_back(PeerRemoved{neighbour.id});
    by_id_.erase(neighbour.id);
    forget_address(address_of(neighbour.settings), neighbour.id);
}

void Speaker::Core::forget_address(const IpAddress& address, PeerId id) {
    const auto [from, to] = by_address_.equal_range(address);
    by_address_.erase(std::find_if(from, to, [&](const auto& each) { return each.second == id; }));
}

std::optional<PeerId> Speaker::Core::find_peer(const IpAddress& remote) const {
    const auto found = by_address_.find(remote);
    return found == by_address_.end() ? std::nullopt : std::optional(found->second);
}

Neighbour* Speaker::Core::find(PeerId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}
const Neighbour* Speaker::Core::find(PeerId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}
Neighbour* Speaker::Core::find(const std::string& name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
}
const Neighbour* Speaker::Core::find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
}

// The routes follow the session before the driver hears of it; all else is the driver's.
void Speaker::Core::perform(Neighbour& neighbour, std::vector<PeerAction> actions, Time now) {
    seconds(now);
    for (PeerAction& action : actions) {
        if (const auto* up = std::get_if<Up>(&action)) session_up(neighbour, up->slot, up->session, now);
        if (const auto* down = std::get_if<Down>(&action)) session_down(neighbour, down->why, now);
        actions_.push_back(IoAction{neighbour.id, std::move(action)});
    }
    if (neighbour.live) say_output(neighbour);
    if (restarting_) end_restart_when_due(now);
}

void Speaker::Core::tick(Neighbour& neighbour, Time now) {
    perform(neighbour, neighbour.peer.tick(now), now);
    expire_kept(neighbour, now);
    if (neighbour.live) expire_refresh(*neighbour.live, now);
}

void Speaker::Core::event(Neighbour& neighbour, Slot slot, const fsm::Event& event, Time now) {
    perform(neighbour, neighbour.peer.handle(slot, event, now), now);
}

void Speaker::Core::say_output(Neighbour& neighbour) {
    if (restarting_ || neighbour.output_said || !neighbour.live->group->has_output(*neighbour.live->member))
        return;
    neighbour.output_said = true;
    actions_.push_back(OutputReady{neighbour.id});
}

bool Speaker::Core::run_slice(Time now) {
    seconds(now);
    const bool more = rib_.run_slice(kSlice);
    return reimport_slice(now) || more;
}

void Speaker::Core::changed(Family family, NetId id, bool best) {
    if (settings_.fib) {
        rib_.with_table(family, [&](auto& table) { fib_[static_cast<std::size_t>(family)].mark(id, table); });
    }
    for (const auto& group : groups_) {
        if (!best && !group->many(family)) continue;
        if (group->mark(family, id)) tell(*group);
    }
}

}  // namespace dunlin::bgp
