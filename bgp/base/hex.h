// Octets as hexadecimal digits, for people.
#pragma once

#include <string>
#include <string_view>

#include "bgp/base/bytes.h"

namespace dunlin {

// "ff00"; with `between` " ": "ff 00".
inline std::string hex(Bytes octets, std::string_view between = {}) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t octet : octets) {
        if (!out.empty()) out += between;
        out += kDigits[octet >> 4];
        out += kDigits[octet & 15];
    }
    return out;
}

}  // namespace dunlin
