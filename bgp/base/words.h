// The words of a text: runs without any of the separators. There are no empty ones.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace dunlin {

inline constexpr std::string_view kBlanks = " \t\r\n";

// They point into the text.
inline std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) return out;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

}  // namespace dunlin
