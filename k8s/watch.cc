#include "k8s/watch.h"

#include <algorithm>

#include "k8s/object.h"

namespace dunlin::k8s {
namespace {

// Versions are opaque by contract and decimal numbers in fact; anything else is never older.
bool older(const std::string& a, const std::string& b) {
    const auto number = [](const std::string& text) {
        return !text.empty() &&
               std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (!number(a) || !number(b)) return false;
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

Seconds spread(Seconds middle, double low, double high, double random) {
    return Seconds(
        static_cast<Seconds::rep>(static_cast<double>(middle.count()) * (low + (high - low) * random)));
}

}  // namespace

Seconds Watch::stream_timeout(double random) const {
    return std::max(Seconds(1), spread(options_.stream_timeout, 0.8, 1.2, random));
}

std::string Watch::query(double random) const {
    if (const auto* list = std::get_if<List>(&state_)) {
        std::string out = "limit=" + std::to_string(options_.page_limit);
        if (!list->continue_token.empty()) out += "&continue=" + url_encode(list->continue_token);
        return out;
    }
    return "watch=1&allowWatchBookmarks=true&resourceVersion=" +
           url_encode(std::get<Stream>(state_).resource_version) +
           "&timeoutSeconds=" + std::to_string(stream_timeout(random).count());
}

bool Watch::on_page(std::string resource_version, std::string continue_token, Time now, double random) {
    if (!continue_token.empty()) {
        state_ = List{std::move(continue_token)};
        return false;
    }
    went_back_ = older(resource_version, last_version_);
    last_version_ = resource_version;
    state_ = Stream{std::move(resource_version)};
    relist_at_ = now + spread(options_.relist_every, 1.0, 1.2, random);
    return true;
}

void Watch::on_event(std::string resource_version) {
    if (resource_version.empty() || !std::holds_alternative<Stream>(state_)) return;
    last_version_ = resource_version;
    state_ = Stream{std::move(resource_version)};
}

Watch::Restart Watch::on_end(int status, std::string_view reason, Time now) {
    const auto* list = std::get_if<List>(&state_);
    const bool bad_token = status == 400 && list != nullptr && !list->continue_token.empty();
    if (status == 410 || bad_token) {
        state_ = List{};
        return Restart::gone;
    }
    // Server behaviour (KUBERNETES 1.20 and later): 504 with this reason for a version that lies in the
    // future.
    if (status == 504 && reason == "ResourceVersionTooLarge") {
        state_ = List{};
        return Restart::version_ahead;
    }
    if (status == 0) return Restart::broken;
    if (status >= 300) return Restart::refused;
    if (list == nullptr && now >= relist_at_) {
        state_ = List{};
        return Restart::relist;
    }
    return Restart::ended;
}

std::string_view name(Watch::Restart restart) {
    switch (restart) {
        case Watch::Restart::ended:
            return "ended";
        case Watch::Restart::broken:
            return "broken";
        case Watch::Restart::gone:
            return "gone";
        case Watch::Restart::refused:
            return "refused";
        case Watch::Restart::relist:
            return "relist";
        case Watch::Restart::version_ahead:
            return "version_ahead";
    }
    return "unknown";
}

}  // namespace dunlin::k8s
