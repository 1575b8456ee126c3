// Writes what `kubectl get` shows: this node's own BGPNodeStatus, and, where this agent is the elected writer
// (always, with a directory), the status of the shared objects from the BGPNodeStatus objects of all nodes.
// What to write and when is decided in agent/status; here it is only carried out.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/app/object_source.h"
#include "agent/app/reconciler.h"
#include "agent/app/status_files.h"
#include "agent/log.h"
#include "agent/status.h"

namespace dunlin::k8s {
class Lease;
class Reflector;
}  // namespace dunlin::k8s

namespace dunlin::agent {

class StatusPublisher {
public:
    using View = std::function<NodeView()>;
    StatusPublisher(boost::asio::io_context& io, const DaemonOptions& options, ObjectSource& source,
                    Reconciler& reconciler, Log& log, View view);
    ~StatusPublisher();
    StatusPublisher(const StatusPublisher&) = delete;
    StatusPublisher& operator=(const StatusPublisher&) = delete;

    void start();
    void stop();
    void changed();  // something that people act on may have changed: look soon
    std::uint64_t writes() const { return writes_; }
    std::uint64_t failures() const { return failures_; }

private:
    struct Written;
    void look();
    void look_again(Duration wait);
    void publish_node(const NodeView& view, Time now);
    void publish_shared(const NodeView& view, Time now);
    void publish_subject(const k8s::Resource& resource, const StatusSubject& subject,
                         const nlohmann::json& status, Time now);
    void write(const std::string& what, const k8s::Resource& resource, const nlohmann::json& object);
    void finished(const std::string& what, const Result<Done, k8s::WriteError>& done);
    void lead(bool leading);
    ClusterStatus::Nodes node_statuses();
    nlohmann::json previous_status(const k8s::RawObject& object);

    boost::asio::io_context& io_;
    std::string node_;
    bool shared_;  // Calico's objects have no status of ours
    ObjectSource& source_;
    Reconciler& reconciler_;
    Log& log_;
    View view_;
    std::optional<StatusFiles> files_;  // with a directory instead of an API server
    boost::asio::steady_timer timer_;
    Time due_ = kNever;
    Time rest_until_{};
    std::map<std::string, std::unique_ptr<Written>> written_;  // by "BGPPeer/tor-a"
    bool object_made_ = false;  // our BGPNodeStatus exists, so that its status can be applied
    std::unique_ptr<k8s::Lease> lease_;
    std::unique_ptr<k8s::Store> statuses_;  // of all nodes, while we lead
    std::unique_ptr<k8s::Reflector> statuses_reflector_;
    std::uint64_t writes_ = 0, failures_ = 0;
};

}  // namespace dunlin::agent
