#include "bgp/wire/message.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bgp/base/hex.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp {
namespace {

struct SubcodeName {
    std::uint8_t subcode;
    std::string_view text;
};

constexpr std::array kHeaderNames{SubcodeName{1, "Connection Not Synchronized"},
                                  SubcodeName{2, "Bad Message Length"}, SubcodeName{3, "Bad Message Type"}};
constexpr std::array kOpenNames{
    SubcodeName{1, "Unsupported Version Number"},
    SubcodeName{2, "Bad Peer AS"},
    SubcodeName{3, "Bad BGP Identifier"},
    SubcodeName{4, "Unsupported Optional Parameter"},
    SubcodeName{6, "Unacceptable Hold Time"},
    SubcodeName{7, "Unsupported Capability"},
    SubcodeName{11, "Role Mismatch"},
};
constexpr std::array kUpdateNames{
    SubcodeName{1, "Malformed Attribute List"},     SubcodeName{2, "Unrecognized Well-known Attribute"},
    SubcodeName{3, "Missing Well-known Attribute"}, SubcodeName{4, "Attribute Flags Error"},
    SubcodeName{5, "Attribute Length Error"},       SubcodeName{6, "Invalid ORIGIN Attribute"},
    SubcodeName{8, "Invalid NEXT_HOP Attribute"},   SubcodeName{9, "Optional Attribute Error"},
    SubcodeName{10, "Invalid Network Field"},       SubcodeName{11, "Malformed AS_PATH"},
};
constexpr std::array kFsmNames{SubcodeName{1, "Unexpected Message in OpenSent"},
                               SubcodeName{2, "Unexpected Message in OpenConfirm"},
                               SubcodeName{3, "Unexpected Message in Established"}};
constexpr std::array kCeaseNames{
    SubcodeName{1, "Maximum Number of Prefixes Reached"},
    SubcodeName{2, "Administrative Shutdown"},
    SubcodeName{3, "Peer De-configured"},
    SubcodeName{4, "Administrative Reset"},
    SubcodeName{5, "Connection Rejected"},
    SubcodeName{6, "Other Configuration Change"},
    SubcodeName{7, "Connection Collision Resolution"},
    SubcodeName{8, "Out of Resources"},
    SubcodeName{9, "Hard Reset"},
    SubcodeName{10, "BFD Down"},
};
constexpr std::array kRefreshNames{SubcodeName{1, "Invalid Message Length"}};

struct CodeName {
    std::string_view text;
    std::span<const SubcodeName> subcodes;
};
const std::array<CodeName, 9> kCodes{{
    {"Reserved", {}},
    {"Message Header Error", kHeaderNames},
    {"OPEN Message Error", kOpenNames},
    {"UPDATE Message Error", kUpdateNames},
    {"Hold Timer Expired", {}},
    {"Finite State Machine Error", kFsmNames},
    {"Cease", kCeaseNames},
    {"ROUTE-REFRESH Message Error", kRefreshNames},
    {"Send Hold Timer Expired", {}},
}};

constexpr std::size_t kMostDataShown = 32;

std::string shown(Bytes data) {
    const std::string out = hex(data.first(std::min(data.size(), kMostDataShown)), " ");
    return data.size() > kMostDataShown ? out + " ..." : out;
}

bool is_cease(const Notification& n, Cease subcode) {
    return n.code == static_cast<std::uint8_t>(ErrorCode::cease) &&
           n.subcode == static_cast<std::uint8_t>(subcode);
}

// The NOTIFICATION inside a Hard Reset (RFC 8538 3); nothing for any other.
std::optional<Notification> inner(const Notification& n) {
    if (!is_cease(n, Cease::hard_reset) || n.data.size() < 2) return std::nullopt;
    return Notification{n.data[0], n.data[1], {n.data.begin() + 2, n.data.end()}};
}

std::string describe_data(const Notification& n) {
    if (const auto why = inner(n)) return is_cease(*why, Cease::hard_reset) ? shown(n.data) : describe(*why);
    if (const std::string text = shutdown_text(n); !text.empty()) return '"' + text + '"';
    if (is_cease(n, Cease::max_prefixes_reached) && n.data.size() == 7) {
        ByteReader in(n.data);
        const std::uint16_t afi = in.u16();
        const std::uint8_t safi = in.u8();
        const auto family = unicast_family({afi, safi});
        const std::string what = family ? std::string(name(*family))
                                        : "AFI " + std::to_string(afi) + " SAFI " + std::to_string(safi);
        return what + ", limit " + std::to_string(in.u32());
    }
    return shown(n.data);
}

// How many octets at the start of `text` make a well-formed UTF-8 character; 0 if none does.
std::size_t utf8_character(std::string_view text) {
    const auto first = static_cast<std::uint8_t>(text.front());
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((static_cast<std::uint8_t>(text[i]) & 0xc0) != 0x80) return 0;
    }
    return size;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = utf8_character(text);
        const bool control =
            size == 1 && (static_cast<std::uint8_t>(text.front()) < 0x20 || text.front() == 0x7f);
        if (size == 0 || control) {
            out += '?';
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

}  // namespace

std::optional<Family> unicast_family(AfiSafi pair) {
    if (pair == unicast(Family::ipv4)) return Family::ipv4;
    if (pair == unicast(Family::ipv6)) return Family::ipv6;
    return std::nullopt;
}

std::string describe(const Notification& n) {
    std::string out;
    if (n.code >= kCodes.size()) {
        out = "Code " + std::to_string(n.code);
    } else {
        out = kCodes[n.code].text;
    }
    const auto names = n.code < kCodes.size() ? kCodes[n.code].subcodes : std::span<const SubcodeName>{};
    const auto named = std::find_if(names.begin(), names.end(),
                                    [&n](const SubcodeName& known) { return known.subcode == n.subcode; });
    if (named != names.end()) {
        out += '/';
        out += named->text;
    } else if (n.subcode != 0) {
        out += "/Subcode " + std::to_string(n.subcode);
    }
    const std::string data = describe_data(n);
    return data.empty() ? out : out + " (" + data + ")";
}

Notification hard_reset(const Notification& inner) {
    NotificationData data{inner.code, inner.subcode};
    data.insert(data.end(), inner.data.begin(), inner.data.end());
    return cease(Cease::hard_reset, std::move(data));
}

Notification unwrapped(const Notification& notification) {
    return inner(notification).value_or(notification);
}

Notification cease_max_prefixes(Family family, std::uint32_t limit) {
    NotificationData data;
    ByteWriter out(data);
    out.u16(unicast(family).afi);
    out.u8(unicast(family).safi);
    out.u32(limit);
    return cease(Cease::max_prefixes_reached, std::move(data));
}

NotificationData shutdown_data(std::string_view text, std::size_t limit) {
    limit = std::min<std::size_t>(limit, 255);
    std::size_t size = 0;
    while (size < text.size()) {
        const std::size_t next = utf8_character(text.substr(size));
        if (next == 0 || size + next > limit) break;
        size += next;
    }
    NotificationData data(size + 1);
    data[0] = static_cast<std::uint8_t>(size);
    std::copy_n(text.begin(), size, data.begin() + 1);
    return data;
}

std::string shutdown_text(const Notification& n) {
    if (const auto why = inner(n))
        return is_cease(*why, Cease::hard_reset) ? std::string() : shutdown_text(*why);
    if (!is_cease(n, Cease::administrative_shutdown) && !is_cease(n, Cease::administrative_reset)) return {};
    ByteReader in(n.data);
    const Bytes text = in.take(in.u8());
    if (!in.ok()) return {};
    return printable(std::string(text.begin(), text.end()));
}

}  // namespace dunlin::bgp
