// Routes that no neighbour gave us: interface subnets (direct1), what others put into the kernel (kernel1)
// and routes of the configuration (static1). Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/ip_address.h"

namespace dunlin::bgp {

enum class LocalProtocol : std::uint8_t { direct1, kernel1, static1 };
inline constexpr std::size_t kLocalProtocols = 3;
constexpr std::string_view name(LocalProtocol protocol) {
    constexpr std::string_view kNames[] = {"direct1", "kernel1", "static1"};
    return kNames[static_cast<std::size_t>(protocol)];
}

// BIRD's preferences, which users read in `show route`.
inline constexpr std::uint8_t kPreferenceDirect = 240;
inline constexpr std::uint8_t kPreferenceStatic = 200;
inline constexpr std::uint8_t kPreferenceBgpUrgent = 200;  // LOCAL_PREF above that of the normal priority
inline constexpr std::uint8_t kPreferenceBgp = 100;
inline constexpr std::uint8_t kPreferenceLearned = 10;

struct LocalRoute {
    std::uint8_t preference = kPreferenceLearned;
    std::uint32_t metric = 0;               // of the kernel route: its priority, and the cost of reaching it
    std::optional<std::uint32_t> priority;  // nothing: the peer policy's default (static routes)
    std::optional<IpAddress> gateway;
    std::string interface;
    std::uint32_t interface_index = 0;
    bool blackhole = false;
    bool link_down = false;  // the interface has no carrier: no next hop is resolved through it
    friend bool operator==(const LocalRoute&, const LocalRoute&) = default;
};

}  // namespace dunlin::bgp
