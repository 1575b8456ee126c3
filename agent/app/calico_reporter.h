// Fills the CalicoNodeStatus objects of this node, where users have made some: each as often as it asks, and
// only when something is different. Follows them on its own, since the agent works without them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/app/object_source.h"
#include "agent/log.h"
#include "agent/show/view.h"
#include "k8s/reflector.h"

namespace dunlin::agent {

class CalicoReporter {
public:
    struct Parts {
        ObjectSource& source;  // with an API server
        std::function<NodeView()> view;
        std::function<std::vector<RouteView>()> routes;
        Log& log;
    };
    CalicoReporter(boost::asio::io_context& io, const DaemonOptions& options, Parts parts);

    void start();
    void stop();

private:
    struct Reported {
        std::int64_t generation = -1;
        Time next{};
        nlohmann::json status;  // without lastUpdated
    };
    void look();
    void report(const k8s::RawObject& object, Time now);

    std::string node_;
    Parts parts_;
    boost::asio::steady_timer timer_;
    k8s::Store store_;
    k8s::Reflector reflector_;
    std::map<std::string, Reported> reported_;  // by name
};

}  // namespace dunlin::agent
