#include "bgp/wire/nlri.h"

#include <doctest/doctest.h>

#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

TEST_CASE(
    "NLRI: every length of both families, with and without a path id, alone and with octets behind it") {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const IpAddress ones = *IpAddress::from_bytes(Octets(family == Family::ipv4 ? 4 : 16, 0xff));
        for (unsigned length = 0; length <= bits(family); ++length) {
            for (const bool add_path : {false, true}) {
                const Nlri nlri{*Prefix::from(ones, length), PathId(add_path ? 0x01020304 : 0)};
                Octets buffer(max_nlri_size(family, add_path));
                const auto* const end = encode_nlri(nlri, add_path, buffer.data());
                buffer.resize(static_cast<std::size_t>(end - buffer.data()));
                CHECK(buffer.size() == (add_path ? 5u : 1u) + (length + 7) / 8);
                std::vector<Nlri> read;
                REQUIRE(decode_nlri(buffer + buffer, family, add_path, read));
                CHECK(read == std::vector<Nlri>{nlri, nlri});
                buffer.pop_back();
                CHECK(decode_nlri(buffer, family, add_path, read) == buffer.empty());
            }
        }
        std::vector<Nlri> read;
        const Octets too_long = Octets{static_cast<std::uint8_t>(bits(family) + 1)} + Octets(17, 0);
        CHECK_FALSE(decode_nlri(too_long, family, false, read));
        CHECK_FALSE(decode_nlri(Octets(20, 0xff), family, false, read));
    }
}

}  // namespace
}  // namespace dunlin::bgp
