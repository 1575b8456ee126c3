// Fuzz target: a ROUTE-REFRESH, with the subtypes of RFC 7313 and without.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dunlin;
    using namespace dunlin::bgp;
    // A header of the right length around the input.
    const std::size_t body = std::min<std::size_t>(size, kMaxMessage - 19);
    std::vector<std::uint8_t> message(16, 0xff);
    message.push_back(static_cast<std::uint8_t>((19 + body) >> 8));
    message.push_back(static_cast<std::uint8_t>((19 + body) & 0xff));
    message.push_back(5);
    message.insert(message.end(), data, data + body);
    const auto frame = peek(message, kMaxMessage);
    if (!frame || !*frame) return 0;  // shorter than the type allows: the framer says so
    for (const bool enhanced : {false, true}) {
        const auto refresh = decode_route_refresh(**frame, enhanced);
        if (!refresh) {
            (void)describe(refresh.error());
            continue;
        }
        const auto again_message = encode_route_refresh(*refresh);
        const auto again_frame = peek(again_message, kMaxMessage);
        if (!again_frame || !*again_frame) std::abort();
        const auto again = decode_route_refresh(**again_frame, true);
        if (!again || again->pair != refresh->pair || again->subtype != refresh->subtype) std::abort();
    }
    return 0;
}
