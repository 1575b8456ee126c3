#include "agent/log.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace dunlin::agent {
namespace {

std::string timestamp(WallTime at) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(ms % 1000));
    return text;
}

void append_escaped(std::string& out, char c) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '\n') {
        out += "\\n";
    } else if (octet < 0x20 || octet == 0x7f) {
        char text[8];
        std::snprintf(text, sizeof text, "\\x%02x", octet);
        out += text;
    } else {
        out += c;
    }
}

std::string in_quotes_if_needed(std::string_view value) {
    const bool plain = !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
    });
    if (plain) return std::string(value);
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        append_escaped(out, c);
    }
    return out + '"';
}

std::string as_text(WallTime at, LogLevel level, std::string_view message, LogFields fields) {
    std::string out = timestamp(at) + ' ' + std::string(name(level)) + ' ';
    for (const char c : message) append_escaped(out, c);
    for (const LogField& field : fields) {
        if (field.value.empty()) continue;
        out.append(" ").append(field.key).append("=").append(in_quotes_if_needed(field.value));
    }
    return out;
}

std::string as_json(WallTime at, LogLevel level, std::string_view message, std::string_view node,
                    LogFields fields) {
    nlohmann::ordered_json out{{"ts", timestamp(at)}, {"level", name(level)}, {"msg", message}};
    if (!node.empty()) out["node"] = node;
    for (const LogField& field : fields) {
        if (!field.value.empty()) out[std::string(field.key)] = field.value;
    }
    // What comes from outside need not be UTF-8.
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void to_stderr(std::string_view line) {
    // Where nobody reads, nothing can be said.
    [[maybe_unused]] const std::size_t written = std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

std::string_view name(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return "trace";
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

std::optional<LogLevel> log_level(std::string_view text) {
    for (const LogLevel level :
         {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
        if (text == name(level)) return level;
    }
    return std::nullopt;
}

std::string format_record(LogFormat format, WallTime at, LogLevel level, std::string_view message,
                          std::string_view node, LogFields fields) {
    return format == LogFormat::json ? as_json(at, level, message, node, fields)
                                     : as_text(at, level, message, fields);
}

std::optional<std::uint64_t> RepeatLimit::pass(const std::string& key, Time now) {
    if (seen_.size() >= kMaxKeys && !seen_.contains(key)) seen_.clear();
    const auto [found, fresh] = seen_.try_emplace(key, Entry{now, 0});
    Entry& entry = found->second;
    if (fresh) return 0;
    if (now - entry.last < interval_) {
        ++entry.held_back;
        return std::nullopt;
    }
    entry.last = now;
    return std::exchange(entry.held_back, 0);
}

Log::Log(LogLevel level, LogFormat format, std::string node, Sink sink)
    : level_(level),
      format_(format),
      node_(std::move(node)),
      sink_(sink ? std::move(sink) : Sink(to_stderr)) {}

void Log::emit(LogLevel level, std::string_view message, LogFields fields) {
    sink_(format_record(format_, std::chrono::system_clock::now(), level, message, node_, fields) + '\n');
}

void Log::write(LogLevel level, std::string_view message, LogFields fields) {
    if (enabled(level)) emit(level, message, fields);
}

void Log::limited(LogLevel level, std::string_view message, LogFields fields) {
    if (!enabled(level)) return;
    std::string key(message);
    for (const LogField& field : fields) key.append("\n").append(field.value);
    const auto held_back = limit_.pass(key, Clock::now());
    if (!held_back) return;
    if (*held_back == 0) return emit(level, message, fields);
    emit(level, std::string(message) + " (repeated " + std::to_string(*held_back) + " times)", fields);
}

}  // namespace dunlin::agent
