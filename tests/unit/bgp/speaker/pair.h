// Two routers, of which 1 announces two prefixes to 2, and rules for filters between them.
#pragma once

#include <doctest/doctest.h>

#include "tests/unit/bgp/speaker/network.h"

namespace dunlin::bgp::test {

inline FilterRule rule(std::string_view cidr, bool accept) {
    FilterRule out;
    out.prefix = PrefixMatch{MatchOperator::in, prefix(cidr), {}, {}};
    out.accept = accept;
    out.filter = "test";
    out.number = 1;
    return out;
}

// A third prefix that 1 announces is that of its link.
struct Pair {
    Network net;
    explicit Pair(std::uint32_t second_as = Network::kAs) {
        net.add_router(1);
        net.add_router(2, second_as);
        net.join(1, 2);
        net.announce(1, "10.1.0.0/26");
        net.announce(1, "10.2.0.0/26");
        net.apply();
        net.advance(Seconds(10));
        REQUIRE(net.best(2, "10.1.0.0/26"));
    }
    PeerPolicy& of(unsigned router, unsigned peer) { return net.settings(router, peer).policy; }
};

}  // namespace dunlin::bgp::test
