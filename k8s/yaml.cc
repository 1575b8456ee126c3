#include "k8s/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace dunlin::k8s {
namespace {

using nlohmann::json;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool all_in(std::string_view text, std::string_view set) {
    return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view exponent = text.substr(e + 1);
        if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.remove_prefix(1);
        if (!all_in(exponent, kDigits)) return false;
        text = text.substr(0, e);
    }
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return all_in(text, kDigits);
    const std::string_view whole = text.substr(0, dot), part = text.substr(dot + 1);
    if (whole.empty()) return all_in(part, kDigits);
    return all_in(whole, kDigits) && (part.empty() || all_in(part, kDigits));
}

template <class T>
std::optional<json> whole(std::string_view text, int base) {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return json(number);
}

std::optional<json> number(std::string_view text) {
    if (text.substr(0, 2) == "0x") return whole<std::uint64_t>(text.substr(2), 16);
    if (text.substr(0, 2) == "0o") return whole<std::uint64_t>(text.substr(2), 8);
    if (!is_decimal(text)) return std::nullopt;
    if (text[0] == '+') text.remove_prefix(1);
    if (text.find_first_of(".eE") == std::string_view::npos) {
        const bool negative = text[0] == '-';
        if (auto exact = negative ? whole<std::int64_t>(text, 10) : whole<std::uint64_t>(text, 10)) {
            return exact;
        }
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return json(value);
}

json plain(const std::string& text) {
    if (one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
    if (one_of(text, {"true", "True", "TRUE"})) return true;
    if (one_of(text, {"false", "False", "FALSE"})) return false;
    return number(text).value_or(json(text));
}

struct Refused {
    int line;
    std::string message;
};

class Converter {
public:
    explicit Converter(std::size_t most_nodes) : left_(most_nodes) {}

    json convert(const YAML::Node& node, int depth = 0) {
        if (depth > kMaxYamlDepth) throw Refused{line(node), "nested too deep"};
        if (left_ == 0)
            throw Refused{line(node), "too many values (aliases count as often as they are used)"};
        --left_;
        switch (node.Type()) {
            case YAML::NodeType::Scalar:
                return node.Tag() == "?" ? plain(node.Scalar()) : json(node.Scalar());
            case YAML::NodeType::Sequence:
                return sequence(node, depth);
            case YAML::NodeType::Map:
                return map(node, depth);
            default:
                return nullptr;
        }
    }

    static int line(const YAML::Node& node) { return node.Mark().is_null() ? 0 : node.Mark().line + 1; }

private:
    json sequence(const YAML::Node& node, int depth) {
        json out = json::array();
        for (const auto& item : node) out.push_back(convert(item, depth + 1));
        return out;
    }

    json map(const YAML::Node& node, int depth) {
        json out = json::object();
        for (const auto& entry : node) {
            const YAML::Node& key = entry.first;
            if (!key.IsScalar()) throw Refused{line(key), "a key that is not text"};
            if (key.Tag() == "?" && key.Scalar() == "<<") {
                throw Refused{line(key), "merge keys (<<) are not supported"};
            }
            if (!out.emplace(key.Scalar(), convert(entry.second, depth + 1)).second) {
                throw Refused{line(key), "the key \"" + key.Scalar() + "\" is there twice"};
            }
        }
        return out;
    }

    std::size_t left_;
};

void emit(YAML::Emitter& out, const json& value);

// As it stands, without yaml-cpp's own test of whether it needs quotes: regular expressions, which were most
// of the time of a large status.
void emit_plain(YAML::Emitter& out, std::string_view text) { out.WriteIntegralType(text); }

// Nothing but letters, digits and some marks that mean nothing to YAML, of which the first is a letter.
bool is_word(std::string_view text) {
    constexpr std::size_t kLongest = 256;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto inner = [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    };
    return !text.empty() && text.size() <= kLongest && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), inner);
}

void emit_text(YAML::Emitter& out, const std::string& text) {
    // Words that readers of YAML 1.1 take for booleans are quoted as well.
    const bool other_type = !plain(text).is_string() || one_of(text, {"y", "Y", "n", "N"}) ||
                            one_of(text, {"yes", "Yes", "YES", "no", "No", "NO"}) ||
                            one_of(text, {"on", "On", "ON", "off", "Off", "OFF", "<<", "="});
    if (!other_type && is_word(text)) return emit_plain(out, text);
    if (other_type) out << YAML::DoubleQuoted;
    out << text;
}

void emit(YAML::Emitter& out, const json& value) {
    if (value.is_object()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginMap;
        for (const auto& [key, entry] : value.items()) {
            out << YAML::Key;
            emit_text(out, key);
            out << YAML::Value;
            emit(out, entry);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const json& item : value) emit(out, item);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        emit_text(out, value.get_ref<const std::string&>());
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        emit_plain(out, value.dump());  // numbers and booleans: as JSON writes them they are plain scalars
    }
}

}  // namespace

std::optional<YamlError> parse_yaml(std::string_view text,
                                    const std::function<void(nlohmann::json value, int line)>& document,
                                    std::size_t most_nodes) {
    std::vector<std::pair<json, int>> documents;
    try {
        Converter converter(most_nodes);
        for (const YAML::Node& node : YAML::LoadAll(std::string(text))) {
            if (!node.IsDefined() || node.IsNull()) continue;
            documents.emplace_back(converter.convert(node), Converter::line(node));
        }
    } catch (const Refused& refused) {
        return YamlError{refused.line, refused.message};
    } catch (const YAML::Exception& e) {
        return YamlError{e.mark.is_null() ? 0 : e.mark.line + 1, e.msg};
    } catch (const std::exception& e) {
        return YamlError{0, e.what()};
    }
    for (auto& [value, line] : documents) document(std::move(value), line);
    return std::nullopt;
}

std::string to_yaml(const nlohmann::json& value) {
    YAML::Emitter out;
    emit(out, value);
    return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace dunlin::k8s
