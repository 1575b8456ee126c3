// The log of the agent: one line a record on standard error, as text ("ts level msg key=value") or JSON. Only
// the driver and main write to it; the pure parts return what there is to say. Keys: ts level msg node peer
// prefix from to reason. Never give it a secret.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/time.h"

namespace dunlin::agent {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };
std::string_view name(LogLevel level);
std::optional<LogLevel> log_level(std::string_view text);

struct LogField {
    std::string_view key;
    std::string value;
};
using LogFields = std::initializer_list<LogField>;

// One record without the line end. Control characters are escaped, so that what a neighbour sent cannot forge
// a line. With an empty `node` the key is left out. The text form never has it: its reader knows where he is.
std::string format_record(LogFormat format, WallTime at, LogLevel level, std::string_view message,
                          std::string_view node, LogFields fields);

// Lets a record through once in `interval`, by its key, and counts what it held back. At most kMaxKeys keys:
// when they are used up, all are forgotten.
class RepeatLimit {
public:
    explicit RepeatLimit(Duration interval = Seconds(60)) : interval_(interval) {}
    // Nothing: keep quiet. Else how many were held back since the last time.
    std::optional<std::uint64_t> pass(const std::string& key, Time now);

    static constexpr std::size_t kMaxKeys = 4096;

private:
    struct Entry {
        Time last{};
        std::uint64_t held_back = 0;
    };
    Duration interval_;
    std::map<std::string, Entry> seen_;
};

class Log {
public:
    using Sink = std::function<void(std::string_view line)>;  // with its line end
    // An empty sink is standard error.
    explicit Log(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text, std::string node = {},
                 Sink sink = {});

    void set_level(LogLevel level) { level_ = level; }  // BGPConfiguration's logSeverityScreen, at run time
    LogLevel level() const { return level_; }
    bool enabled(LogLevel level) const { return level >= level_; }

    void write(LogLevel level, std::string_view message, LogFields fields = {});
    void debug(std::string_view message, LogFields fields = {}) { write(LogLevel::debug, message, fields); }
    void info(std::string_view message, LogFields fields = {}) { write(LogLevel::info, message, fields); }
    void warn(std::string_view message, LogFields fields = {}) { write(LogLevel::warn, message, fields); }
    void error(std::string_view message, LogFields fields = {}) { write(LogLevel::error, message, fields); }
    // For what a neighbour or a server can cause at will: the same record once a minute, then with the number
    // of times that it was held back.
    void limited(LogLevel level, std::string_view message, LogFields fields = {});

private:
    void emit(LogLevel level, std::string_view message, LogFields fields);

    LogLevel level_;
    LogFormat format_;
    std::string node_;
    Sink sink_;
    RepeatLimit limit_;
};

}  // namespace dunlin::agent
