// Cuts the body of a watch into lines as its chunks come. A line is bounded; past the bound the splitter is
// broken for good, and the stream has to be given up: memory is not for the server to fill.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace dunlin::k8s {

inline constexpr std::size_t kMaxWatchLine = 32u << 20;

class JsonLines {
public:
    explicit JsonLines(std::size_t longest = kMaxWatchLine) : longest_(longest) {}

    // Calls `line` for each line that is whole now, without its end; empty lines are left out. The callback
    // says whether to go on. False: a line was too long, or the callback said stop.
    bool push(std::string_view chunk, const std::function<bool(std::string_view)>& line);
    bool too_long() const { return too_long_; }
    std::size_t pending() const { return rest_.size(); }  // octets of the line that has no end yet

private:
    std::size_t longest_;
    std::string rest_;
    bool too_long_ = false;
};

}  // namespace dunlin::k8s
