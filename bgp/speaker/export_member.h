// A neighbour as a member of an ExportGroup: what of the group's messages it has yet to take, and what it
// alone still needs (the table of the time before it joined, a refresh, the marks at the end).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "bgp/rib/chunk.h"
#include "bgp/rib/table.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

// Who must not be sent a route: the neighbour that it is from, and its originator (RFC 4456 8).
struct NotFor {
    std::uint32_t peer = 0;
    std::uint32_t router_id = 0;
    friend auto operator<=>(const NotFor&, const NotFor&) = default;
};

// Messages for all members, and where those are that are not for every one.
struct ExportBatch {
    struct Cut {
        std::size_t begin = 0, end = 0;
        NotFor not_for;
    };
    struct Withdrawal {  // by one member: what it has is replaced by what it may not have
        std::uint32_t peer = 0;
        Nlri nlri;
    };
    Family family = Family::ipv4;
    Chunk all;
    std::vector<Cut> cuts;  // in order
    std::vector<Withdrawal> withdrawals;
};

struct ExportMember {
    std::uint32_t peer = 0;       // PeerId
    std::uint32_t router_id = 0;  // of the neighbour; 0: eBGP, where it does not matter
    std::deque<std::shared_ptr<const ExportBatch>> queue;
    struct PerFamily {
        NetId walk = 0;  // catches up with the group: the next prefix; 0: it has
        bool end_of_rib_sent = false;
        bool begin_refresh = false;  // RFC 7313: BoRR is to be sent
        bool end_refresh = false;    // and EoRR, after what was sent again
    };
    std::array<PerFamily, 2> families;

    PerFamily& of(Family family) { return families[static_cast<std::size_t>(family)]; }
    const PerFamily& of(Family family) const { return families[static_cast<std::size_t>(family)]; }
    bool excluded(const NotFor& not_for) const {
        return not_for.peer == peer || (not_for.router_id != 0 && not_for.router_id == router_id);
    }
};

}  // namespace dunlin::bgp
