// What the agent offers and tells: the control socket, /metrics and the probes, and the status objects. Reads
// the other parts; changes nothing but neighbours that an operator names.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "agent/app/object_source.h"
#include "agent/app/reconciler.h"
#include "agent/app/workload_files.h"
#include "agent/log.h"
#include "bgp/io/speaker_io.h"

namespace dunlin::agent {

class OperatorInterface {
public:
    struct Parts {
        bgp::Speaker& speaker;
        bgp::io::SpeakerIo& speaker_io;
        netlink::Kernel* kernel;  // null: --kernel off
        Reconciler& reconciler;
        ObjectSource& source;
        const WorkloadFiles* workloads;  // null: nobody writes any
    };
    OperatorInterface(boost::asio::io_context& io, const DaemonOptions& options, Log& log, Parts parts);
    ~OperatorInterface();
    OperatorInterface(const OperatorInterface&) = delete;
    OperatorInterface& operator=(const OperatorInterface&) = delete;

    Result<Done, Error> start();
    void stop();
    void session_changed();  // a session came up, went down or failed: worth telling at once

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dunlin::agent
