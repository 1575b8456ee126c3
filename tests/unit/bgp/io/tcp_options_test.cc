#include "bgp/io/tcp_options.h"

#include "tests/unit/bgp/io/node.h"

#include <doctest/doctest.h>

namespace dunlin::bgp::io {
namespace {

using namespace std::chrono_literals;
using test::Pair;
using test::run_until;

bool kernel_has_md5() {
    boost::asio::io_context context;
    Tcp::socket socket(context, Tcp::v4());
    const bool has = set_md5_key(socket.native_handle(), IpAddress::v4(0x7f000001), "k") == 0;
    if (!has) MESSAGE("skipped: this kernel has no TCP MD5");
    return has;
}

void set_keys(Pair& pair, const std::string& left, const std::string& right) {
    pair.left_settings().session.live.md5_key = left;
    pair.right_settings().session.live.md5_key = right;
}

}  // namespace

TEST_CASE("TCP MD5: the same key on both sides comes up, and can be changed on the running session") {
    if (!kernel_has_md5()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.22.0.1", "127.22.0.2");
    set_keys(pair, "secret", "secret");
    pair.apply();
    REQUIRE(run_until(context, 10s, [&] { return pair.up(); }));
    const auto ends = pair.left.ends.size() + pair.right.ends.size();
    set_keys(pair, "other", "other");
    pair.apply();
    pair.left.announce("2001:db8:2::/48");
    CHECK(run_until(context, 10s, [&] { return pair.right.has("2001:db8:2::/48"); }));
    CHECK(pair.left.ends.size() + pair.right.ends.size() == ends);
    CHECK(pair.up());
}

TEST_CASE("TCP MD5: with a next key the session outlives the neighbour's change of keys, whenever it comes") {
    if (!kernel_has_md5()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.22.6.1", "127.22.6.2");
    set_keys(pair, "old", "old");
    pair.left_settings().session.live.md5_next_key = "new";
    pair.apply();
    REQUIRE(run_until(context, 10s, [&] { return pair.up(); }));
    CHECK_FALSE(pair.left.status("127.22.6.2").uses_next_key);
    const auto ends = pair.left.ends.size() + pair.right.ends.size();
    pair.right_settings().session.live.md5_key = "new";
    pair.apply();
    pair.left.announce("2001:db8:2::/48");
    CHECK(run_until(context, 20s, [&] { return pair.right.has("2001:db8:2::/48"); }));
    CHECK(pair.left.status("127.22.6.2").uses_next_key);
    // The operator ends the rotation: on the wire nothing changes.
    set_keys(pair, "new", "new");
    pair.left_settings().session.live.md5_next_key.clear();
    pair.apply();
    pair.left.announce("2001:db8:3::/48");
    CHECK(run_until(context, 10s, [&] { return pair.right.has("2001:db8:3::/48"); }));
    CHECK_FALSE(pair.left.status("127.22.6.2").uses_next_key);
    CHECK(pair.left.ends.size() + pair.right.ends.size() == ends);
}

TEST_CASE("TCP MD5: with a next key either key brings the session up, whoever dials") {
    if (!kernel_has_md5()) return;
    for (const bool left_waits : {false, true}) {
        CAPTURE(left_waits);
        boost::asio::io_context context;
        Pair pair(context, left_waits ? "127.22.8.1" : "127.22.7.1",
                  left_waits ? "127.22.8.2" : "127.22.7.2");
        set_keys(pair, "old", "new");
        pair.left_settings().session.live.md5_next_key = "new";
        pair.left_settings().session.transport.passive = left_waits;
        pair.right_settings().session.transport.passive = !left_waits;
        pair.apply();
        CHECK(run_until(context, 60s, [&] { return pair.up(); }));
    }
}

TEST_CASE("TCP MD5: different keys are silence, and the reason suspects the password") {
    if (!kernel_has_md5()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.22.1.1", "127.22.1.2");
    set_keys(pair, "secret", "wrong");
    pair.apply();
    CHECK(run_until(context, 10s, [&] {
        return pair.left.status("127.22.1.2").reason == SessionReason::connect_timeout_auth_suspected;
    }));
    CHECK(!pair.up());
    set_keys(pair, "secret", "secret");
    pair.apply();
    CHECK(run_until(context, 15s, [&] { return pair.up(); }));
}

TEST_CASE("TCP MD5: a neighbour with a key is not taken without one") {
    if (!kernel_has_md5()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.22.2.1", "127.22.2.2");
    set_keys(pair, "secret", "");
    pair.left_settings().session.transport.passive = true;
    pair.apply();
    CHECK(!run_until(context, 3s, [&] { return pair.up(); }));
    CHECK(pair.left.io.counters().accepted == 0);
}

TEST_CASE("TCP MD5: a key of more than 80 octets is an error, and no session comes up without it") {
    if (!kernel_has_md5()) return;
    boost::asio::io_context context;
    Pair pair(context, "127.22.3.1", "127.22.3.2");
    set_keys(pair, std::string(81, 'x'), "");
    pair.apply();
    CHECK(run_until(context, 5s, [&] { return !pair.left.ends.empty(); }));
    CHECK(!pair.left.problems.empty());
    CHECK(pair.left.problems.front().find("127.22.3.2") != std::string::npos);
    CHECK(pair.left.problems.front().find("xxx") == std::string::npos);
    CHECK(!run_until(context, 2s, [&] { return pair.up(); }));
}

TEST_CASE("GTSM: with a TTL of 255 on both sides the session comes up, with less it does not (RFC 5082)") {
    boost::asio::io_context context;
    Pair good(context, "127.22.4.1", "127.22.4.2");
    for (PeerSettings* const side : {&good.left_settings(), &good.right_settings()}) {
        side->session.live.ttl = 255;
        side->session.live.min_ttl = 255;
    }
    good.apply();
    CHECK(run_until(context, 10s, [&] { return good.up(); }));

    Pair far(context, "127.22.5.1", "127.22.5.2");
    far.left_settings().session.live.ttl = 255;
    far.left_settings().session.live.min_ttl = 255;
    far.apply();
    CHECK(!run_until(context, 3s, [&] { return far.up(); }));
}

}  // namespace dunlin::bgp::io
