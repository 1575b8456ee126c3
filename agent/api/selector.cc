#include "agent/api/selector.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace dunlin::agent {

// An immutable tree. `negate` stands on every node, so that "!" needs no node of its own.
struct Selector::Node {
    struct All {};
    struct Has {
        std::string label;
    };
    enum class Test { equal, in, contains, starts_with, ends_with };
    struct Compare {
        std::string label;
        Test test;
        std::vector<std::string> values;
    };
    enum class Join { all_of, any_of };
    struct Group {
        Join join;
        std::vector<Node> parts;
    };
    std::variant<All, Has, Compare, Group> what;
    bool negate = false;
};

namespace {

using Node = Selector::Node;
constexpr int kMaxDepth = 50;

bool holds(const Node& node, const Labels& labels);

bool holds(const Node::All&, const Labels&) { return true; }
bool holds(const Node::Has& has, const Labels& labels) { return labels.contains(has.label); }

bool holds(const Node::Compare& c, const Labels& labels) {
    const auto found = labels.find(c.label);
    if (found == labels.end()) return false;
    const std::string& value = found->second;
    const auto matches = [&](const std::string& wanted) {
        switch (c.test) {
            case Node::Test::equal:
            case Node::Test::in:
                return value == wanted;
            case Node::Test::contains:
                return value.find(wanted) != std::string::npos;
            case Node::Test::starts_with:
                return value.starts_with(wanted);
            case Node::Test::ends_with:
                return value.ends_with(wanted);
        }
        return false;
    };
    return std::any_of(c.values.begin(), c.values.end(), matches);
}

bool holds(const Node::Group& group, const Labels& labels) {
    const auto test = [&](const Node& part) { return holds(part, labels); };
    if (group.join == Node::Join::all_of) return std::all_of(group.parts.begin(), group.parts.end(), test);
    return std::any_of(group.parts.begin(), group.parts.end(), test);
}

bool holds(const Node& node, const Labels& labels) {
    return std::visit([&](const auto& what) { return holds(what, labels); }, node.what) != node.negate;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '/' || c == '-';
}

// Recursive descent: or := and ("||" and)*; and := term ("&&" term)*; term := "!"* (group | call |
// comparison).
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Node, Error> run() {
        Node out = any_of(0);
        skip_spaces();
        if (!failed() && at_ < text_.size()) fail("&& or || or the end is expected here");
        if (failed()) return Unexpected{Error{error_}};
        return out;
    }

private:
    Node any_of(int depth) { return group(Node::Join::any_of, "||", depth); }

    Node group(Node::Join join, std::string_view separator, int depth) {
        const auto next = [&] {
            return join == Node::Join::any_of ? group(Node::Join::all_of, "&&", depth) : term(depth);
        };
        std::vector<Node> parts;
        parts.push_back(next());
        while (!failed() && take(separator)) parts.push_back(next());
        if (parts.size() == 1) return std::move(parts.front());
        return Node{Node::Group{join, std::move(parts)}};
    }

    Node term(int depth) {
        bool negate = false;
        while (take_not()) negate = !negate;
        Node out = positive_term(depth);
        out.negate = out.negate != negate;
        return out;
    }

    Node positive_term(int depth) {
        if (depth > kMaxDepth) return fail("nested too deeply");
        if (take("(")) {
            Node inner = any_of(depth + 1);
            if (!failed() && !take(")")) return fail("a ) is missing");
            return inner;
        }
        const std::string label = word();
        if (label.empty()) return fail("the name of a label, a function or ( is expected here");
        if (take("(")) return call(label);
        return comparison(label);
    }

    Node call(const std::string& name) {
        Node out{Node::All{}};
        if (name == "has") {
            std::string label = word();
            if (label.empty()) return fail("has() needs the name of a label");
            out = Node{Node::Has{std::move(label)}};
        } else if (name != "all" && name != "global") {
            return fail("there is no function " + name + "()");
        }
        return take(")") ? out : fail("a ) is missing");
    }

    Node comparison(const std::string& label) {
        if (take("==")) return compare(label, Node::Test::equal, false);
        if (take("!=")) return compare(label, Node::Test::equal, true);
        const std::string first = word();
        if (first == "in") return in_set(label, false);
        if (first == "contains") return compare(label, Node::Test::contains, false);
        const std::string second = word();
        if (first == "not" && second == "in") return in_set(label, true);
        if (first == "starts" && second == "with") return compare(label, Node::Test::starts_with, false);
        if (first == "ends" && second == "with") return compare(label, Node::Test::ends_with, false);
        return fail("an operator (==, !=, in, not in, contains, starts with, ends with) is expected here");
    }

    Node compare(const std::string& label, Node::Test test, bool negate) {
        std::optional<std::string> value = quoted();
        if (!value) return fail("a value in quotes is expected here");
        return Node{Node::Compare{label, test, {std::move(*value)}}, negate};
    }

    Node in_set(const std::string& label, bool negate) {
        std::vector<std::string> values;
        if (!take("{")) return fail("a { is expected here");
        while (!failed() && !take("}")) {
            std::optional<std::string> value = quoted();
            if (!value) return fail("a value in quotes or a } is expected here");
            values.push_back(std::move(*value));
            skip_spaces();
            if (!take(",") && peek() != '}') return fail("a , or a } is expected here");
        }
        return Node{Node::Compare{label, Node::Test::in, std::move(values)}, negate};
    }

    void skip_spaces() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(std::string_view token) {
        if (failed()) return false;
        skip_spaces();
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }

    // "!" but not "!=".
    bool take_not() {
        skip_spaces();
        return text_.substr(at_, 2) != "!=" && take("!");
    }

    std::string word() {
        skip_spaces();
        const std::size_t start = at_;
        while (at_ < text_.size() && is_label_char(text_[at_])) ++at_;
        return std::string(text_.substr(start, at_ - start));
    }

    std::optional<std::string> quoted() {
        skip_spaces();
        const char quote = peek();
        if (quote != '\'' && quote != '"') return std::nullopt;
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return std::nullopt;
        std::string out(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return out;
    }

    bool failed() const { return !error_.empty(); }
    // The first error stands. Nothing is read after it, so every loop ends.
    Node fail(const std::string& what) {
        if (!failed()) error_ = "position " + std::to_string(at_ + 1) + ": " + what;
        at_ = text_.size();
        return Node{Node::All{}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string error_;
};

}  // namespace

Result<Selector, Error> Selector::parse(std::string_view text) {
    Selector out;
    out.text_ = std::string(text);
    if (std::all_of(text.begin(), text.end(), is_space)) return out;
    auto root = Parser(text).run();
    if (!root) return Unexpected{root.error()};
    out.root_ = std::make_shared<const Node>(*std::move(root));
    return out;
}

bool Selector::matches(const Labels& labels) const { return root_ != nullptr && holds(*root_, labels); }

}  // namespace dunlin::agent
