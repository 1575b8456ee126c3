// Fuzz target: a stream of octets as a neighbour can send it, cut into messages, and every message but OPEN
// and UPDATE.
#include <cstddef>
#include <cstdint>

#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dunlin;
    using namespace dunlin::bgp;
    if (size == 0) return 0;
    const bool extended = (data[0] & 1) != 0;
    Bytes stream = Bytes(data, size).subspan(1);
    while (true) {
        const auto frame = peek(stream, extended ? kMaxExtendedMessage : kMaxMessage);
        if (!frame) {
            (void)describe(frame.error());
            return 0;
        }
        if (!*frame) return 0;
        if ((*frame)->type == MessageType::notification) (void)describe(decode_notification((*frame)->body));
        if ((*frame)->type == MessageType::route_refresh) {
            (void)decode_route_refresh(**frame, false);
            (void)decode_route_refresh(**frame, true);
        }
        stream = stream.subspan((*frame)->whole.size());
    }
}
