// Finds the messages in a stream of octets and checks their headers. It does not look into a body and keeps
// no state. RFC 4271 4.1 (layout) and 6.1 (checks), RFC 8654 4 (longer messages; never OPEN and KEEPALIVE).
#pragma once

#include <optional>

#include "bgp/base/bytes.h"
#include "bgp/base/result.h"
#include "bgp/wire/message.h"

namespace dunlin::bgp {

struct Frame {
    MessageType type = MessageType::keepalive;
    Bytes body;   // behind the header
    Bytes whole;  // with the header
};

// The first message of `buffer`; nothing while it is not complete. A wrong header is refused as soon as it is
// seen. The spans point into `buffer`. max_length: kMaxMessage, or kMaxExtendedMessage where we offered RFC
// 8654.
Result<std::optional<Frame>, Notification> peek(Bytes buffer, std::size_t max_length);

}  // namespace dunlin::bgp
