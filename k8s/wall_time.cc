#include "k8s/wall_time.h"

#include <cstdio>
#include <ctime>

namespace dunlin::k8s {
namespace {

std::string text(WallTime time, bool micro) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    std::time_t seconds = since / 1'000'000;
    long rest = since % 1'000'000;
    if (rest < 0) {
        rest += 1'000'000;
        --seconds;
    }
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char whole[40], fraction[16] = "";
    std::strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    if (micro) std::snprintf(fraction, sizeof fraction, ".%06ld", rest);
    return std::string(whole) + fraction + "Z";
}

}  // namespace

std::string rfc3339(WallTime time) { return text(time, false); }

std::string rfc3339_micro(WallTime time) { return text(time, true); }

}  // namespace dunlin::k8s
