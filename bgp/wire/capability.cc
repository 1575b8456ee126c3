#include "bgp/wire/capability.h"

#include <algorithm>
#include <array>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

template <class T>
void add_once(std::vector<T>& list, const T& value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

AfiSafi read_pair(ByteReader& in) {
    const std::uint16_t afi = in.u16();
    return {afi, in.u8()};
}

// Each decoder is given a value of an allowed length, and returns false where the value itself is an error.
using Decoder = bool (*)(ByteReader in, Capabilities& out);

bool multiprotocol(ByteReader in, Capabilities& out) {  // RFC 4760 8
    const std::uint16_t afi = in.u16();
    in.u8();  // reserved
    add_once(out.families, {afi, in.u8()});
    return true;
}

bool extended_next_hop(ByteReader in, Capabilities& out) {  // RFC 8950 4
    while (!in.empty()) {
        const std::uint16_t afi = in.u16();
        const auto safi = static_cast<std::uint8_t>(in.u16());
        add_once(out.extended_next_hops, {{afi, safi}, in.u16()});
    }
    return true;
}

bool role(ByteReader in, Capabilities& out) {  // RFC 9234 4.1
    const std::uint8_t value = in.u8();
    add_once(out.roles_seen, value);
    if (value <= static_cast<std::uint8_t>(Role::peer)) out.role = static_cast<Role>(value);
    return true;
}

// RFC 4724 3, RFC 8538 2. Of several the last counts, so what was there is replaced.
bool graceful_restart(ByteReader in, Capabilities& out) {
    const std::uint16_t head = in.u16();
    GracefulRestart restart;
    restart.restarting = (head & 0x8000) != 0;
    restart.notification = (head & 0x4000) != 0;
    restart.time_s = head & 0x0fff;
    while (!in.empty()) {
        const AfiSafi pair = read_pair(in);
        restart.families.push_back({pair, (in.u8() & 0x80) != 0});
    }
    out.graceful_restart = std::move(restart);
    return true;
}

bool long_lived(ByteReader in, Capabilities& out) {  // RFC 9494 3.1
    std::vector<LongLivedFamily> found;
    while (!in.empty()) {
        const AfiSafi pair = read_pair(in);
        const std::uint32_t value = in.u32();
        found.push_back({pair, (value & 0x80000000) != 0, value & 0x00ffffff});
    }
    out.long_lived = std::move(found);
    return true;
}

bool four_octet_as(ByteReader in, Capabilities& out) {
    const Asn asn(in.u32());
    out.four_octet_as = asn;
    return asn != Asn(0);  // RFC 7607 2
}

// RFC 7911 4: a mode other than 1, 2 and 3 makes the capability one that is not understood.
bool add_path(ByteReader in, Capabilities& out) {
    std::vector<AddPath> found;
    while (!in.empty()) {
        const AfiSafi pair = read_pair(in);
        const std::uint8_t mode = in.u8();
        if (mode < 1 || mode > 3) {
            add_once(out.unknown, static_cast<std::uint8_t>(CapabilityCode::add_path));
            return true;
        }
        add_once(found, {pair, mode});
    }
    out.add_paths = std::move(found);
    return true;
}

struct Row {
    CapabilityCode code;
    std::size_t least;  // octets before the list
    std::size_t each;   // octets of one entry; 0: no list
    Decoder decode;
};
constexpr std::array kRows{
    Row{CapabilityCode::multiprotocol, 4, 0, multiprotocol},
    Row{CapabilityCode::route_refresh, 0, 0,
        [](ByteReader, Capabilities& out) { return out.route_refresh = true; }},
    Row{CapabilityCode::extended_next_hop, 0, 6, extended_next_hop},
    Row{CapabilityCode::extended_message, 0, 0,
        [](ByteReader, Capabilities& out) { return out.extended_messages = true; }},
    Row{CapabilityCode::role, 1, 0, role},
    Row{CapabilityCode::graceful_restart, 2, 4, graceful_restart},
    Row{CapabilityCode::four_octet_as, 4, 0, four_octet_as},
    Row{CapabilityCode::add_path, 0, 4, add_path},
    Row{CapabilityCode::enhanced_route_refresh, 0, 0,
        [](ByteReader, Capabilities& out) { return out.enhanced_route_refresh = true; }},
    Row{CapabilityCode::long_lived_graceful_restart, 0, 7, long_lived},
};

bool length_fits(const Row& row, std::size_t length) {
    if (length < row.least) return false;
    return row.each == 0 ? length == row.least : (length - row.least) % row.each == 0;
}

// One capability: code, length octet (set when this ends), value.
class CapabilityWriter {
public:
    CapabilityWriter(CapabilityCode code, std::vector<std::uint8_t>& out) : writer_(out) {
        writer_.u8(static_cast<std::uint8_t>(code));
        at_ = writer_.size();
        writer_.u8(0);
    }
    ~CapabilityWriter() { writer_.patch_length(at_, 1); }
    CapabilityWriter(const CapabilityWriter&) = delete;
    CapabilityWriter& operator=(const CapabilityWriter&) = delete;

    ByteWriter* operator->() { return &writer_; }
    void pair(AfiSafi pair) {
        writer_.u16(pair.afi);
        writer_.u8(pair.safi);
    }

private:
    ByteWriter writer_;
    std::size_t at_ = 0;
};

void encode_graceful_restart(const GracefulRestart& restart, std::vector<std::uint8_t>& out) {
    CapabilityWriter value(CapabilityCode::graceful_restart, out);
    const auto time = std::min<std::uint16_t>(restart.time_s, 0x0fff);
    value->u16(static_cast<std::uint16_t>((restart.restarting ? 0x8000 : 0) |
                                          (restart.notification ? 0x4000 : 0) | time));
    for (const GracefulRestartFamily& family : restart.families) {
        value.pair(family.pair);
        value->u8(family.forwarding_preserved ? 0x80 : 0);
    }
}

void encode_long_lived(const std::vector<LongLivedFamily>& families, std::vector<std::uint8_t>& out) {
    CapabilityWriter value(CapabilityCode::long_lived_graceful_restart, out);
    for (const LongLivedFamily& family : families) {
        value.pair(family.pair);
        value->u32((family.forwarding_preserved ? 0x80000000 : 0) |
                   std::min<std::uint32_t>(family.time_s, 0xffffff));
    }
}

void encode_lists(const Capabilities& capabilities, std::vector<std::uint8_t>& out) {
    if (!capabilities.extended_next_hops.empty()) {
        CapabilityWriter value(CapabilityCode::extended_next_hop, out);
        for (const ExtendedNextHop& entry : capabilities.extended_next_hops) {
            value->u16(entry.nlri.afi);
            value->u16(entry.nlri.safi);
            value->u16(entry.next_hop_afi);
        }
    }
    if (!capabilities.add_paths.empty()) {
        CapabilityWriter value(CapabilityCode::add_path, out);
        for (const AddPath& entry : capabilities.add_paths) {
            value.pair(entry.pair);
            value->u8(entry.mode);
        }
    }
}

}  // namespace

