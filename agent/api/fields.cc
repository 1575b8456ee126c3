#include "agent/api/fields.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace dunlin::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxExcerpt = 60;

const json& null_json() {
    static const json null;
    return null;
}

std::string kind_of(const json& value) {
    if (value.is_string()) return "a text";
    if (value.is_boolean()) return "a boolean";
    if (value.is_number_float()) return "a fraction";
    if (value.is_number()) return "a number";
    if (value.is_array()) return "a list";
    return value.is_object() ? "an object" : "nothing";
}

std::string is_not(const json& value, std::string_view wanted) {
    return excerpt_json(value) + " is " + kind_of(value) + ", not " + std::string(wanted);
}

// The factor of a unit of Go's durations, in milliseconds; 0 for what is no unit.
double unit_ms(std::string_view unit) {
    if (unit == "h") return 3'600'000;
    if (unit == "m") return 60'000;
    if (unit == "s") return 1000;
    if (unit == "ms") return 1;
    if (unit == "us" || unit == "\u00b5s") return 0.001;
    return unit == "ns" ? 0.000'001 : 0;
}

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max) {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || out > max)
        return std::nullopt;
    return out;
}

std::optional<Seconds> parse_duration(std::string_view text) {
    if (text == "0") return Seconds(0);
    if (text.empty() || text.size() > 32) return std::nullopt;
    double total = 0;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
        const std::size_t unit = std::min(text.find_first_of("0123456789.", digits), text.size());
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
        const double factor = unit_ms(text.substr(digits, unit - digits));
        if (digits == 0 || error != std::errc() || end != text.data() + digits || factor == 0)
            return std::nullopt;
        total += number * factor;
        text.remove_prefix(unit);
    }
    if (total > 1e12) return std::nullopt;
    return Seconds(static_cast<std::int64_t>(total / 1000 + 0.5));
}

std::optional<Asn> parse_asn(std::string_view text) {
    const std::size_t dot = text.find('.');
    std::optional<std::uint32_t> number;
    if (dot == std::string_view::npos) {
        number = parse_number(text, 0xffffffff);
    } else {
        const auto high = parse_number(text.substr(0, dot), 0xffff);
        const auto low = parse_number(text.substr(dot + 1), 0xffff);
        if (high && low) number = *high << 16 | *low;
    }
    if (!number || *number == 0) return std::nullopt;
    return Asn(*number);
}

std::string excerpt(std::string_view text) {
    std::string out(text.substr(0, kMaxExcerpt));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
    return text.size() > kMaxExcerpt ? out + "…" : out;
}

std::string excerpt_json(const json& value) {
    if (const auto* text = value.get_ptr<const std::string*>()) return excerpt(std::string_view(*text));
    return excerpt(std::string_view(value.dump(-1, ' ', false, json::error_handler_t::replace)));
}

Fields::Fields(const json& value, std::string path, Problems& problems)
    : path_(std::move(path)), problems_(problems) {
    if (value.is_object()) {
        object_ = &value;
    } else if (!value.is_null()) {
        problem("", is_not(value, "an object"));
    }
}

std::string Fields::path_of(std::string_view field) const {
    if (field.empty()) return path_;
    return path_.empty() ? std::string(field) : path_ + "." + std::string(field);
}

void Fields::problem(std::string_view field, std::string message, Reason reason) {
    problems_.push_back({path_of(field), std::move(message), reason});
}

bool Fields::has(const char* field) const {
    if (object_ == nullptr) return false;
    const auto found = object_->find(field);
    if (found == object_->end() || found->is_null()) return false;
    const auto* text = found->get_ptr<const std::string*>();
    return text == nullptr || !text->empty();
}

const json* Fields::find(const char* field) {
    known_.insert(field);
    return has(field) ? &*object_->find(field) : nullptr;
}

std::optional<std::string> Fields::text(const char* field, std::size_t max_length) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    const auto* out = value->get_ptr<const std::string*>();
    if (out == nullptr) {
        problem(field, is_not(*value, "a text"));
        return std::nullopt;
    }
    if (out->size() > max_length) {
        problem(field,
                excerpt_json(*value) + " is longer than " + std::to_string(max_length) + " characters");
        return std::nullopt;
    }
    return *out;
}

std::optional<bool> Fields::boolean(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    const auto* out = value->get_ptr<const bool*>();
    if (out != nullptr) return *out;
    problem(field, is_not(*value, "a boolean"));
    return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(const char* field, std::int64_t min, std::int64_t max) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer()) {
        problem(field, is_not(*value, "a whole number"));
        return std::nullopt;
    }
    const auto* unsigned_value = value->get_ptr<const std::uint64_t*>();
    const bool too_large = unsigned_value != nullptr && *unsigned_value > static_cast<std::uint64_t>(max);
    const std::int64_t out = too_large ? max : value->get<std::int64_t>();
    if (!too_large && out >= min && out <= max) return out;
    problem(field,
            excerpt_json(*value) + " is not between " + std::to_string(min) + " and " + std::to_string(max));
    return std::nullopt;
}

