#include "agent/api/secret.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "agent/api/fields.h"
#include "agent/api/secret_ref.h"

namespace dunlin::agent {
namespace {

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
    while (text.ends_with('=') || text.ends_with('\n')) text.remove_suffix(1);
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r') continue;
        const int digit = base64_digit(c);
        if (digit < 0) return std::nullopt;
        held = held << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<char>(held >> bits & 0xff));
    }
    return out;
}

// Problems never quote a value: it may be the secret.
void read_values(const nlohmann::json& values, const std::string& path, bool encoded, Secret& out,
                 Problems& problems) {
    if (values.is_null()) return;
    if (!values.is_object()) {
        problems.push_back({path, "is not an object"});
        return;
    }
    for (const auto& [key, value] : values.items()) {
        const auto* text = value.get_ptr<const std::string*>();
        const auto plain = text == nullptr ? std::nullopt
                           : encoded       ? decode_base64(*text)
                                           : std::optional(*text);
        if (plain) {
            out.values[key] = *plain;
        } else {
            problems.push_back({path + "." + key, encoded ? "is not base64" : "is not a text"});
        }
    }
}

}  // namespace

std::optional<SecretRef> read_secret_ref(Fields& spec, const char* field) {
    auto password = spec.part(field);
    if (!password) return std::nullopt;
    auto out = read_secret_key(*password);
    password->report_unknown();
    return out;
}

std::optional<SecretRef> read_secret_key(Fields& holder) {
    auto ref = holder.part("secretKeyRef");
    if (!ref) {
        holder.problem("secretKeyRef", "is required");
        return std::nullopt;
    }
    SecretRef out{ref->text("name", 253).value_or(""), ref->text("key", 253).value_or("")};
    if (!ref->has("name")) ref->problem("name", "is required");
    if (!ref->has("key")) ref->problem("key", "is required");
    (void)ref->boolean("optional");
    ref->report_unknown();
    return out;
}

Result<Secret, Problems> parse_secret(const nlohmann::json& object) {
    Problems problems;
    Secret out;
    out.meta = read_meta(object, problems);
    if (object.is_object()) {
        Fields metadata(member(object, "metadata"), "metadata", problems);
        out.namespace_ = metadata.text("namespace", 253).value_or("");
        read_values(member(object, "data"), "data", true, out, problems);
        read_values(member(object, "stringData"), "stringData", false, out, problems);
    }
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
