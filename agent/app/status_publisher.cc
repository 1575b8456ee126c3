#include "agent/app/status_publisher.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/app/resources.h"
#include "k8s/lease.h"
#include "k8s/reflector.h"

namespace dunlin::agent {
namespace {

constexpr Duration kSoon = std::chrono::milliseconds(50);  // several changes at once are one write
constexpr Seconds kPeriod{5};                              // an unasked-for look
constexpr int kShare =
    10;  // a look that took long has the next one wait ten times as long: sessions go first
const char* const kShared[] = {"BGPPeer", "BGPConfiguration", "BGPFilter", "IPPool"};

bool is_shared(const std::string& kind) {
    return std::find(std::begin(kShared), std::end(kShared), kind) != std::end(kShared);
}

}  // namespace

struct StatusPublisher::Written {
    StatusGate gate;
    nlohmann::json last, underway;
    bool busy = false;
};

StatusPublisher::StatusPublisher(boost::asio::io_context& io, const DaemonOptions& options,
                                 ObjectSource& source, Reconciler& reconciler, Log& log, View view)
    : io_(io),
      node_(options.node_name),
      shared_(options.api_group == ApiGroup::dunlin),
      source_(source),
      reconciler_(reconciler),
      log_(log),
      view_(std::move(view)),
      timer_(io) {
    if (!source.directory().empty()) files_.emplace(source.directory());
}

StatusPublisher::~StatusPublisher() = default;

void StatusPublisher::start() {
    if (k8s::Transport* transport = shared_ ? source_.transport() : nullptr) {
        k8s::LeaseOptions options;
        options.namespace_ = source_.secret_namespace();
        options.identity = node_;
        k8s::LeaseCallbacks callbacks;
        callbacks.on_change = [this](bool leading) { lead(leading); };
        callbacks.log = [this](const std::string& text) { log_.limited(LogLevel::warn, text); };
        lease_ = std::make_unique<k8s::Lease>(io_, *transport, std::move(options), std::move(callbacks));
        lease_->start();
    }
    look_again(kSoon);
}

void StatusPublisher::stop() {
    timer_.cancel();
    statuses_reflector_.reset();
}

// Only the elected writer follows the status of all nodes: a stream a node would be a load that grows with
// the square.
void StatusPublisher::lead(bool leading) {
    log_.info(leading ? "writes the status of shared objects from now on"
                      : "no longer writes the status of shared objects");
    statuses_reflector_.reset();
    statuses_.reset();
    if (!leading) return;
    statuses_ = std::make_unique<k8s::Store>(resource_of(ApiGroup::dunlin, "BGPNodeStatus"));
    statuses_->on_change([this] {
        statuses_->take_changed();
        changed();
    });
    statuses_reflector_ = std::make_unique<k8s::Reflector>(io_, *source_.transport(), *statuses_);
    statuses_reflector_->start();
}

void StatusPublisher::changed() { look_again(kSoon); }

void StatusPublisher::look_again(Duration wait) {
    const Time at = std::max(Clock::now() + wait, rest_until_);
    if (at >= due_) return;
    due_ = at;
    timer_.expires_at(at);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        due_ = kNever;
        look();
    });
}

void StatusPublisher::look() {
    const Time now = Clock::now();
    if (reconciler_.synced()) {
        const NodeView view = view_();
        // Before ours is written: after that what we wrote is known without being read.
        if (shared_) publish_shared(view, now);
        publish_node(view, now);
    }
    const Time end = Clock::now();
    rest_until_ = end + kShare * (end - now);
    look_again(kPeriod);
}

