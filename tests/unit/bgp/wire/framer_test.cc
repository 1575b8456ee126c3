#include "bgp/wire/framer.h"

#include <doctest/doctest.h>

#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

Octets message(std::uint8_t type, std::size_t length, std::size_t size) {
    Octets out(std::max<std::size_t>(size, kHeaderLength), 0);
    std::fill_n(out.begin(), 16, std::uint8_t{0xff});
    out[16] = static_cast<std::uint8_t>(length >> 8);
    out[17] = static_cast<std::uint8_t>(length);
    out[18] = type;
    return out;
}
Notification refused(const Octets& octets, std::size_t max_length = kMaxMessage) {
    const auto frame = peek(octets, max_length);
    REQUIRE_FALSE(frame.has_value());
    return frame.error();
}

TEST_CASE("framer: a message is given when its last octet is there") {
    const Octets two = encode_keepalive() + encode_keepalive();
    for (std::size_t size = 0; size < kHeaderLength; ++size) {
        const auto frame = peek(Bytes(two).first(size), kMaxMessage);
        REQUIRE(frame.has_value());
        CHECK_FALSE(frame->has_value());
    }
    const auto frame = peek(two, kMaxMessage);
    REQUIRE(frame.has_value());
    REQUIRE(frame->has_value());
    CHECK((*frame)->type == MessageType::keepalive);
    CHECK((*frame)->body.empty());
    CHECK((*frame)->whole.size() == kHeaderLength);
}

TEST_CASE("framer: a wrong marker is refused at its first octet") {
    CHECK(refused(hex("00")) == header_error(HeaderError::connection_not_synchronized));
    CHECK(refused(hex("ff ff 47 45 54")) == header_error(HeaderError::connection_not_synchronized));
}

TEST_CASE("framer: lengths are those of RFC 4271 6.1, and the data is the wrong length") {
    CHECK(refused(message(4, 18, 19)) == header_error(HeaderError::bad_message_length, {0, 18}));
    CHECK(refused(message(4, 20, 20)) == header_error(HeaderError::bad_message_length, {0, 20}));
    CHECK(refused(message(1, 28, 28)) == header_error(HeaderError::bad_message_length, {0, 28}));
    CHECK(refused(message(2, 22, 22)) == header_error(HeaderError::bad_message_length, {0, 22}));
    CHECK(refused(message(3, 20, 20)) == header_error(HeaderError::bad_message_length, {0, 20}));
    CHECK(refused(message(2, 4097, 4097)) == header_error(HeaderError::bad_message_length, {0x10, 0x01}));
    CHECK(peek(message(2, 4096, 4096), kMaxMessage).has_value());
}

TEST_CASE("framer: extended messages are taken where they were offered, but not OPEN (RFC 8654 4)") {
    CHECK(peek(message(2, 65535, 65535), kMaxExtendedMessage)->has_value());
    CHECK(refused(message(1, 4097, 19), kMaxExtendedMessage) ==
          header_error(HeaderError::bad_message_length, {0x10, 0x01}));
}

TEST_CASE("framer: an unknown type is named in the data") {
    CHECK(refused(message(0, 19, 19)) == header_error(HeaderError::bad_message_type, {0}));
    CHECK(refused(message(6, 30, 19)) == header_error(HeaderError::bad_message_type, {6}));
}

}  // namespace
}  // namespace dunlin::bgp
