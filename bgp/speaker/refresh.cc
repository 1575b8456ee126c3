// Routes that are said again: by the neighbour because we ask or because it wants to, by us because it asks.
// RFC 2918, RFC 7313.
#include "bgp/speaker/core.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

// RFC 7313 4: for how long what is stale may be kept after a BoRR without its EoRR.
constexpr Seconds kRefreshTime{360};

}  // namespace

void Speaker::Core::request_refresh(Neighbour& neighbour, Family family) {
    const auto index = static_cast<std::size_t>(family);
    neighbour.live->received[index].expect_again();
    neighbour.live->limited[index] = false;
    Send send;
    send.slot = neighbour.live->slot;
    send.bytes = encode_route_refresh({unicast(family), 0});
    ++neighbour.counters.refreshes_sent;
    actions_.push_back(IoAction{neighbour.id, std::move(send)});
}

void Speaker::Core::refresh_asked(Neighbour& neighbour, const RouteRefresh& refresh, Time now) {
    LiveSession& live = *neighbour.live;
    const auto family = unicast_family(refresh.pair);
    if (!family || !live.terms.carries(*family)) return;
    const auto index = static_cast<std::size_t>(*family);
    switch (refresh.subtype) {
        case 0:
            ++neighbour.counters.refreshes_received;
            live.group->send_again(*live.member, *family);
            return say_output(neighbour);
        case 1:  // RFC 7313 4: of a neighbour with graceful restart not before its End-of-RIB
            if (live.terms.peer_restart && !live.end_of_rib_received[index]) return;
            live.refresh_until[index] = now + kRefreshTime;
            live.received[index].begin_refresh();
            return rib_.begin_refresh(live.source, *family);
        case 2:
            return end_refresh(live, *family);
        default:
            return;  // RFC 7313 5: ignored
    }
}

void Speaker::Core::end_refresh(LiveSession& live, Family family) {
    const auto index = static_cast<std::size_t>(family);
    if (std::exchange(live.refresh_until[index], kNever) == kNever) return;
    live.received[index].end_refresh();
    rib_.end_refresh(live.source, family);
}

void Speaker::Core::expire_refresh(LiveSession& live, Time now) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (live.refresh_until[static_cast<std::size_t>(family)] <= now) end_refresh(live, family);
    }
}

}  // namespace dunlin::bgp