Result<Done, Notification> decode_capabilities(Bytes parameter, Capabilities& out) {
    ByteReader in(parameter);
    while (!in.empty()) {
        const std::uint8_t code = in.u8();
        const Bytes value = in.take(in.u8());
        if (!in.ok()) return Unexpected{open_error(OpenError::unspecific)};
        const auto row = std::find_if(kRows.begin(), kRows.end(), [code](const Row& known) {
            return static_cast<std::uint8_t>(known.code) == code;
        });
        if (row == kRows.end()) {
            add_once(out.unknown, code);  // RFC 5492 3: ignored
            continue;
        }
        if (!length_fits(*row, value.size())) return Unexpected{open_error(OpenError::unspecific)};
        if (!row->decode(ByteReader(value), out)) return Unexpected{open_error(OpenError::bad_peer_as)};
    }
    return Done();
}

void encode_capabilities(const Capabilities& capabilities, std::vector<std::uint8_t>& out) {
    for (const AfiSafi pair : capabilities.families) {
        CapabilityWriter value(CapabilityCode::multiprotocol, out);
        value->u16(pair.afi);
        value->u8(0);
        value->u8(pair.safi);
    }
    if (capabilities.route_refresh) CapabilityWriter(CapabilityCode::route_refresh, out);
    if (capabilities.enhanced_route_refresh) CapabilityWriter(CapabilityCode::enhanced_route_refresh, out);
    if (capabilities.extended_messages) CapabilityWriter(CapabilityCode::extended_message, out);
    if (capabilities.four_octet_as) {
        CapabilityWriter(CapabilityCode::four_octet_as, out)->u32(capabilities.four_octet_as->value());
    }
    if (capabilities.role) {
        CapabilityWriter(CapabilityCode::role, out)->u8(static_cast<std::uint8_t>(*capabilities.role));
    }
    if (capabilities.graceful_restart) encode_graceful_restart(*capabilities.graceful_restart, out);
    if (capabilities.long_lived) encode_long_lived(*capabilities.long_lived, out);
    encode_lists(capabilities, out);
}

}  // namespace dunlin::bgp
