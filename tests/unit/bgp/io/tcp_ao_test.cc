#include "bgp/io/tcp_ao.h"

#include "bgp/io/tcp_options.h"
#include "tests/unit/bgp/io/node.h"

#include <doctest/doctest.h>

namespace dunlin::bgp::io {
namespace {

using namespace std::chrono_literals;
using test::Pair;
using test::run_until;

const AoKey kOld{1, 101, AoAlgorithm::hmac_sha1_96, "one"};
const AoKey kNew{2, 102, AoAlgorithm::aes_128_cmac_96, "two"};
AoKey mirrored(AoKey key) {
    std::swap(key.send_id, key.receive_id);
    return key;
}

void set_keys(Pair& pair, const std::vector<AoKey>& left, const std::vector<AoKey>& right) {
    pair.left_settings().session.live.ao_keys = left;
    auto& theirs = pair.right_settings().session.live.ao_keys;
    theirs.clear();
    for (const AoKey& key : right) theirs.push_back(mirrored(key));
}

bool kernel_lacks() {
    if (kernel_has_tcp_ao()) return false;
    MESSAGE("SKIPPED: this kernel has no TCP-AO");
    return true;
}

}  // namespace

TEST_CASE("TCP-AO: where the kernel has none, a session that asks for it does not come up without it") {
    if (kernel_has_tcp_ao()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.23.0.1", "127.23.0.2");
    set_keys(pair, {kOld}, {kOld});
    pair.apply();
    CHECK(run_until(context, 10s, [&] { return !pair.left.ends.empty(); }));
    REQUIRE(!pair.left.problems.empty());
    CHECK(pair.left.problems.front().find("127.23.0.2") != std::string::npos);
    CHECK(!run_until(context, 2s, [&] { return pair.up(); }));
}

TEST_CASE("TCP-AO: a session comes up, and outlives the change of the key on one side after the other") {
    if (kernel_lacks()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.23.1.1", "127.23.1.2");
    set_keys(pair, {kOld}, {kOld});
    pair.apply();
    REQUIRE(run_until(context, 10s, [&] { return pair.up(); }));
    const auto ends = pair.left.ends.size() + pair.right.ends.size();
    unsigned step = 0;
    using Keys = std::vector<AoKey>;
    for (const auto& [left, right] : {std::pair{Keys{kOld, kNew}, Keys{kOld}},
                                      {Keys{kOld, kNew}, Keys{kOld, kNew}},
                                      {Keys{kNew, kOld}, Keys{kOld, kNew}},
                                      {Keys{kNew}, Keys{kNew, kOld}}}) {
        set_keys(pair, left, right);
        pair.apply();
        const std::string prefix = "2001:db8:" + std::to_string(++step) + "::/48";
        pair.left.announce(prefix);
        CHECK(run_until(context, 10s, [&] { return pair.right.has(prefix); }));
    }
    CHECK(pair.left.ends.size() + pair.right.ends.size() == ends);
    CHECK(pair.left.problems.empty());
}

TEST_CASE("TCP-AO: a neighbour without the key is not taken") {
    if (kernel_lacks()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.23.2.1", "127.23.2.2");
    set_keys(pair, {kOld}, {});
    pair.left_settings().session.transport.passive = true;
    pair.apply();
    CHECK(!run_until(context, 3s, [&] { return pair.up(); }));
    CHECK(pair.left.io.counters().accepted == 0);
}

}  // namespace dunlin::bgp::io
