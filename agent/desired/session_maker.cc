#include "agent/desired/session_maker.h"

#include <algorithm>

namespace dunlin::agent {
namespace {

constexpr std::uint8_t kTtl = 64;  // Calico runs every session as multihop

bgp::RestartMode restart_mode(RestartMode mode) {
    switch (mode) {
        case RestartMode::full:
            return bgp::RestartMode::full;
        case RestartMode::helper:
            return bgp::RestartMode::helper;
        case RestartMode::off:
            break;
    }
    return bgp::RestartMode::off;
}

// RFC 4724 3: twelve bits.
std::uint16_t restart_time_of(Seconds time) {
    return static_cast<std::uint16_t>(std::min<Seconds::rep>(time.count(), 4095));
}

void set_timers(const BgpPeer& peer, bgp::SessionConfig& config) {
    if (peer.hold_time) config.timers.hold = *peer.hold_time;
    config.timers.keepalive = peer.keepalive_time;
    if (peer.connect_retry_time) config.timers.connect_retry = *peer.connect_retry_time;
    if (peer.error_backoff_min) config.timers.error_wait_min = *peer.error_backoff_min;
    if (peer.error_backoff_max) config.timers.error_wait_max = *peer.error_backoff_max;
}

void set_offer(const BgpPeer& peer, bgp::SessionConfig& config) {
    config.offer.restart = restart_mode(peer.restart_mode);
    const auto restart_time = peer.restart_time ? peer.restart_time : peer.max_restart_time;
    if (restart_time) config.offer.restart_time_s = restart_time_of(*restart_time);
    config.offer.add_path_receive =
        peer.add_paths == AddPathMode::both || peer.add_paths == AddPathMode::receive;
    config.offer.add_path_send = peer.add_paths == AddPathMode::both || peer.add_paths == AddPathMode::send;
    config.offer.extended_messages = peer.extended_messages;
    config.offer.enhanced_route_refresh = peer.enhanced_route_refresh;
    config.offer.extended_next_hop = peer.extended_next_hop;
    config.offer.role = peer.role;
    config.offer.role_strict = peer.role_strict;
    if (!peer.families.empty()) config.offer.families = peer.families;
}

void set_administration(const BgpPeer& peer, bgp::SessionConfig& config) {
    config.admin_message = peer.admin_message;
    if (peer.admin_state == PeerAdminState::down) config.admin_state = bgp::AdminState::down;
    if (peer.admin_state == PeerAdminState::drain) config.admin_state = bgp::AdminState::drain;
}

// RFC 5065 4: members know each other by their member ASes, everybody else knows the identifier.
void set_confederation(const Confederation& confederation, Asn member_as, bgp::Offer& offer) {
    const auto& others = confederation.members;
    const bool member =
        offer.peer_as == member_as || std::find(others.begin(), others.end(), offer.peer_as) != others.end();
    offer.confederation = bgp::Confederation{confederation.identifier, member_as, member};
    if (!member) offer.local_as = confederation.identifier;
}

bool is_internal(const DesiredSession& session) {
    return session.config.offer.peer_as == session.config.offer.local_as;
}

void append(const std::vector<bgp::FilterRule>& from, bgp::FilterChain& to) {
    to.insert(to.end(), from.begin(), from.end());
}

// One side of a pair of nodes dials: which one is decided by the text of the addresses, as all nodes of a
// cluster agree on.
bool waits_for(const IpAddress& neighbor, const IpAddress& own) {
    return neighbor.to_string() > own.to_string();
}

}  // namespace

DesiredSession SessionMaker::mesh(const Neighbor& neighbor, const InterfaceAddress& own) {
    DesiredSession session;
    session.origin = SessionOrigin::mesh;
    fill_common(neighbor, session);
    bgp::SessionConfig& config = session.config;
    config.transport.local_address = own.address;
    config.transport.passive = waits_for(neighbor.address, own.address);
    const BgpConfiguration* common = context_.common;
    if (common != nullptr && common->mesh_max_restart_time) {
        config.offer.restart_time_s = restart_time_of(*common->mesh_max_restart_time);
    }
    if (common != nullptr && common->mesh_password) {
        take_secret(*common->mesh_password, common->mesh_next_password, session);
    }
    return session;
}

DesiredSession SessionMaker::of_peer(const BgpPeer& peer, SessionOrigin origin, const Neighbor& neighbor) {
    DesiredSession session;
    session.origin = origin;
    session.peer_object = peer.meta.name;
    session.description = peer.description;
    fill_common(neighbor, session);
    bgp::SessionConfig& config = session.config;
    const auto& own = context_.address(neighbor.address.family());
    if (peer.use_node_ip && own && neighbor.interface.empty()) config.transport.local_address = own->address;
    const bool text_rule = origin == SessionOrigin::global && neighbor.by_address && neighbor.is_node && own;
    config.transport.passive = peer.passive || (text_rule && waits_for(neighbor.address, own->address));
    if (neighbor.by_address && peer.local_as_number) config.offer.local_as = *peer.local_as_number;
    if (peer.ttl_security > 0) {
        config.live.ttl = 255;  // RFC 5082 3
        config.live.min_ttl = static_cast<std::uint8_t>(256 - peer.ttl_security);
    }
    set_timers(peer, config);
    set_offer(peer, config);
    set_administration(peer, config);
    set_policy(peer, neighbor, session);
    if (peer.password) take_secret(*peer.password, peer.next_password, session);
    take_tcp_ao(peer.tcp_ao, session);
    take_filters(peer, session);
    return session;
}

// A workload of this node dials us; of its BGPPeer only the AS numbers, the filters and what is ours of the
// fields count.
DesiredSession SessionMaker::workload(const BgpPeer& peer, const Neighbor& neighbor) {
    DesiredSession session;
    session.origin = SessionOrigin::local_workload;
    session.peer_object = peer.meta.name;
    session.description = peer.description;
    fill_common(neighbor, session);
    session.config.transport.passive = true;
    if (peer.local_as_number) session.config.offer.local_as = *peer.local_as_number;
    set_administration(peer, session.config);
    session.policy.max_prefixes = peer.max_prefixes;
    set_reflection(peer, neighbor, session);
    take_filters(peer, session);
    return session;
}

void SessionMaker::fill_common(const Neighbor& neighbor, DesiredSession& session) const {
    bgp::SessionConfig& config = session.config;
    const Family family = neighbor.address.family();
    config.transport.peer_address = neighbor.address;
    config.transport.peer_port = neighbor.port;
    config.transport.interface = neighbor.interface;
    config.live.ttl = kTtl;
    config.offer.peer_as = neighbor.as.value_or(context_.local_as);
    config.offer.local_as = context_.local_as;
    if (context_.common != nullptr && context_.common->confederation) {
        set_confederation(*context_.common->confederation, context_.local_as, config.offer);
    }
    config.offer.router_id = desired_.router_id.value_or(RouterId());
    config.offer.families = {family};
    config.timers.hold = Seconds(240);
    config.offer.restart = bgp::RestartMode::full;
    config.offer.add_path_receive = config.offer.add_path_send = true;
    // Calico's BIRD waits; who writes a dunlin.io object wants the session now.
    if (context_.options.api_group != ApiGroup::dunlin) config.timers.connect_delay = Seconds(2);
    session.policy.default_priority = context_.normal_priority(family);
}

void SessionMaker::set_policy(const BgpPeer& peer, const Neighbor& neighbor, DesiredSession& session) const {
    bgp::PeerPolicy& policy = session.policy;
    if (peer.next_hop_mode) {
        policy.next_hop = *peer.next_hop_mode;
    } else if (peer.keep_original_next_hop && !is_internal(session)) {
        policy.next_hop = bgp::NextHopMode::keep;
    }
    if (neighbor.by_address) policy.allow_own_as = peer.allowed_own_as;
    policy.max_prefixes = peer.max_prefixes;
    policy.send_communities = peer.send_communities;
    set_reflection(peer, neighbor, session);
}

void SessionMaker::set_reflection(const BgpPeer& peer, const Neighbor& neighbor,
                                  DesiredSession& session) const {
    bgp::PeerPolicy& policy = session.policy;
    const bool internal = is_internal(session);
    const bool other_cluster = !neighbor.cluster_id_known || neighbor.cluster_id != context_.facts.cluster_id;
    policy.reflector_client = context_.facts.cluster_id && internal && other_cluster;
    if (peer.reflector_client == ReflectorClient::always) policy.reflector_client = internal;
    if (peer.reflector_client == ReflectorClient::never) policy.reflector_client = false;
    if (policy.reflector_client) policy.cluster_id = context_.facts.cluster_id;
}

const std::string* SessionMaker::value_of(const SecretRef& ref) const {
    const auto found = context_.cluster.secrets.find(ref.name);
    if (found == context_.cluster.secrets.end()) return nullptr;
    const auto value = found->second.values.find(ref.key);
    return value == found->second.values.end() || value->second.empty() ? nullptr : &value->second;
}

std::optional<std::string> SessionMaker::missing(const SecretRef& ref) const {
    if (value_of(ref) != nullptr) return std::nullopt;
    return context_.cluster.secrets.contains(ref.name) ? "Secret " + ref.name + " has no key " + ref.key
                                                       : "there is no Secret " + ref.name;
}

// A session without the key that was asked for would be open to anybody: it stays down. The next key is only
// needed once the neighbour has it.
void SessionMaker::take_secret(const SecretRef& ref, const std::optional<SecretRef>& next,
                               DesiredSession& session) const {
    session.secret = ref;
    const std::string* const key = value_of(ref);
    if (key == nullptr) {
        session.held_down = Reason::secret_missing;
        session.held_down_message = *missing(ref);
        return;
    }
    session.config.live.md5_key = *key;
    const std::string* const next_key = next ? value_of(*next) : nullptr;
    if (next_key != nullptr) session.config.live.md5_next_key = *next_key;
}

void SessionMaker::take_tcp_ao(const std::vector<TcpAoKey>& keys, DesiredSession& session) const {
    if (keys.empty()) return;
    if (!context_.options.kernel_has_tcp_ao) {
        session.held_down = Reason::kernel_lacks;
        session.held_down_message = "TCP-AO is asked for; this kernel has none (Linux 6.7, CONFIG_TCP_AO)";
        return;
    }
    for (const TcpAoKey& key : keys) {
        if (auto why = missing(key.secret)) {
            session.held_down = Reason::secret_missing;
            session.held_down_message = *std::move(why);
            session.config.live.ao_keys.clear();
            return;
        }
        const auto algorithm = key.algorithm == TcpAoAlgorithm::hmac_sha1_96
                                   ? bgp::AoAlgorithm::hmac_sha1_96
                                   : bgp::AoAlgorithm::aes_128_cmac_96;
        session.config.live.ao_keys.push_back(
            {key.send_id, key.receive_id, algorithm, *value_of(key.secret)});
    }
}

// Nor may one run without the filters that were asked for.
void SessionMaker::take_filters(const BgpPeer& peer, DesiredSession& session) {
    session.filters = peer.filters;
    if (peer.filters.empty()) return;
    for (const auto& name : peer.filters) {
        if (context_.cluster.filters.contains(name)) continue;
        session.held_down = Reason::filter_missing;
        session.held_down_message = "BGPFilter " + name + " does not exist, or is refused";
    }
    auto [found, fresh] = chains_.try_emplace(peer.filters);
    if (fresh) found->second = compile(peer.filters);
    session.policy.import_filter_ipv4 = found->second.import_ipv4;
    session.policy.import_filter_ipv6 = found->second.import_ipv6;
    session.policy.export_filter_ipv4 = found->second.export_ipv4;
    session.policy.export_filter_ipv6 = found->second.export_ipv6;
}

SessionMaker::Chains SessionMaker::compile(const std::vector<std::string>& names) const {
    bgp::FilterChain import_v4, import_v6, export_v4, export_v6;
    for (const auto& name : names) {
        const auto found = context_.cluster.filters.find(name);
        if (found == context_.cluster.filters.end()) continue;
        append(found->second.import_v4, import_v4);
        append(found->second.import_v6, import_v6);
        append(found->second.export_v4, export_v4);
        append(found->second.export_v6, export_v6);
    }
    return {std::move(import_v4), std::move(import_v6), std::move(export_v4), std::move(export_v6)};
}

}  // namespace dunlin::agent
