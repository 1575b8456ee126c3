#include "agent/show/time_text.h"

#include <cstdio>
#include <ctime>

namespace dunlin::agent {
namespace {

struct Parts {
    std::tm tm{};
    int milliseconds = 0;
};

Parts parts(WallTime at) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    const std::time_t time = static_cast<std::time_t>(seconds);
    Parts out;
    gmtime_r(&time, &out.tm);
    out.milliseconds = static_cast<int>(ms - seconds * 1000);
    return out;
}

std::string date(const Parts& p) {
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", p.tm.tm_year + 1900, p.tm.tm_mon + 1, p.tm.tm_mday);
    return text;
}
std::string clock(const Parts& p) {
    char text[40];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", p.tm.tm_hour, p.tm.tm_min, p.tm.tm_sec);
    return text;
}

bool is_recent(WallTime at, WallTime now) {
    constexpr auto kRecent = std::chrono::hours(20);
    return now - at <= kRecent && at - now <= kRecent;
}

}  // namespace

std::string whole_seconds(WallTime at, WallTime now) {
    const Parts p = parts(at);
    return is_recent(at, now) ? clock(p) : date(p);
}

std::string short_time(WallTime at, WallTime now) {
    if (!is_recent(at, now)) return whole_seconds(at, now);
    char text[16];
    std::snprintf(text, sizeof text, ".%03d", parts(at).milliseconds);
    return whole_seconds(at, now) + text;
}

std::string long_time(WallTime at) { return date(parts(at)) + " " + clock(parts(at)); }
std::string rfc3339(WallTime at) { return date(parts(at)) + "T" + clock(parts(at)) + "Z"; }

}  // namespace dunlin::agent
