// BIRD's lines about BGP sessions, with the time since when it is so: equal means that none was reset. BIRD
// works the time out anew for each answer and is off by a millisecond now and then; a session that falls is
// away for a second at least.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/bird.h"

namespace dunlin::test {

struct SessionLine {
    std::string text;   // without the time
    long since_ms = 0;  // of the day
    friend bool operator==(const SessionLine& a, const SessionLine& b) {
        return a.text == b.text && std::abs(a.since_ms - b.since_ms) < 100;
    }
    friend std::ostream& operator<<(std::ostream& out, const SessionLine& line) {
        return out << line.text << " since " << line.since_ms << "\n";
    }
};
using SessionLines = std::vector<SessionLine>;
inline std::ostream& operator<<(std::ostream& out, const SessionLines& lines) {
    for (const SessionLine& line : lines) out << line;
    return out;
}

inline SessionLine parse_session_line(std::string line) {
    SessionLine out{std::move(line), 0};
    const std::size_t dot = out.text.find('.');
    int hour = 0, minute = 0, second = 0, milli = 0;
    if (dot == std::string::npos || dot < 8) return out;
    const char* const time = out.text.c_str() + dot - 8;
    if (std::sscanf(time, "%d:%d:%d.%d", &hour, &minute, &second, &milli) != 4) return out;
    out.since_ms = ((hour * 60L + minute) * 60 + second) * 1000 + milli;
    out.text.erase(dot - 8, 12);
    return out;
}

// Of one protocol, or of all that are BGP.
inline SessionLines session_lines(const Bird& bird, const std::string& protocol = "") {
    SessionLines out;
    std::istringstream lines(bird.birdc("show protocols " + protocol));
    for (std::string line; std::getline(lines, line);) {
        if (line.find(" BGP ") != std::string::npos) out.push_back(parse_session_line(line));
    }
    return out;
}
inline SessionLine session_line(const Bird& bird, const std::string& protocol) {
    const SessionLines all = session_lines(bird, protocol);
    return all.empty() ? SessionLine() : all.front();
}

}  // namespace dunlin::test
