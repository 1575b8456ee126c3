// Numbers that must not be mixed up. There is no conversion back: .value() says where it happens.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace dunlin {

template <class Tag, class Rep>
class Strong {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(Rep value) : value_(value) {}
    constexpr Rep value() const { return value_; }
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

private:
    Rep value_{};
};

using Asn = Strong<struct AsnTag, std::uint32_t>;            // RFC 6793: four octets inside, always
using RouterId = Strong<struct RouterIdTag, std::uint32_t>;  // RFC 6286: any number but 0; host byte order
using PathId = Strong<struct PathIdTag, std::uint32_t>;      // RFC 7911; 0 where add-path is not in use

}  // namespace dunlin

template <class Tag, class Rep>
struct std::hash<dunlin::Strong<Tag, Rep>> {
    std::size_t operator()(const dunlin::Strong<Tag, Rep>& s) const { return std::hash<Rep>()(s.value()); }
};
