#include "agent/app/calico_reporter.h"

#include <algorithm>

#include "agent/api/fields.h"
#include "agent/app/resources.h"
#include "agent/calico_status.h"
#include "agent/show/time_text.h"

namespace dunlin::agent {
namespace {

constexpr Seconds kPeriod{1};
constexpr std::int64_t kLongestPeriod = 86'400;

std::vector<std::string> classes_of(const nlohmann::json& spec) {
    std::vector<std::string> out;
    const nlohmann::json& classes = member(spec, "classes");
    if (!classes.is_array()) return out;
    for (const auto& each : classes) {
        if (each.is_string()) out.push_back(each.get<std::string>());
    }
    return out;
}

}  // namespace

CalicoReporter::CalicoReporter(boost::asio::io_context& io, const DaemonOptions& options, Parts parts)
    : node_(options.node_name),
      parts_(std::move(parts)),
      timer_(io),
      store_(calico_node_statuses(options.api_group)),
      reflector_(io, *parts_.source.transport(), store_) {}

void CalicoReporter::start() {
    reflector_.start();
    look();
}

void CalicoReporter::stop() {
    timer_.cancel();
    reflector_.stop();
}

void CalicoReporter::look() {
    const Time now = Clock::now();
    std::erase_if(reported_, [&](const auto& entry) { return store_.find({"", entry.first}) == nullptr; });
    for (const auto& [key, object] : store_.objects()) {
        const nlohmann::json& spec = member(*object->json, "spec");
        if (!spec.is_object() || member(spec, "node") != node_) continue;
        const Reported& last = reported_[key.name];
        if (last.generation != object->generation || now >= last.next) report(*object, now);
    }
    timer_.expires_after(kPeriod);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) look();
    });
}

void CalicoReporter::report(const k8s::RawObject& object, Time now) {
    const nlohmann::json& spec = member(*object.json, "spec");
    const auto classes = classes_of(spec);
    const bool routes = std::ranges::find(classes, "Routes") != classes.end();
    nlohmann::json status =
        calico_node_status(parts_.view(), classes, routes ? parts_.routes() : std::vector<RouteView>());
    Reported& last = reported_[object.key.name];
    const nlohmann::json& wanted = member(spec, "updatePeriodSeconds");
    const std::int64_t period = wanted.is_number_integer()
                                    ? std::clamp<std::int64_t>(wanted.get<std::int64_t>(), 0, kLongestPeriod)
                                    : 10;
    // 0: once for each change of the spec.
    last.next = period == 0 ? kNever : now + Seconds(period);
    const bool same = last.generation == object.generation && last.status == status;
    last.generation = object.generation;
    if (same) return;
    last.status = status;
    status["lastUpdated"] = rfc3339(std::chrono::system_clock::now());
    const nlohmann::json patch = {{"apiVersion", store_.resource().api_version()},
                                  {"kind", "CalicoNodeStatus"},
                                  {"metadata", {{"name", object.key.name}}},
                                  {"status", std::move(status)}};
    parts_.source.writer().apply(store_.resource(), object.key, patch, "status",
                                 [this, name = object.key.name](const Result<Done, k8s::WriteError>& done) {
                                     if (done) return;
                                     reported_.erase(name);  // once more, next time
                                     parts_.log.limited(LogLevel::warn,
                                                        "status of CalicoNodeStatus " + name +
                                                            " could not be written: " + done.error().message);
                                 });
}

}  // namespace dunlin::agent
