#include "bgp/wire/framer.h"

#include <algorithm>

#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

constexpr std::size_t kMarkerLength = 16;

struct Limits {
    std::size_t least;
    std::size_t most;
};

// RFC 4271 4.2 to 4.5. A ROUTE-REFRESH of a wrong length is judged by its decoder: RFC 7313 5 has an error of
// its own.
std::optional<Limits> limits_of(std::uint8_t type, std::size_t max_length) {
    switch (static_cast<MessageType>(type)) {
        case MessageType::open:
            return Limits{29, kMaxMessage};
        case MessageType::update:
            return Limits{23, max_length};
        case MessageType::notification:
            return Limits{21, max_length};
        case MessageType::keepalive:
            return Limits{kHeaderLength, kHeaderLength};
        case MessageType::route_refresh:
            return Limits{kHeaderLength, max_length};
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<Frame>, Notification> peek(Bytes buffer, std::size_t max_length) {
    const Bytes marker = buffer.first(std::min(buffer.size(), kMarkerLength));
    if (std::any_of(marker.begin(), marker.end(), [](std::uint8_t octet) { return octet != 0xff; })) {
        return Unexpected{header_error(HeaderError::connection_not_synchronized)};
    }
    if (buffer.size() < kHeaderLength) return std::optional<Frame>();
    const std::size_t length = static_cast<std::size_t>(buffer[16] << 8 | buffer[17]);
    const std::uint8_t type = buffer[18];
    const auto bad_length = [&buffer] {
        return Unexpected{header_error(HeaderError::bad_message_length, {buffer[16], buffer[17]})};
    };
    if (length < kHeaderLength || length > max_length) return bad_length();
    const auto limits = limits_of(type, max_length);
    if (!limits) return Unexpected{header_error(HeaderError::bad_message_type, {type})};
    if (length < limits->least || length > limits->most) return bad_length();
    if (buffer.size() < length) return std::optional<Frame>();
    const Bytes whole = buffer.first(length);
    return std::optional<Frame>(Frame{static_cast<MessageType>(type), whole.subspan(kHeaderLength), whole});
}

}  // namespace dunlin::bgp
