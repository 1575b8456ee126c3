// Keeps the node at what its objects ask for. One flag, raised by any store or kernel event; one posted run
// clears it, computes the whole wanted state and brings speaker, kernel and claims to it. Nothing happens
// before every store has had its first list and the first kernel dump is in, so that a restart neither
// withdraws nor deletes what is about to be wanted.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/app/claimer.h"
#include "agent/app/cluster_builder.h"
#include "agent/app/fib_export.h"
#include "agent/app/local_routes.h"
#include "agent/claim.h"
#include "agent/desired/desired.h"
#include "bgp/speaker.h"
#include "k8s/store.h"
#include "netlink/kernel.h"

namespace dunlin::agent {

struct ReconcilerCounters {
    std::uint64_t runs = 0, changes = 0;
    Duration longest{};
};

class Reconciler {
public:
    struct Parts {
        boost::asio::io_context& io;
        bgp::Speaker& speaker;
        netlink::Kernel* kernel = nullptr;  // null: there is none to read
        k8s::ObjectWriter* writer = nullptr;
        std::vector<const k8s::Store*> stores{};
        std::vector<const k8s::Store*> service_stores{};  // filled from watch_services on
        std::function<void()> watch_services{};
        const WorkloadFiles* workloads = nullptr;  // null: nobody writes any
        bool program_kernel = true;                // false (--kernel off): it is read, and nothing is written
        bool restarted = false;                    // an agent ran here before, since the machine has booted
    };
    struct Callbacks {
        std::function<void(const Desired&)> on_desired;  // a new wanted state is in force
        std::function<void()> on_speaker_work;           // the driver has actions to perform
        std::function<void(bool warning, const std::string& message)> on_log;
    };
    Reconciler(Parts parts, Options options, std::string secret_namespace, std::uint32_t kernel_table,
               Callbacks callbacks);

    void mark_changed();
    // Routes of the speaker that the kernel is to have; called after the speaker worked.
    void drain_fib();
    bool synced() const;  // stores and kernel
    const Desired& desired() const { return desired_; }
    const Cluster& cluster() const { return builder_.cluster(); }
    const ReconcilerCounters& counters() const { return counters_; }
    bool announced(const Prefix& block) const;

private:
    void run();
    bool update_cluster(Time now);
    void apply_tunnels();
    bool programs_kernel() const { return parts_.kernel != nullptr && parts_.program_kernel; }
    void begin_restart(Time now);
    void apply_kernel_statics(Time now);
    void apply_peers(Time now);
    void apply_local_routes(Time now);
    void apply_claims(const Claims& claims);
    void report_problems(const std::vector<Problem>& before);
    void allow_removal_when_settled(Time now);
    bool neighbours_settled() const;
    void bring(bgp::LocalProtocol protocol, LocalRoutes wanted, Time now);
    LocalRoutes learned_routes() const;
    void run_again_in(Duration wait);

    Parts parts_;
    Options options_;
    std::string secret_namespace_;
    Callbacks callbacks_;
    boost::asio::steady_timer timer_;
    ClusterBuilder builder_;
    std::optional<Claimer> claimer_;
    std::uint32_t kernel_table_;
    Desired desired_;
    bool posted_ = false, first_run_done_ = false, removal_allowed_ = false, services_used_ = false;
    Time services_deadline_ = kNever;
    Tunnels tunnels_;  // as routes have them
    Time removal_deadline_ = kNever;
    std::map<Prefix, netlink::KernelRoute> kernel_statics_;
    std::map<Prefix, Time> retiring_;  // withdrawn, to be taken out of the kernel then
    std::map<bgp::LocalProtocol, LocalRoutes> local_;
    std::uint64_t alien_version_ = 0;
    ReconcilerCounters counters_;
};

}  // namespace dunlin::agent