std::optional<Asn> Fields::asn(const char* field) {
    const json* value = find(field);
    const auto* dotted = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
    if (dotted != nullptr && dotted->find('.') != std::string::npos) {  // calicoctl writes "64512.1"
        const auto parsed = parse_asn(*dotted);
        if (!parsed) problem(field, excerpt(*dotted) + " is not an AS number such as 64512 or 1.10");
        return parsed;
    }
    const auto out = integer(field, 1, 0xffffffff);
    return out ? std::optional(Asn(static_cast<std::uint32_t>(*out))) : std::nullopt;
}

std::optional<IpAddress> Fields::address(const char* field) {
    const auto found = text(field, 64);
    if (!found) return std::nullopt;
    const auto out = IpAddress::parse(*found);
    if (!out) problem(field, excerpt(*found) + " is not an IP address");
    return out;
}

std::optional<Prefix> Fields::prefix(const char* field) {
    const auto found = text(field, 64);
    if (!found) return std::nullopt;
    const auto out = Prefix::parse(*found);
    if (!out)
        problem(field,
                excerpt(*found) + " is not a prefix such as 10.0.0.0/8 with no bits set behind its length");
    return out;
}

std::optional<Seconds> Fields::duration(const char* field, Seconds min, Seconds max) {
    const auto found = text(field, 4096);
    if (!found) return std::nullopt;
    const auto out = parse_duration(*found);
    if (!out) {
        problem(field, excerpt(*found) + " is not a duration such as 90s or 1m30s");
        return std::nullopt;
    }
    if (*out >= min && *out <= max) return out;
    problem(field, excerpt(*found) + " is not between " + std::to_string(min.count()) + "s and " +
                       std::to_string(max.count()) + "s");
    return std::nullopt;
}

std::optional<Selector> Fields::selector(const char* field) {
    const auto found = text(field);
    if (!found) return std::nullopt;
    auto out = Selector::parse(*found);
    if (out) return *std::move(out);
    problem(field, excerpt(*found) + " is not a selector: " + out.error().message);
    return std::nullopt;
}

void Fields::each(const char* field, std::size_t max_items, const Visit& visit) {
    const json* value = find(field);
    if (value == nullptr) return;
    if (!value->is_array()) return problem(field, is_not(*value, "a list"));
    if (value->size() > max_items) {
        return problem(field,
                       std::to_string(value->size()) + " entries are more than " + std::to_string(max_items));
    }
    std::size_t index = 0;
    for (const json& entry : *value) visit(entry, path_of(field) + "[" + std::to_string(index++) + "]");
}

std::vector<std::string> Fields::texts(const char* field, std::size_t max_items, std::size_t max_length) {
    std::vector<std::string> out;
    each(field, max_items, [&](const json& entry, const std::string& path) {
        const auto* text = entry.get_ptr<const std::string*>();
        if (text == nullptr) {
            problems_.push_back({path, is_not(entry, "a text")});
        } else if (text->empty() || text->size() > max_length) {
            const std::string limit = std::to_string(max_length);
            problems_.push_back(
                {path, "\"" + excerpt_json(entry) + "\" does not have 1 to " + limit + " characters"});
        } else {
            out.push_back(*text);
        }
    });
    return out;
}

std::vector<Asn> Fields::asns(const char* field, std::size_t max_items) {
    std::vector<Asn> out;
    each(field, max_items, [&](const json& entry, const std::string& path) {
        const std::int64_t number = entry.is_number_integer() ? entry.get<std::int64_t>() : 0;
        if (number < 1 || number > 0xffffffff) {
            problems_.push_back(
                {path, excerpt_json(entry) + " is not an AS number between 1 and 4294967295"});
        } else {
            out.emplace_back(static_cast<std::uint32_t>(number));
        }
    });
    return out;
}

std::optional<Fields> Fields::part(const char* field) {
    const json* value = find(field);
    if (value == nullptr) return std::nullopt;
    return Fields(*value, path_of(field), problems_);
}

void Fields::report_unknown() {
    if (object_ == nullptr) return;
    for (const auto& [field, value] : object_->items()) {
        if (!known_.contains(field)) problem(excerpt(field), "no such field", Reason::unknown_field);
    }
}

const json& member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? null_json() : *found;
}

void move_warnings(Problems& problems, ObjectMeta& meta) {
    const auto split = std::stable_partition(problems.begin(), problems.end(),
                                             [](const FieldProblem& p) { return !is_warning(p.reason); });
    meta.warnings.insert(meta.warnings.end(), split, problems.end());
    problems.erase(split, problems.end());
}

ObjectMeta read_meta(const json& object, Problems& problems) {
    ObjectMeta out;
    if (!object.is_object()) {
        problems.push_back({"", is_not(object, "an object")});
        return out;
    }
    Fields metadata(member(object, "metadata"), "metadata", problems);
    out.name = metadata.text("name", 253).value_or("");
    if (out.name.empty()) metadata.problem("name", "is required");
    out.uid = metadata.text("uid", 253).value_or("");
    out.generation = metadata.integer("generation", 0, INT64_MAX).value_or(0);
    return out;
}

}  // namespace dunlin::agent
