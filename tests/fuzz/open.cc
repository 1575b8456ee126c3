// Fuzz target: the body of an OPEN. What was accepted and is encoded again must mean the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dunlin;
    using namespace dunlin::bgp;
    auto open = decode_open(Bytes(data, size));
    if (!open) {
        (void)describe(open.error());
        return 0;
    }
    Capabilities& capabilities = open->capabilities;
    capabilities.unknown.clear();  // these are not sent again
    if (capabilities.graceful_restart && capabilities.graceful_restart->families.size() > 60) return 0;
    if (capabilities.add_paths.size() > 60 || capabilities.extended_next_hops.size() > 40) return 0;
    const auto message = encode_open(*open);
    if (message.size() > kMaxMessage) return 0;  // does not come from a message of the allowed size
    const auto frame = peek(message, kMaxMessage);
    if (!frame || !*frame) std::abort();
    auto again = decode_open((*frame)->body);
    if (!again) std::abort();
    open->my_as = again->my_as;
    capabilities.roles_seen = again->capabilities.roles_seen;
    if (!(*again == *open)) std::abort();
    return 0;
}
