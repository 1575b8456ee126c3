#include "agent/app/app.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <random>

#include "agent/app/node_address_keeper.h"
#include "agent/app/object_source.h"
#include "agent/app/operator_interface.h"
#include "agent/app/reconciler.h"
#include "agent/app/restart_marker.h"
#include "agent/app/workload_files.h"
#include "agent/log.h"
#include "bgp/base/hex.h"
#include "bgp/io/speaker_io.h"
#include "bgp/io/tcp_ao.h"
#include "netlink/kernel.h"

namespace dunlin::agent {
namespace {

LogLevel level_of(netlink::Severity severity) {
    switch (severity) {
        case netlink::Severity::debug:
            return LogLevel::debug;
        case netlink::Severity::info:
            return LogLevel::info;
        case netlink::Severity::warning:
            return LogLevel::warn;
        case netlink::Severity::error:
            return LogLevel::error;
    }
    return LogLevel::info;
}

class App {
public:
    explicit App(const DaemonOptions& options)
        : options_(options),
          log_(options.log_level, options.log_format, options.node_name),
          signals_(io_, SIGTERM, SIGINT),
          speaker_(first_settings()),
          speaker_io_(io_, speaker_, hooks()) {}

    Result<Done, Error> run() {
        for (const auto& warning : options_.warnings) log_.warn(warning);
        log_.info("dunlind " DUNLIN_VERSION " starts", {{"node", options_.node_name}});
        if (const auto made = make_parts(); !made) return made;
        signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
            if (!cancelled) stop(signal);
        });
        source_->start();
        reconciler_->mark_changed();
        io_.run();
        return Done{};
    }

private:
    // Until the first objects are there no neighbour is configured, so this router id is never used.
    static bgp::SpeakerSettings first_settings() {
        bgp::SpeakerSettings out;
        std::random_device random;
        out.hash_seed = std::uint64_t{random()} << 32 | random();
        return out;
    }

    Result<Done, Error> make_parts() {
        restarted_ = note_start(options_.state_dir, [this](const std::string& text) { log_.warn(text); });
        if (auto started = start_kernel(); !started) return started;
        auto source = ObjectSource::make(
            io_, options_,
            {[this] { changed(); },
             [this](LogLevel level, const std::string& text) { log_.limited(level, text); }});
        if (!source) return Unexpected{source.error()};
        source_ = std::move(*source);
        if (options_.endpoint_status) {
            workloads_ =
                std::make_unique<WorkloadFiles>(io_, *options_.endpoint_status, [this] { changed(); });
            workloads_->start();
        }
        Reconciler::Parts parts{io_, speaker_};
        parts.kernel = kernel_.get();
        parts.writer = &source_->writer();
        parts.stores = source_->readable_stores();
        parts.service_stores = source_->service_stores();
        parts.watch_services = [this] { source_->watch_services(); };
        parts.workloads = workloads_.get();
        parts.program_kernel = options_.kernel;
        parts.restarted = restarted_;
        Options desired = options_.desired_options();
        desired.kernel_has_tcp_ao = bgp::io::kernel_has_tcp_ao();
        reconciler_ =
            std::make_unique<Reconciler>(std::move(parts), std::move(desired), source_->secret_namespace(),
                                         options_.kernel_table, reconciler_callbacks());
        if (options_.node_address) {
            keeper_ = std::make_unique<NodeAddressKeeper>(
                io_, options_,
                NodeAddressKeeper::Parts{
                    source_->writer(), *kernel_,
                    [this] { return reconciler_->synced() ? &reconciler_->cluster() : nullptr; }, log_,
                    [this](const Error& why) {
                        failure_ = why;
                        stop(0);
                    }});
            keeper_->start();
        }
        operator_interface_ = std::make_unique<OperatorInterface>(
            io_, options_, log_,
            OperatorInterface::Parts{speaker_, speaker_io_, kernel_.get(), *reconciler_, *source_,
                                     workloads_.get()});
        return operator_interface_->start();
    }

    Result<Done, Error> start_kernel() {
        netlink::KernelOptions kernel;
        kernel.table = options_.kernel_table;
        kernel.protocol = options_.route_protocol;
        kernel.read_only = !options_.kernel;
        kernel_ = std::make_unique<netlink::Kernel>(io_, kernel);
        netlink::KernelCallbacks callbacks;
        callbacks.on_changed = [this] { changed(); };
        callbacks.on_log = [this](netlink::Severity severity, const std::string& text) {
            log_.limited(level_of(severity), text);
        };
        return kernel_->start(callbacks);
    }

    Reconciler::Callbacks reconciler_callbacks() {
        Reconciler::Callbacks out;
        out.on_desired = [this](const Desired& desired) { listen(desired); };
        out.on_speaker_work = [this] { speaker_io_.wake(); };
        out.on_log = [this](bool warning, const std::string& text) {
            log_.limited(warning ? LogLevel::warn : LogLevel::info, text);
        };
        return out;
    }

