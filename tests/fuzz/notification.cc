// Fuzz target: the body of a NOTIFICATION. Whatever it is, it is taken and can be said to a person; what is
// encoded again means the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dunlin;
    using namespace dunlin::bgp;
    const Notification notification = decode_notification(Bytes(data, size));
    if (describe(notification).size() > 65536) std::abort();
    const auto message = encode_notification(notification);
    if (message.size() > kMaxMessage) std::abort();  // a NOTIFICATION always goes out
    const auto frame = peek(message, kMaxMessage);
    if (!frame || !*frame) std::abort();
    const Notification again = decode_notification((*frame)->body);
    if (size >= 2 && (again.code != notification.code || again.subcode != notification.subcode)) std::abort();
    return 0;
}
