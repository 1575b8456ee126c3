// Events of events.k8s.io/v1, as `kubectl describe` shows them. What happens again for the same cause within
// a minute is counted, not written; then the event becomes a series. EventSeries is the pure part. Only in a
// cluster: with a directory there is nobody to read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "bgp/base/time.h"
#include "k8s/writer.h"

namespace dunlin::k8s {

struct EventCause {
    std::string api_version, kind, namespace_, name, uid;  // of the object it is about
    bool warning = false;
    std::string reason;  // "SessionDown": a word for programs
    std::string action;  // "Connect": what was being done

    auto key() const { return std::tie(api_version, kind, namespace_, name, reason, action, warning); }
    friend bool operator<(const EventCause& a, const EventCause& b) { return a.key() < b.key(); }
};

struct EventLimits {
    Duration apart = Seconds(60);           // at most one write in this time for a cause
    Duration forget_after = Seconds(3600);  // a cause that was silent so long begins a new event
    std::size_t most_causes = 1000;         // of those remembered
};

class EventSeries {
public:
    explicit EventSeries(EventLimits limits = {}) : limits_(limits) {}

    struct Write {
        std::string name;         // of the event
        std::uint64_t count = 1;  // 1: a new event; more: the series has come to this
    };
    // It happened. `suffix` makes the name of a new event unlike all others. Nothing: counted for later.
    std::optional<Write> happened(const EventCause& cause, const std::string& suffix, Time now);
    std::size_t causes() const { return known_.size(); }

private:
    struct Known {
        std::string name;
        std::uint64_t count = 0;
        Time written, last;
    };
    void forget(Time now);

    EventLimits limits_;
    std::map<EventCause, Known> known_;
};

class Events {
public:
    // `component`: "dunlin"; `instance`: the node. `log` hears of events that could not be written.
    Events(ObjectWriter& writer, std::string component, std::string instance,
           std::function<void(const std::string&)> log = {}, EventLimits limits = {});

    // `note` is for a person, at most 1 KiB; of a series that of its first event stays.
    void happened(const EventCause& cause, const std::string& note);

private:
    ObjectWriter& writer_;
    const std::string component_, instance_;
    const std::shared_ptr<const std::function<void(const std::string&)>> log_;
    EventSeries series_;
};

}  // namespace dunlin::k8s
