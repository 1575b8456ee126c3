// How long to wait before asking again: doubling from 0.8 s to 30 s with jitter, forgotten after a minute of
// health. No clock and no random source of its own: time and a number in [0, 1) are given.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "bgp/base/time.h"

namespace dunlin::k8s {

struct BackoffLimits {
    Duration first = std::chrono::milliseconds(800);
    Duration most = Seconds(30);
    Duration healthy_after = Seconds(60);
    Duration retry_after_most = Seconds(300);  // a server may ask for more; it does not get it
};

class Backoff {
public:
    explicit Backoff(BackoffLimits limits = {}) : limits_(limits) {}

    // An answer came: health begins, unless it goes on already.
    void succeeded(Time now) {
        if (!healthy_since_) healthy_since_ = now;
    }

    // The wait after a failure at `now`. What the server asked for (Retry-After) is the least.
    Duration failed(Time now, double random, std::optional<Seconds> retry_after = std::nullopt) {
        if (healthy_since_ && now - *healthy_since_ >= limits_.healthy_after) failures_ = 0;
        healthy_since_.reset();
        Duration ceiling = limits_.first * 2;
        for (unsigned i = 0; i < failures_ && ceiling < limits_.most; ++i) ceiling *= 2;
        ceiling = std::min(ceiling, limits_.most);
        if (failures_ < 32) ++failures_;
        const Duration wait = ceiling / 2 + scaled(ceiling / 2, random);
        if (!retry_after) return std::max(wait, limits_.first);
        const Duration asked = std::min<Duration>(*retry_after, limits_.retry_after_most);
        return asked + scaled(asked / 10, random);  // a little later each, so that not all come back at once
    }

    unsigned failures() const { return failures_; }

private:
    static Duration scaled(Duration length, double random) {
        return Duration(static_cast<Duration::rep>(static_cast<double>(length.count()) * random));
    }

    BackoffLimits limits_;
    unsigned failures_ = 0;
    std::optional<Time> healthy_since_;
};

}  // namespace dunlin::k8s
