// Which of two TCP MD5 keys a neighbour is spoken to with while the key is changed. RFC 2385 has no key id
// and a socket one key for an address, so both ends would have to change it at once. Segments under the wrong
// key vanish without a word (RFC 2385 4.1): that nothing is answered is the only sign, and then the other key
// has its turn, on the live socket. Pure: it is given evidence and the time.
#pragma once

#include <cstdint>

#include "bgp/base/time.h"

namespace dunlin::bgp {

class KeyRotation {
public:
    // What is known of the connection at a moment.
    struct Evidence {
        bool connected = false;
        // How often TCP has sent the oldest unanswered segment again; 0 after every answer.
        unsigned retransmissions = 0;
    };

    // Whether there are two keys to choose from, and which one is in use from now on.
    void configure(bool two_keys, bool uses_next, Time now);
    bool uses_next() const { return uses_next_; }
    Time next_look() const { return next_look_; }  // kNever without a second key
    // At next_look(). True: the other key from now on.
    bool look(const Evidence& evidence, Time now);

private:
    bool uses_next_ = false;
    unsigned tolerated_ = 0;  // retransmissions before this key is given up
    Time since_{};            // this key is in use
    Time next_look_ = kNever;
};

}  // namespace dunlin::bgp