void StatusPublisher::publish_node(const NodeView& view, Time now) {
    auto& written = written_["BGPNodeStatus/" + node_];
    if (written == nullptr) {
        written = std::make_unique<Written>();
        // What an earlier run wrote: conditions that hold still have held since then.
        if (files_) written->last = {{"status", files_->status_of("BGPNodeStatus", node_)}};
    }
    if (written->busy) return;
    if (const Time earliest = written->gate.earliest(); earliest > now) {
        look_again(earliest - now);
        return;
    }
    nlohmann::json object = node_status(view, written->last);
    const auto due = written->gate.due(object, now);
    if (!due) return;
    if (*due > now) {
        look_again(*due - now);
        return;
    }
    const k8s::Resource resource = resource_of(ApiGroup::dunlin, "BGPNodeStatus");
    written->underway = object;
    written->busy = true;
    if (object_made_ || files_) {
        write("BGPNodeStatus/" + node_, resource, object);
        return;
    }
    nlohmann::json bare = object;
    bare.erase("status");
    source_.writer().apply(resource, {"", node_}, bare, "",
                           [this, object, resource](const Result<Done, k8s::WriteError>& done) {
                               if (!done) {
                                   finished("BGPNodeStatus/" + node_, done);
                                   return;
                               }
                               object_made_ = true;
                               write("BGPNodeStatus/" + node_, resource, object);
                           });
}

ClusterStatus::Nodes StatusPublisher::node_statuses() {
    if (files_) return files_->node_statuses();
    ClusterStatus::Nodes out;
    if (statuses_ == nullptr) return out;
    for (const auto& [key, object] : statuses_->objects()) out.push_back(object->json);
    return out;
}

nlohmann::json StatusPublisher::previous_status(const k8s::RawObject& object) {
    if (files_) return files_->status_of(object.kind, object.key.name);
    const auto found = object.json->find("status");
    return found == object.json->end() ? nlohmann::json() : *found;
}

void StatusPublisher::publish_shared(const NodeView& view, Time now) {
    const bool elected = files_ || (statuses_ != nullptr && statuses_->synced());
    if (!elected) return;
    const ClusterStatus nodes(node_statuses());
    std::map<std::string, PoolView> pools;
    for (const auto& pool : view.pools) pools.emplace(pool.name, pool);
    for (const k8s::Store* store : source_.stores()) {
        const k8s::Resource& resource = store->resource();
        if (!is_shared(resource.kind)) continue;
        for (const auto& [key, object] : store->objects()) {
            const StatusSubject subject{resource.kind, key.name, object->generation};
            const nlohmann::json previous = previous_status(*object);
            nlohmann::json status;
            if (resource.kind == "BGPPeer") {
                status = peer_status(subject, nodes, previous, view.now);
            } else if (resource.kind == "IPPool") {
                status = pool_status(subject, pools[key.name], nodes, previous, view.now);
            } else {
                status = accepted_status(subject, nodes, previous, view.now);
            }
            if (status != previous) publish_subject(resource, subject, status, now);
        }
    }
}

void StatusPublisher::publish_subject(const k8s::Resource& resource, const StatusSubject& subject,
                                      const nlohmann::json& status, Time now) {
    const std::string what = subject.kind + "/" + subject.name;
    auto& written = written_[what];
    if (written == nullptr) written = std::make_unique<Written>();
    if (written->busy) return;
    const nlohmann::json patch = status_patch(subject, status);
    const auto due = written->gate.due(patch, now);
    if (!due) return;
    if (*due > now) {
        look_again(*due - now);
        return;
    }
    written->underway = patch;
    written->busy = true;
    write(what, resource, patch);
}

void StatusPublisher::write(const std::string& what, const k8s::Resource& resource,
                            const nlohmann::json& object) {
    const std::string name = object.at("metadata").at("name").get<std::string>();
    source_.writer().apply(resource, {"", name}, object, "status",
                           [this, what](const Result<Done, k8s::WriteError>& done) { finished(what, done); });
}

void StatusPublisher::finished(const std::string& what, const Result<Done, k8s::WriteError>& done) {
    const auto found = written_.find(what);
    if (found == written_.end()) return;
    Written& written = *found->second;
    written.busy = false;
    if (done) {
        ++writes_;
        written.gate.written(written.underway, Clock::now());
        written.last = std::move(written.underway);
        if (files_ && what == "BGPNodeStatus/" + node_) files_->wrote("BGPNodeStatus", node_, written.last);
        changed();
        return;
    }
    ++failures_;
    written.gate.failed(Clock::now());
    if (done.error().kind == k8s::WriteError::Kind::not_found) object_made_ = false;
    log_.limited(LogLevel::warn, "status of " + what + " could not be written: " + done.error().message);
}

}  // namespace dunlin::agent
