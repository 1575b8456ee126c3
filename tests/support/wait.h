// Waiting for a condition with a limit. Tests never sleep and hope: they poll what they want to see.
#pragma once

#include <chrono>
#include <thread>

namespace dunlin::test {

// Asks every 20 ms until the predicate holds or the limit is over. What it returns is the predicate's last
// word.
template <class Predicate>
bool wait_until(std::chrono::milliseconds limit, Predicate predicate) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() >= deadline) return static_cast<bool>(predicate());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace dunlin::test