    // A port that is taken is no reason to stop what runs; at the start it is.
    void listen(const Desired& desired) {
        std::vector<bgp::io::ListenAddress> addresses;
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            const DesiredFamily& part = desired.of(family);
            if (!part.bgp_enabled) continue;
            addresses.push_back({part.listen_address.value_or(IpAddress::any(family)), part.listen_port, {}});
        }
        const auto done = speaker_io_.listen(addresses);
        if (done) {
            listened_ = true;
            return;
        }
        log_.error(done.error().message);
        if (!listened_) {
            failure_ = done.error();
            stop(0);
        }
    }

    bgp::io::IoHooks hooks() {
        bgp::io::IoHooks out;
        out.action = [this](bgp::PeerId peer, const bgp::PeerAction& action) { log_action(peer, action); };
        out.malformed = [this](const bgp::MalformedUpdate& update) { log_malformed(update); };
        out.progress = [this] { progress(); };
        out.problem = [this](const std::string& text) { log_.limited(LogLevel::warn, text); };
        return out;
    }

    void progress() {
        if (reconciler_ == nullptr) return;
        reconciler_->drain_fib();
    }

    std::string address_of(bgp::PeerId id) const {
        const bgp::PeerSettings* settings = speaker_.settings_of(id);
        return settings == nullptr ? "?" : settings->session.transport.peer_address.to_string();
    }

    void log_malformed(const bgp::MalformedUpdate& update) {
        constexpr std::size_t kMostPrefixes = 50;
        const std::size_t more = update.prefixes.size() - std::min(update.prefixes.size(), kMostPrefixes);
        std::string prefixes;
        for (std::size_t i = 0; i + more < update.prefixes.size(); ++i)
            prefixes += (i == 0 ? "" : " ") + update.prefixes[i].to_string();
        if (more > 0) prefixes += " and " + std::to_string(more) + " more";
        log_.warn("malformed UPDATE", {{"peer", address_of(update.peer)},
                                       {"reason", update.what},
                                       {"cost", update.cost},
                                       {"prefix", prefixes},
                                       {"untold", std::to_string(update.untold)},
                                       {"update", hex(update.message)}});
    }

    void log_action(bgp::PeerId id, const bgp::PeerAction& action) {
        const std::string peer = address_of(id);
        if (const auto* up = std::get_if<bgp::Up>(&action)) {
            log_.info("session up", {{"peer", peer},
                                     {"to", "Established"},
                                     {"as", std::to_string(up->session.peer_as.value())},
                                     {"hold", std::to_string(up->session.hold.count()) + "s"}});
            if (operator_interface_ != nullptr) operator_interface_->session_changed();
        } else if (const auto* down = std::get_if<bgp::Down>(&action)) {
            log_.warn("session down", {{"peer", peer},
                                       {"from", "Established"},
                                       {"reason", std::string(bgp::name(down->why.reason))},
                                       {"detail", down->why.message}});
            if (operator_interface_ != nullptr) operator_interface_->session_changed();
        } else if (std::holds_alternative<bgp::ApplyLive>(action)) {
            log_.limited(LogLevel::info, "TCP MD5 key or TTL set on the live socket", {{"peer", peer}});
        } else if (const auto* failed = std::get_if<bgp::Failed>(&action)) {
            log_.limited(LogLevel::info, "no session",
                         {{"peer", peer},
                          {"reason", std::string(bgp::name(failed->why.reason))},
                          {"detail", failed->why.message}});
            if (operator_interface_ != nullptr) operator_interface_->session_changed();
        }
    }

    void changed() {
        if (reconciler_ != nullptr) reconciler_->mark_changed();
    }

    // Sockets close without a NOTIFICATION and routes stay in the kernel: whoever comes next adopts them.
    void stop(int signal) {
        if (signal != 0) log_.info("stops on signal " + std::to_string(signal));
        if (source_ != nullptr) source_->stop();
        if (workloads_ != nullptr) workloads_->stop();
        if (keeper_ != nullptr) keeper_->stop();
        speaker_io_.close_all();
        if (operator_interface_ != nullptr) operator_interface_->stop();
        io_.stop();
    }

public:
    const std::optional<Error>& failure() const { return failure_; }

private:
    const DaemonOptions& options_;
    boost::asio::io_context io_{1};
    Log log_;
    boost::asio::signal_set signals_;
    bgp::Speaker speaker_;
    bgp::io::SpeakerIo speaker_io_;
    std::unique_ptr<netlink::Kernel> kernel_;
    std::unique_ptr<ObjectSource> source_;
    std::unique_ptr<WorkloadFiles> workloads_;  // null: nobody writes any
    std::unique_ptr<Reconciler> reconciler_;
    std::unique_ptr<NodeAddressKeeper> keeper_;  // null: not asked to
    std::unique_ptr<OperatorInterface> operator_interface_;
    std::optional<Error> failure_;
    bool listened_ = false;
    bool restarted_ = false;
};

}  // namespace

Result<Done, Error> run_agent(const DaemonOptions& options) {
    App app(options);
    if (auto done = app.run(); !done) return done;
    if (app.failure()) return Unexpected{*app.failure()};
    return Done{};
}

}  // namespace dunlin::agent
