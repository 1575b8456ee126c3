#include "bgp/session/key_rotation.h"

namespace dunlin::bgp {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

// The second one leaves after three times the shortest timeout (0.6 s on a LAN): a hold time of 3 s has room
// for the change, a lost segment does not bring it about.
constexpr unsigned kTolerated = 2;

// A SYN is sent again after 1 and 3 s: of each attempt some segments fall into the turn of either key. Where
// both ends take turns they meet at the first key, which has it twice as long.
constexpr Seconds turn_of_connecting(bool next) { return Seconds(next ? 3 : 6); }

}  // namespace

void KeyRotation::configure(bool two_keys, bool uses_next, Time now) {
    uses_next_ = uses_next;
    tolerated_ = kTolerated;
    since_ = now;
    next_look_ = two_keys ? now + kLookEvery : kNever;
}

bool KeyRotation::look(const Evidence& evidence, Time now) {
    next_look_ = now + kLookEvery;
    if (evidence.connected && evidence.retransmissions == 0) tolerated_ = kTolerated;
    const bool silent = evidence.connected ? evidence.retransmissions >= tolerated_ : true;
    if (!silent || (!evidence.connected && now - since_ < turn_of_connecting(uses_next_))) return false;
    uses_next_ = !uses_next_;
    since_ = now;
    // The count goes on: this key has as many attempts as the other had.
    tolerated_ = evidence.connected ? evidence.retransmissions + kTolerated : kTolerated;
    return true;
}

}  // namespace dunlin::bgp
