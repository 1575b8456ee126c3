// Calico's selectors over labels: == != has() in not in contains starts with ends with && || ! () all()
// global(). Parsed once; evaluated many times. Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bgp/base/result.h"

namespace dunlin::agent {

using Labels = std::map<std::string, std::string>;

class Selector {
public:
    struct Node;

    Selector() = default;  // matches nothing
    // Empty text selects nothing. An error says the position: "position 9: a value in quotes is missing".
    static Result<Selector, Error> parse(std::string_view text);

    bool matches(const Labels& labels) const;
    bool empty() const { return root_ == nullptr; }
    const std::string& text() const { return text_; }
    friend bool operator==(const Selector& a, const Selector& b) { return a.text_ == b.text_; }

private:
    std::string text_;
    std::shared_ptr<const Node> root_;  // immutable, shared by copies
};

}  // namespace dunlin::agent
