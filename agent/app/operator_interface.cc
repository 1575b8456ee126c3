#include "agent/app/operator_interface.h"

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "agent/app/calico_reporter.h"
#include "agent/app/commands.h"
#include "agent/app/status_publisher.h"
#include "agent/app/view_builder.h"
#include "agent/bird_socket.h"
#include "agent/control_socket.h"
#include "agent/http_endpoint.h"
#include "agent/metrics.h"
#include "agent/show/bird.h"
#include "agent/show/plan.h"

namespace dunlin::agent {
namespace {

constexpr Duration kBeat = std::chrono::milliseconds(250);  // how often the loop's own lateness is measured

}  // namespace

class OperatorInterface::Impl {
public:
    Impl(boost::asio::io_context& io, const DaemonOptions& options, Log& log, Parts parts)
        : io_(io),
          options_(options),
          log_(log),
          parts_(parts),
          beat_(io),
          start_(std::chrono::system_clock::now()),
          publisher_(io, options, parts.source, parts.reconciler, log, [this] { return view(); }) {}

    Result<Done, Error> start() {
        auto control = ControlSocket::open(io_, options_.control_socket, [this](const Request& request) {
            return answer(commands(), request);
        });
        if (!control) return Unexpected{control.error()};
        control_ = std::move(*control);
        if (auto failed = open_bird_socket(Family::ipv4, options_.bird_socket, "--bird-socket")) {
            return Unexpected{std::move(*failed)};
        }
        if (auto failed = open_bird_socket(Family::ipv6, options_.bird6_socket, "--bird6-socket")) {
            return Unexpected{std::move(*failed)};
        }
        if (options_.http_listen) {
            auto http = HttpEndpoint::open(io_, options_.http_listen->address, options_.http_listen->port,
                                           [this](std::string_view path) { return page(path); });
            if (!http) return Unexpected{http.error()};
            http_ = std::move(*http);
        }
        if (options_.api_group != ApiGroup::dunlin && parts_.source.transport() != nullptr) {
            reporter_ = std::make_unique<CalicoReporter>(
                io_, options_,
                CalicoReporter::Parts{parts_.source, [this] { return view(); },
                                      [this] { return all_routes(); }, log_});
            reporter_->start();
        }
        beat();
        publisher_.start();
        return Done{};
    }

    void stop() {
        publisher_.stop();
        if (reporter_ != nullptr) reporter_->stop();
        beat_.cancel();
        http_.reset();
        for (auto& socket : bird_) socket.reset();
        control_.reset();
    }

    void session_changed() { publisher_.changed(); }

private:
    std::optional<Error> open_bird_socket(Family family, const std::optional<std::string>& path,
                                          const char* flag) {
        if (!path) return std::nullopt;
        const BirdParts parts{family, [this] { return view(); },
                              [this](const ShowRoute& request) { return find_routes(commands(), request); }};
        auto socket = BirdSocket::open(io_, *path, flag,
                                       [parts](std::string_view line) { return bird_answer(parts, line); });
        if (!socket) return socket.error();
        bird_[static_cast<std::size_t>(family)] = std::move(*socket);
        return std::nullopt;
    }

    std::vector<RouteView> all_routes() {
        auto routes = find_routes(commands(), {});
        return routes ? *std::move(routes) : std::vector<RouteView>();
    }

    CommandParts commands() {
        return {parts_.speaker, parts_.speaker_io, [this] { return view(); },
                [this] { return plan_json(parts_.reconciler.cluster(), parts_.reconciler.desired()); },
                [this] { return plan_input(); }};
    }

    PlanInput plan_input() const {
        PlanInput out;
        out.options = options_.desired_options();
        out.options.env["NAMESPACE"] = parts_.source.secret_namespace();
        out.api_group = options_.api_group;
        out.machine_addresses = parts_.reconciler.cluster().machine_addresses;
        auto stores = parts_.source.readable_stores();
        const auto services = parts_.source.service_stores();
        stores.insert(stores.end(), services.begin(), services.end());
        if (parts_.workloads != nullptr) out.workloads = parts_.workloads->workloads();
        for (const k8s::Store* store : stores) {
            for (const auto& [key, object] : store->objects()) {
                nlohmann::json& last = out.objects.emplace_back(*object->json);
                last["kind"] = store->resource().kind;  // not in the items of a list
                last["apiVersion"] = store->resource().api_version();
            }
        }
        return out;
    }

    NodeView view() const {
        const ViewParts parts{parts_.speaker, parts_.kernel, parts_.reconciler, parts_.source.stores()};
        NodeView out = node_view(parts, options_.node_name, start_);
        out.sources = parts_.source.views();
        out.api_up = parts_.source.api_up();
        out.longest_stall_s = std::chrono::duration<double>(longest_stall_).count();
        out.counters["status_writes_total"] = publisher_.writes();
        out.counters["status_write_failures_total"] = publisher_.failures();
        out.counters["strangers_refused_total"] = parts_.speaker_io.counters().strangers;
        return out;
    }

    HttpReply page(std::string_view path) const {
        if (path == "/metrics") return {200, metrics_text(view()), kMetricsContentType};
        // That an answer comes at all says that the loop turns.
        if (path == "/healthz") return {200, "ok\n", "text/plain; charset=utf-8"};
        if (path == "/readyz") return ready();
        return {404, "there is /metrics, /healthz and /readyz\n", "text/plain; charset=utf-8"};
    }

    HttpReply ready() const {
        if (parts_.reconciler.synced()) return {200, "ok\n", "text/plain; charset=utf-8"};
        std::string why;
        if (parts_.kernel != nullptr && !parts_.kernel->synced()) why += "kernel routes not read yet\n";
        for (const auto& source : parts_.source.views()) {
            if (source.state != "Synced")
                why += source.resource + ": " + source.state + " " + source.message + "\n";
        }
        return {503, why.empty() ? "not synced yet\n" : why, "text/plain; charset=utf-8"};
    }

    void beat() {
        const Time due = Clock::now() + kBeat;
        beat_.expires_at(due);
        beat_.async_wait([this, due](const boost::system::error_code& cancelled) {
            if (cancelled) return;
            longest_stall_ = std::max(longest_stall_, Clock::now() - due);
            beat();
        });
    }

    boost::asio::io_context& io_;
    const DaemonOptions& options_;
    Log& log_;
    Parts parts_;
    boost::asio::steady_timer beat_;
    WallTime start_;
    Duration longest_stall_{};
    StatusPublisher publisher_;
    std::unique_ptr<CalicoReporter> reporter_;  // null: no objects of Calico
    std::unique_ptr<ControlSocket> control_;
    std::array<std::unique_ptr<BirdSocket>, 2> bird_;  // by Family
    std::unique_ptr<HttpEndpoint> http_;
};

OperatorInterface::OperatorInterface(boost::asio::io_context& io, const DaemonOptions& options, Log& log,
                                     Parts parts)
    : impl_(std::make_unique<Impl>(io, options, log, parts)) {}
OperatorInterface::~OperatorInterface() = default;
Result<Done, Error> OperatorInterface::start() { return impl_->start(); }
void OperatorInterface::stop() { impl_->stop(); }
void OperatorInterface::session_changed() { impl_->session_changed(); }

}  // namespace dunlin::agent
