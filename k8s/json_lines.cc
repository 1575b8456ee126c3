#include "k8s/json_lines.h"

namespace dunlin::k8s {

bool JsonLines::push(std::string_view chunk, const std::function<bool(std::string_view)>& line) {
    while (!too_long_) {
        const std::size_t end = chunk.find('\n');
        const std::string_view part = chunk.substr(0, end);
        if (rest_.size() + part.size() > longest_) break;
        if (end == std::string_view::npos) {
            rest_.append(part);
            return true;
        }
        std::string_view whole = part;
        std::string joined;
        if (!rest_.empty()) {
            joined.swap(rest_);
            joined.append(part);
            whole = joined;
        }
        if (!whole.empty() && whole.back() == '\r') whole.remove_suffix(1);
        chunk.remove_prefix(end + 1);
        if (!whole.empty() && !line(whole)) return false;
    }
    too_long_ = true;
    rest_ = std::string();
    return false;
}

}  // namespace dunlin::k8s
