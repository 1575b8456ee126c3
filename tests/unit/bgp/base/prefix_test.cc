#include "bgp/base/prefix.h"

#include <doctest/doctest.h>

using namespace dunlin;

TEST_CASE("Prefix: text with host bits, without a length or with a bad length is refused") {
    for (const char* bad :
         {"10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "/8",
          "2001:db8::/129", "2001:db8::1/64", "10.0.0/8", "10.0.0.0/8 ", "fe80::1%eth0/64"}) {
        CAPTURE(bad);
        CHECK_FALSE(Prefix::parse(bad));
    }
}

TEST_CASE("Prefix: every length of both families keeps exactly its bits") {
    const auto v4 = *IpAddress::parse("255.255.255.255");
    const auto v6 = *IpAddress::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (const auto& address : {v4, v6}) {
        for (unsigned length = 0; length <= bits(address.family()); ++length) {
            const auto prefix = *Prefix::from(address, length);
            unsigned set = 0;
            for (const auto octet : prefix.address().bytes())
                set += static_cast<unsigned>(__builtin_popcount(octet));
            CHECK(set == length);
            CHECK(prefix.contains(address));
            CHECK(Prefix::parse(prefix.to_string()) == prefix);
        }
    }
    CHECK_FALSE(Prefix::from(v4, 33));
}

TEST_CASE("Prefix: containment is by bits and never across families") {
    const auto outer = *Prefix::parse("10.244.0.0/16");
    CHECK(outer.contains(*Prefix::parse("10.244.1.64/26")));
    CHECK(outer.contains(outer));
    CHECK_FALSE(outer.contains(*Prefix::parse("10.0.0.0/8")));
    CHECK_FALSE(outer.contains(*Prefix::parse("10.245.0.0/26")));
    CHECK_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
}

TEST_CASE("IpAddress: text is canonical and kinds are known") {
    CHECK(IpAddress::parse("2001:DB8:0:0::a")->to_string() == "2001:db8::a");
    CHECK(IpAddress::v4(0x0a000001).to_string() == "10.0.0.1");
    CHECK(IpAddress::parse("fe80::1")->is_link_local());
    CHECK(IpAddress::parse("::1")->is_loopback());
    CHECK(IpAddress::parse("224.0.0.5")->is_multicast());
    CHECK_FALSE(IpAddress::parse("1.2.3"));
    CHECK_FALSE(IpAddress::parse("1.2.3.4.5"));
    CHECK_FALSE(IpAddress::parse(""));
    CHECK(*IpAddress::parse("10.0.0.9") < *IpAddress::parse("10.0.0.10"));
}

TEST_CASE("InterfaceAddress: keeps its host bits and knows its subnet") {
    const auto address = *InterfaceAddress::parse("10.0.0.9/24");
    CHECK(address.subnet() == *Prefix::parse("10.0.0.0/24"));
    CHECK(address.to_string() == "10.0.0.9/24");
    CHECK(InterfaceAddress::parse("10.0.0.9")->prefix_length == 32);
}

TEST_CASE("ByteReader: a read past the end is sticky and gives zeros") {
    const std::uint8_t data[] = {1, 2, 3};
    ByteReader in(data);
    CHECK(in.u16() == 0x0102);
    CHECK(in.u32() == 0);
    CHECK_FALSE(in.ok());
    CHECK(in.empty());
    CHECK(in.u8() == 0);
    CHECK_FALSE(in.ok());
}
