#include "bgp/session/impact.h"

#include <array>

#include "bgp/session/impact_rows.h"

namespace dunlin::bgp {
namespace {

using Config = SessionConfig;

template <auto Part, auto Field>
bool same(const Config& a, const Config& b) {
    return (a.*Part).*Field == (b.*Part).*Field;
}
template <AdminState State>
bool same_in(const Config& a, const Config& b) {
    return (a.admin_state == State) == (b.admin_state == State);
}
template <auto Field>
constexpr auto kTransport = same<&Config::transport, Field>;
template <auto Field>
constexpr auto kLive = same<&Config::live, Field>;
template <auto Field>
constexpr auto kOffer = same<&Config::offer, Field>;
template <auto Field>
constexpr auto kTimers = same<&Config::timers, Field>;

using Row = ImpactRow<SessionConfig>;

constexpr std::array kRows{
    Row{"peer address", Impact::reset, kTransport<&Transport::peer_address>},
    Row{"peer port", Impact::reset, kTransport<&Transport::peer_port>},
    Row{"local address", Impact::reset, kTransport<&Transport::local_address>},
    Row{"interface", Impact::reset, kTransport<&Transport::interface>},
    Row{"passive", Impact::live, kTransport<&Transport::passive>},
    Row{"MD5 key", Impact::live, kLive<&LiveTransport::md5_key>},
    Row{"next MD5 key", Impact::live, kLive<&LiveTransport::md5_next_key>},
    Row{"TCP-AO, at all", Impact::reset,
        [](const Config& a, const Config& b) { return a.live.ao_keys.empty() == b.live.ao_keys.empty(); }},
    Row{"TCP-AO keys", Impact::live,
        [](const Config& a, const Config& b) {
            return a.live.ao_keys == b.live.ao_keys || a.live.ao_keys.empty() != b.live.ao_keys.empty();
        }},
    Row{"TTL", Impact::live, kLive<&LiveTransport::ttl>},
    Row{"minimum TTL", Impact::live, kLive<&LiveTransport::min_ttl>},
    Row{"local AS", Impact::reset, kOffer<&Offer::local_as>},
    Row{"peer AS", Impact::reset, kOffer<&Offer::peer_as>},
    Row{"router id", Impact::reset, kOffer<&Offer::router_id>},
    Row{"families", Impact::reset, kOffer<&Offer::families>},
    Row{"extended messages", Impact::reset, kOffer<&Offer::extended_messages>},
    Row{"enhanced route refresh", Impact::reset, kOffer<&Offer::enhanced_route_refresh>},
    Row{"add-path receive", Impact::reset, kOffer<&Offer::add_path_receive>},
    Row{"add-path send", Impact::reset, kOffer<&Offer::add_path_send>},
    Row{"extended next hop", Impact::reset, kOffer<&Offer::extended_next_hop>},
    Row{"graceful restart mode", Impact::reset, kOffer<&Offer::restart>},
    Row{"graceful restart time", Impact::none, kOffer<&Offer::restart_time_s>},
    Row{"role", Impact::reset, kOffer<&Offer::role>},
    Row{"strict role", Impact::reset, kOffer<&Offer::role_strict>},
    Row{"confederation", Impact::reset, kOffer<&Offer::confederation>},
    Row{"hold time", Impact::none, kTimers<&Timers::hold>},
    Row{"keepalive interval", Impact::live, kTimers<&Timers::keepalive>},
    Row{"connect retry time", Impact::none, kTimers<&Timers::connect_retry>},
    Row{"connect delay", Impact::none, kTimers<&Timers::connect_delay>},
    Row{"shortest error back-off", Impact::none, kTimers<&Timers::error_wait_min>},
    Row{"longest error back-off", Impact::none, kTimers<&Timers::error_wait_max>},
    Row{"send hold time", Impact::live, kTimers<&Timers::send_hold>},
    Row{"administrative state Down", Impact::reset, same_in<AdminState::down>},
    Row{"administrative state Drain", Impact::refresh, same_in<AdminState::drain>},
    Row{"administrative message", Impact::none,
        [](const Config& a, const Config& b) { return a.admin_message == b.admin_message; }},
};

}  // namespace

std::string_view name(Impact impact) {
    constexpr std::array<std::string_view, 4> kNames{"none", "live", "refresh", "reset"};
    return kNames.at(static_cast<std::size_t>(impact));
}

Impact impact(const SessionConfig& from, const SessionConfig& to) {
    return dearest(changed_fields(from, to));
}

std::vector<FieldImpact> changed_fields(const SessionConfig& from, const SessionConfig& to) {
    return changed_rows(kRows, from, to);
}

std::vector<FieldImpact> impact_table() { return all_rows(kRows); }

}  // namespace dunlin::bgp
