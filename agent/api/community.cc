#include "agent/api/community.h"

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t at = text.find(separator);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

}  // namespace

std::optional<CommunityPattern> parse_community_pattern(std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
    CommunityPattern out;
    for (const std::string_view part : parts) {
        const auto number = parse_number(part, parts.size() == 2 ? 0xffff : 0xffffffff);
        if (!number && part != "*") return std::nullopt;
        out.parts.push_back(number);
    }
    return out;
}

std::optional<Community> parse_community(std::string_view text) {
    const auto pattern = parse_community_pattern(text);
    if (!pattern) return std::nullopt;
    const auto& parts = pattern->parts;
    for (const auto& part : parts) {
        if (!part) return std::nullopt;
    }
    if (parts.size() == 2) return Community(*parts[0] << 16 | *parts[1]);
    return Community(bgp::LargeCommunity{*parts[0], *parts[1], *parts[2]});
}

}  // namespace dunlin::agent
