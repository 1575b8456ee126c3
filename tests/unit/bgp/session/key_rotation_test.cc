#include "bgp/session/key_rotation.h"

#include <doctest/doctest.h>

#include "tests/unit/bgp/session/sample.h"

namespace dunlin::bgp {
namespace {

using test::kStart;

struct Rotation {
    Rotation() { keys.configure(true, false, now); }
    // Looks as often as it asks to in `span`; whether the key changed.
    bool pass(Seconds span, KeyRotation::Evidence evidence) {
        bool changed = false;
        for (const Time end = now + span; keys.next_look() <= end;) {
            now = keys.next_look();
            changed = keys.look(evidence, now) || changed;
        }
        return changed;
    }
    KeyRotation keys;
    Time now = kStart;
};

}  // namespace

TEST_CASE("key rotation: with one key there is nothing to look at") {
    KeyRotation keys;
    keys.configure(false, false, kStart);
    CHECK(keys.next_look() == kNever);
    CHECK_FALSE(keys.uses_next());
}

TEST_CASE("key rotation: what is answered, or was sent again once, changes nothing") {
    Rotation r;
    CHECK_FALSE(r.pass(Seconds(60), {true, 0}));
    CHECK_FALSE(r.pass(Seconds(60), {true, 1}));
}

TEST_CASE("key rotation: silence is the other key's turn, and back after as many attempts") {
    Rotation r;
    CHECK(r.pass(Seconds(1), {true, 2}));
    CHECK(r.keys.uses_next());
    CHECK_FALSE(r.pass(Seconds(60), {true, 3}));
    CHECK(r.pass(Seconds(1), {true, 4}));
    CHECK_FALSE(r.keys.uses_next());
    CHECK_FALSE(r.pass(Seconds(60), {true, 0}));
    CHECK(r.pass(Seconds(1), {true, 2}));  // the count began anew
}

TEST_CASE("key rotation: while there is no connection the keys take turns, the first for longer") {
    Rotation r;
    CHECK_FALSE(r.pass(Seconds(5), {}));
    CHECK(r.pass(Seconds(1), {}));
    CHECK_FALSE(r.pass(Seconds(2), {}));
    CHECK(r.pass(Seconds(1), {}));
    CHECK_FALSE(r.keys.uses_next());
}

TEST_CASE(
    "key rotation: two ends that both take turns have the same key for three of nine seconds at least") {
    for (int delay = 0; delay < 9; ++delay) {
        KeyRotation one, two;
        one.configure(true, false, kStart);
        two.configure(true, false, kStart + Seconds(delay));
        int same = 0;
        for (int half = 1; half <= 2 * 18; ++half) {
            const Time now = kStart + Seconds(18) + half * std::chrono::milliseconds(500);
            while (one.next_look() <= now) one.look({}, one.next_look());
            while (two.next_look() <= now) two.look({}, two.next_look());
            same += one.uses_next() == two.uses_next() ? 1 : 0;
        }
        CHECK(same >= 2 * 6);
    }
}

}  // namespace dunlin::bgp
