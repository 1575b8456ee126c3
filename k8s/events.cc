#include "k8s/events.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "k8s/wall_time.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

const Resource kEvents{"events.k8s.io", "v1", "events", "Event", true, std::nullopt, std::nullopt};

// Events about objects without a namespace are kept in this one.
std::string space_of(const EventCause& cause) {
    return cause.namespace_.empty() ? "default" : cause.namespace_;
}

// Not in the middle of a UTF-8 character.
std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    return text;
}

}  // namespace

std::optional<EventSeries::Write> EventSeries::happened(const EventCause& cause, const std::string& suffix,
                                                        Time now) {
    const auto found = known_.find(cause);
    if (found == known_.end() || now - found->second.last >= limits_.forget_after) {
        if (found == known_.end()) forget(now);
        Known fresh{shortened(cause.name, 200) + "." + suffix, 1, now, now};
        known_.insert_or_assign(cause, fresh);
        return Write{fresh.name, 1};
    }
    Known& known = found->second;
    ++known.count;
    known.last = now;
    if (now - known.written < limits_.apart) return std::nullopt;
    known.written = now;
    return Write{known.name, known.count};
}

// Makes room for one more.
void EventSeries::forget(Time now) {
    if (known_.size() < limits_.most_causes) return;
    std::erase_if(known_, [&](const auto& entry) { return now - entry.second.last >= limits_.forget_after; });
    if (known_.size() < limits_.most_causes) return;
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
        return a.second.last < b.second.last;
    }));
}

Events::Events(ObjectWriter& writer, std::string component, std::string instance,
               std::function<void(const std::string&)> log, EventLimits limits)
    : writer_(writer),
      component_(std::move(component)),
      instance_(std::move(instance)),
      log_(std::make_shared<const std::function<void(const std::string&)>>(std::move(log))),
      series_(limits) {}

void Events::happened(const EventCause& cause, const std::string& note) {
    const WallTime wall = std::chrono::system_clock::now();
    char suffix[24];
    std::snprintf(suffix, sizeof suffix, "%llx",
                  static_cast<unsigned long long>(wall.time_since_epoch().count()));
    const auto write = series_.happened(cause, suffix, Clock::now());
    if (!write) return;
    const std::string now = rfc3339_micro(wall);
    const ObjectKey key{space_of(cause), write->name};
    const auto done = [log = log_, name = key.to_string()](const auto& answer) {
        if (!answer && *log) (*log)("event " + name + ": " + answer.error().message);
    };
    if (write->count > 1) {
        const json series = {{"series", {{"count", write->count}, {"lastObservedTime", now}}}};
        return writer_.apply(kEvents, key, series, "", done);
    }
    const json event = {{"apiVersion", "events.k8s.io/v1"},
                        {"kind", "Event"},
                        {"metadata", {{"name", write->name}, {"namespace", key.namespace_}}},
                        {"eventTime", now},
                        {"reportingController", component_},
                        {"reportingInstance", instance_},
                        {"action", cause.action},
                        {"reason", cause.reason},
                        {"type", cause.warning ? "Warning" : "Normal"},
                        {"note", shortened(note, 1023)},
                        {"regarding",
                         {{"apiVersion", cause.api_version},
                          {"kind", cause.kind},
                          {"namespace", cause.namespace_},
                          {"name", cause.name},
                          {"uid", cause.uid}}}};
    writer_.create(kEvents, event, done);
}

}  // namespace dunlin::k8s
