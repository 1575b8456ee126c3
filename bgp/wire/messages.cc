#include "bgp/wire/messages.h"

#include <algorithm>
#include <cassert>

#include "bgp/wire/capability.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kCapabilitiesParameter = 2;  // RFC 5492 4
constexpr std::uint8_t kExtendedParameters = 255;   // RFC 9072 2

struct OpenParameters {
    Bytes octets;
    bool extended = false;  // lengths of two octets
};

std::vector<std::uint8_t> start(MessageType type) {
    std::vector<std::uint8_t> out(kHeaderLength, 0xff);
    out[16] = out[17] = 0;
    out[18] = static_cast<std::uint8_t>(type);
    return out;
}

std::vector<std::uint8_t> finish(std::vector<std::uint8_t> message) {
    assert(message.size() <= kMaxExtendedMessage);
    message[16] = static_cast<std::uint8_t>(message.size() >> 8);
    message[17] = static_cast<std::uint8_t>(message.size());
    return message;
}

// RFC 9072 2: a first parameter of type 255 says that the real length follows; then the first one means
// nothing.
std::optional<OpenParameters> find_parameters(Bytes rest) {
    ByteReader in(rest);
    const std::uint8_t length = in.u8();
    if (length > 0 && !in.empty() && in.rest().front() == kExtendedParameters) {
        in.u8();
        const Bytes octets = in.take(in.u16());
        if (!in.ok() || !in.empty()) return std::nullopt;
        return OpenParameters{octets, true};
    }
    const Bytes octets = in.take(length);
    if (!in.ok() || !in.empty()) return std::nullopt;
    return OpenParameters{octets, false};
}

Result<Done, Notification> decode_parameters(const OpenParameters& parameters, Capabilities& out) {
    ByteReader in(parameters.octets);
    while (!in.empty()) {
        const std::uint8_t type = in.u8();
        const Bytes value = in.take(parameters.extended ? in.u16() : in.u8());
        if (!in.ok()) return Unexpected{open_error(OpenError::unspecific)};
        if (type != kCapabilitiesParameter)
            return Unexpected{open_error(OpenError::unsupported_optional_parameter)};
        if (auto decoded = decode_capabilities(value, out); !decoded) return Unexpected{decoded.error()};
    }
    return Done();
}

}  // namespace

Result<Open, Notification> decode_open(Bytes body) {
    ByteReader in(body);
    const std::uint8_t version = in.u8();
    Open open;
    open.my_as = in.u16();
    open.hold_time = Seconds(in.u16());
    open.identifier = RouterId(in.u32());
    if (!in.ok() || in.empty()) {
        const std::size_t length = body.size() + kHeaderLength;
        return Unexpected{
            header_error(HeaderError::bad_message_length,
                         {static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)})};
    }
    // First of all: the rest of another version may look different.
    if (version != kVersion)
        return Unexpected{open_error(OpenError::unsupported_version_number, {0, kVersion})};
    const auto parameters = find_parameters(in.rest());
    if (!parameters) return Unexpected{open_error(OpenError::unspecific)};
    if (open.my_as == 0) return Unexpected{open_error(OpenError::bad_peer_as)};  // RFC 7607 2
    if (open.identifier == RouterId(0)) return Unexpected{open_error(OpenError::bad_bgp_identifier)};
    if (open.hold_time == Seconds(1) || open.hold_time == Seconds(2)) {
        return Unexpected{open_error(OpenError::unacceptable_hold_time)};
    }
    if (auto decoded = decode_parameters(*parameters, open.capabilities); !decoded) {
        return Unexpected{decoded.error()};
    }
    open.asn = open.capabilities.four_octet_as.value_or(Asn(open.my_as));
    return open;
}

std::vector<std::uint8_t> encode_open(const Open& open) {
    std::vector<std::uint8_t> capabilities;
    encode_capabilities(open.capabilities, capabilities);
    auto message = start(MessageType::open);
    ByteWriter out(message);
    out.u8(kVersion);
    const bool fits = open.asn.value() <= 0xffff;  // RFC 6793 4.1
    out.u16(fits ? static_cast<std::uint16_t>(open.asn.value()) : kAsTrans);
    out.u16(static_cast<std::uint16_t>(open.hold_time.count()));
    out.u32(open.identifier.value());
    if (capabilities.empty()) {
        out.u8(0);
    } else if (capabilities.size() + 2 <= 254) {  // 255 is for RFC 9072
        out.u8(static_cast<std::uint8_t>(capabilities.size() + 2));
        out.u8(kCapabilitiesParameter);
        out.u8(static_cast<std::uint8_t>(capabilities.size()));
    } else {
        out.u8(255);
        out.u8(kExtendedParameters);
        out.u16(static_cast<std::uint16_t>(capabilities.size() + 3));
        out.u8(kCapabilitiesParameter);
        out.u16(static_cast<std::uint16_t>(capabilities.size()));
    }
    out.bytes(capabilities);
    return finish(std::move(message));
}

Notification decode_notification(Bytes body) {
    ByteReader in(body);
    Notification out;
    out.code = in.u8();
    out.subcode = in.u8();
    out.data.assign(in.rest().begin(), in.rest().end());
    return out;
}

std::vector<std::uint8_t> encode_notification(const Notification& notification, std::size_t max_length) {
    auto message = start(MessageType::notification);
    ByteWriter out(message);
    out.u8(notification.code);
    out.u8(notification.subcode);
    const std::size_t room = max_length - message.size();
    out.bytes(Bytes(notification.data).first(std::min(room, notification.data.size())));
    return finish(std::move(message));
}

std::vector<std::uint8_t> encode_keepalive() { return finish(start(MessageType::keepalive)); }

Result<RouteRefresh, Notification> decode_route_refresh(const Frame& frame, bool enhanced) {
    ByteReader in(frame.body);
    RouteRefresh out;
    out.pair.afi = in.u16();
    const std::uint8_t subtype = in.u8();
    out.pair.safi = in.u8();
    const bool borr_or_eorr = frame.body.size() >= 3 && (subtype == 1 || subtype == 2);
    if (frame.body.size() != 4) {
        if (enhanced && borr_or_eorr) {
            return Unexpected{route_refresh_error(RouteRefreshError::invalid_message_length,
                                                  {frame.whole.begin(), frame.whole.end()})};
        }
        return Unexpected{header_error(HeaderError::bad_message_length, {frame.whole[16], frame.whole[17]})};
    }
    out.subtype = enhanced ? subtype : 0;
    return out;
}

std::vector<std::uint8_t> encode_route_refresh(const RouteRefresh& refresh) {
    auto message = start(MessageType::route_refresh);
    ByteWriter out(message);
    out.u16(refresh.pair.afi);
    out.u8(refresh.subtype);
    out.u8(refresh.pair.safi);
    return finish(std::move(message));
}

}  // namespace dunlin::bgp
