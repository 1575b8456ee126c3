// Keeps the address of this node's Node object at what the machine has, for an agent that is asked to
// (--node-address on). What it should be is agent/node_address.h; here it is looked at from time to time, and
// written as annotations.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "agent/cluster.h"
#include "agent/log.h"
#include "agent/node_address.h"
#include "agent/options.h"
#include "k8s/writer.h"
#include "netlink/kernel.h"

namespace dunlin::agent {

class NodeAddressKeeper {
public:
    struct Parts {
        k8s::ObjectWriter& writer;
        const netlink::Kernel& kernel;
        std::function<const Cluster*()> cluster;  // null: not known yet
        Log& log;
        // An address that was given and that another node has, at the start: the agent must not run with it.
        std::function<void(const Error&)> refuse;
    };
    NodeAddressKeeper(boost::asio::io_context& io, const DaemonOptions& options, Parts parts);

    void start() { look_again(Duration(0)); }
    void stop() { timer_.cancel(); }

private:
    void look();
    void look_again(Duration wait);
    AddressFacts facts(Family family, const Cluster& cluster) const;
    bool add(Family family, const Cluster& cluster, nlohmann::json& annotations);
    void write(const nlohmann::json& annotations);
    std::string annotation(Family family) const;

    const DaemonOptions& options_;
    Parts parts_;
    boost::asio::steady_timer timer_;
    bool busy_ = false;
    bool first_look_ = true;
};

}  // namespace dunlin::agent
