// Making UPDATEs: a block of attributes once, then messages that hold as many prefixes as fit. All append to
// a buffer of the caller and write lengths in place. What is announced to whom is decided elsewhere. RFC
// 4271 4.3, RFC 4724 2, RFC 4760, RFC 6793 4.2.2, RFC 7606 5.1 (MP attributes first, one kind of NLRI an
// UPDATE), RFC 7911 3, RFC 8654 4, RFC 8950.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/wire/attributes.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

struct EncodeContext {
    bool as4 = true;       // the neighbour has RFC 6793
    bool internal = true;  // LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST are written
    friend bool operator==(const EncodeContext&, const EncodeContext&) = default;
};

// All attributes but the next hop, ordered by type; the same for IPv4 and IPv6.
void encode_attributes(const PathAttributes& attributes, const EncodeContext& context,
                       std::vector<std::uint8_t>& out);

// How prefixes of one family are put into messages for one neighbour (or group of them).
struct PackContext {
    Family family = Family::ipv4;
    std::size_t max_message = kMaxMessage;  // kMaxExtendedMessage where the neighbour offered RFC 8654
    bool add_path = false;                  // path ids are sent
    bool multiprotocol = false;  // IPv4 in MP attributes even with an IPv4 next hop; IPv6 always is
    friend bool operator==(const PackContext&, const PackContext&) = default;
};

struct NextHop {
    IpAddress address;
    std::optional<IpAddress> link_local;  // RFC 2545 3: only with an IPv6 address
    friend bool operator==(const NextHop&, const NextHop&) = default;
};

// Appends one UPDATE that announces the first prefixes of `nlri`, as many as fit, and returns how many. 0:
// the attributes leave no room for even one; nothing was appended, and what was announced before must be
// withdrawn (RFC 8654 4). `attributes` is what encode_attributes made. An IPv6 next hop makes MP_REACH_NLRI
// of IPv4 prefixes too.
std::size_t encode_announcement(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                                const PackContext& context, std::vector<std::uint8_t>& out);
// Appends one UPDATE that withdraws the first prefixes of `nlri`, and returns how many; always at least one.
std::size_t encode_withdrawal(std::span<const Nlri> nlri, const PackContext& context,
                              std::vector<std::uint8_t>& out);

// As many UPDATEs as it takes. False: the attributes leave no room.
bool encode_announcements(std::span<const Nlri> nlri, Bytes attributes, const NextHop& next_hop,
                          const PackContext& context, std::vector<std::uint8_t>& out);
void encode_withdrawals(std::span<const Nlri> nlri, const PackContext& context,
                        std::vector<std::uint8_t>& out);

void encode_end_of_rib(Family family, std::vector<std::uint8_t>& out);  // RFC 4724 2

}  // namespace dunlin::bgp
