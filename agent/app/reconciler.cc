#include "agent/app/reconciler.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "agent/diff.h"

namespace dunlin::agent {
namespace {

// How long own routes of an earlier run wait for the neighbours to name them again (RFC 4724's usual restart
// time).
constexpr Seconds kSettleTime{120};
// From the withdrawal of a block to the end of its blackhole: the UPDATE is on its way by then.
constexpr Duration kRetireTime = std::chrono::milliseconds(500);
// How long a start waits for Services that cannot be read.
constexpr Seconds kServicesTime{30};
constexpr Seconds kPeriod{10};  // an unasked-for look, for claims that failed
constexpr std::size_t kFibSlice = 4096;

bgp::SpeakerSettings speaker_settings(const Desired& desired, const Cluster& cluster, bool fib) {
    bgp::SpeakerSettings out;
    for (const auto& own : cluster.machine_addresses) out.own_addresses.push_back(own.address);
    if (desired.ipv4.node_address) out.own_ipv4 = desired.ipv4.node_address->address;
    if (desired.ipv6.node_address) out.own_ipv6 = desired.ipv6.node_address->address;
    out.router_id = desired.router_id.value_or(RouterId());
    out.fib = fib;
    out.normal_priority = desired.ipv4.kernel_policy.normal_priority;
    return out;
}

}  // namespace

Reconciler::Reconciler(Parts parts, Options options, std::string secret_namespace, std::uint32_t kernel_table,
                       Callbacks callbacks)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      secret_namespace_(std::move(secret_namespace)),
      callbacks_(std::move(callbacks)),
      timer_(parts_.io),
      kernel_table_(kernel_table) {
    if (parts_.writer != nullptr && options_.source() == BlockSource::pool) {
        claimer_.emplace(*parts_.writer, options_.api_group, options_.node,
                         Claimer::Callbacks{[this] { mark_changed(); }, callbacks_.on_log});
    }
}

bool Reconciler::synced() const {
    const bool stores = std::all_of(parts_.stores.begin(), parts_.stores.end(),
                                    [](const k8s::Store* store) { return store->synced(); });
    return stores && (parts_.kernel == nullptr || parts_.kernel->synced());
}

void Reconciler::mark_changed() {
    if (std::exchange(posted_, true)) return;
    boost::asio::post(parts_.io, [this] {
        posted_ = false;
        run();
    });
}

// False: something is still to come that the first plan has to know.
bool Reconciler::update_cluster(Time now) {
    if (parts_.kernel != nullptr) {
        builder_.set_machine_addresses(machine_addresses(parts_.kernel->links(), parts_.kernel->addresses()));
    }
    builder_.update(parts_.stores, secret_namespace_);
    if (parts_.workloads != nullptr) builder_.set_workloads(*parts_.workloads);
    if (!uses_services(builder_.cluster(), options_)) return true;
    if (!std::exchange(services_used_, true)) {
        services_deadline_ = now + kServicesTime;
        parts_.watch_services();
    }
    builder_.update(parts_.service_stores, secret_namespace_);
    const bool known = std::all_of(parts_.service_stores.begin(), parts_.service_stores.end(),
                                   [](const k8s::Store* store) { return store->synced(); });
    return known || first_run_done_ || now >= services_deadline_;
}

// A tunnel that came, went or was made anew: its routes are worked out again.
void Reconciler::apply_tunnels() {
    if (!programs_kernel()) return;
    Tunnels now;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        for (const auto& pool : desired_.of(family).kernel_policy.pools) {
            if (!pool.tunnel.empty()) now.emplace(pool.tunnel, 0);
        }
    }
    for (const auto& [index, link] : parts_.kernel->links()) {
        if (const auto tunnel = now.find(link.name); tunnel != now.end()) tunnel->second = index;
    }
    if (now == tunnels_) return;
    tunnels_ = std::move(now);
    parts_.speaker.resend_fib();
}

void Reconciler::run() {
    if (!synced()) return;
    const Time start = Clock::now();
    if (!update_cluster(start)) return run_again_in(kServicesTime);
    Desired wanted = desired_state(builder_.cluster(), options_);
    Claims claims;
    if (claimer_) claims = wanted_claims(builder_.cluster(), options_.node, claimer_->attempt());
    wanted.problems.insert(wanted.problems.end(), claims.problems.begin(), claims.problems.end());
    const bool changed = !first_run_done_ || wanted != desired_;
    const Desired before = std::exchange(desired_, std::move(wanted));
    if (changed) {
        ++counters_.changes;
        report_problems(before.problems);
        callbacks_.on_desired(desired_);
        if (first_run_done_ && (before.ipv4.kernel_policy != desired_.ipv4.kernel_policy ||
                                before.ipv6.kernel_policy != desired_.ipv6.kernel_policy)) {
            parts_.speaker.resend_fib();
        }
    }
    if (!first_run_done_) begin_restart(start);
    apply_tunnels();
    apply_kernel_statics(start);  // first: what an earlier run left counts as installed from then on
    apply_local_routes(start);
    apply_peers(start);
    apply_claims(claims);
    if (!std::exchange(first_run_done_, true)) removal_deadline_ = start + kSettleTime;
    drain_fib();
    allow_removal_when_settled(start);
    callbacks_.on_speaker_work();
    ++counters_.runs;
    counters_.longest = std::max(counters_.longest, Clock::now() - start);
    run_again_in(retiring_.empty() ? Duration(kPeriod) : kRetireTime);
}

// RFC 4724 4.1: our OPENs say that forwarding went on, so it has to be true.
void Reconciler::begin_restart(Time now) {
    if (!parts_.restarted) return;
    if (programs_kernel() && parts_.kernel->routes().own_count() == 0) return;
    parts_.speaker.begin_restart(now);
    callbacks_.on_log(false, "restarts: routes are kept until the neighbours have said theirs again");
}

void Reconciler::run_again_in(Duration wait) {
    timer_.expires_after(wait);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) mark_changed();
    });
}

void Reconciler::report_problems(const std::vector<Problem>& before) {
    for (const auto& problem : desired_.problems) {
        if (std::find(before.begin(), before.end(), problem) != before.end()) continue;
        const std::string field = problem.field.empty() ? "" : problem.field + ": ";
        callbacks_.on_log(true, problem.kind + " " + problem.name + ": " + field + problem.message + " (" +
                                    std::string(name(problem.reason)) + ")");
    }
    for (const auto& problem : before) {
        const auto& now = desired_.problems;
        if (std::find(now.begin(), now.end(), problem) != now.end()) continue;
        callbacks_.on_log(false, problem.kind + " " + problem.name + ": no longer " +
                                     std::string(name(problem.reason)) +
                                     (problem.field.empty() ? "" : " at " + problem.field));
    }
}

void Reconciler::apply_peers(Time now) {
    std::map<std::string, bgp::PeerSettings> wanted;
    for (const auto& [name, session] : desired_.sessions) {
        if (session.held_down) continue;
        wanted.emplace(name, bgp::PeerSettings{session.config, session.policy});
    }
    parts_.speaker.configure(speaker_settings(desired_, builder_.cluster(), programs_kernel()), wanted, now);
}

// A blackhole goes only some time after its block was withdrawn.
void Reconciler::apply_kernel_statics(Time now) {
    if (!programs_kernel()) return;
    netlink::RouteTable& table = parts_.kernel->routes();
    std::map<Prefix, netlink::KernelRoute> wanted;
    for (auto& route : kernel_statics(desired_)) wanted.emplace(route.prefix, std::move(route));
    const auto changes = diff(kernel_statics_, wanted);
    for (const auto* fresh : {&changes.added, &changes.changed}) {
        for (const auto& [prefix, route] : *fresh) {
            table.set_desired(route);
            kernel_statics_.insert_or_assign(prefix, route);
        }
    }
    for (const auto& [prefix, route] : wanted) retiring_.erase(prefix);
    for (const auto& prefix : changes.removed) {
        const auto [due, fresh] = retiring_.try_emplace(prefix, now + kRetireTime);
        if (fresh || now < due->second) continue;
        table.remove_desired(kernel_statics_.at(prefix).key());
        kernel_statics_.erase(prefix);
        retiring_.erase(prefix);
    }
    parts_.kernel->flush();
}

void Reconciler::bring(bgp::LocalProtocol protocol, LocalRoutes wanted, Time now) {
    LocalRoutes& running = local_[protocol];
    const auto changes = diff(running, wanted);
    for (const auto& prefix : changes.removed) parts_.speaker.withdraw(protocol, prefix);
    for (const auto* fresh : {&changes.added, &changes.changed}) {
        for (const auto& [prefix, route] : *fresh) parts_.speaker.announce(protocol, prefix, route, now);
    }
    running = std::move(wanted);
}

LocalRoutes Reconciler::learned_routes() const {
    LocalRoutes out;
    const ZeroMetric zero =
        options_.api_group == ApiGroup::dunlin ? ZeroMetric::is_no_priority : ZeroMetric::is_highest_priority;
    parts_.kernel->routes().for_each_alien([&](const netlink::KernelRoute& route) {
        auto learned = learned_route(route, parts_.kernel->links(), zero);
        if (!learned) return;
        // Of several routes for a prefix the kernel takes the one with the lowest priority; so do we.
        const auto [at, fresh] = out.try_emplace(route.prefix, *learned);
        if (!fresh && learned->metric < at->second.metric) at->second = *learned;
    });
    return out;
}

void Reconciler::apply_local_routes(Time now) {
    LocalRoutes fixed;
    IsInstalled installed;
    if (parts_.kernel != nullptr) {
        bring(bgp::LocalProtocol::direct1,
              direct_routes(parts_.kernel->links(), parts_.kernel->addresses(), desired_.direct_interfaces),
              now);
        const std::uint64_t version = parts_.kernel->routes().alien_version();
        if (!first_run_done_ || version != alien_version_)
            bring(bgp::LocalProtocol::kernel1, learned_routes(), now);
        alien_version_ = version;
    }
    if (programs_kernel()) {
        installed = [this](const Prefix& prefix) {
            netlink::KernelRoute route;
            route.prefix = prefix;
            return parts_.kernel->routes().in_kernel(netlink::normalised(route.key()));
        };
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        fixed.merge(static_routes(desired_, family, installed));
    }
    bring(bgp::LocalProtocol::static1, std::move(fixed), now);
}

bool Reconciler::announced(const Prefix& block) const {
    const auto fixed = local_.find(bgp::LocalProtocol::static1);
    return fixed != local_.end() && fixed->second.contains(block);
}

void Reconciler::apply_claims(const Claims& claims) {
    if (!claimer_) return;
    const auto node = builder_.cluster().nodes.find(options_.node);
    claimer_->run(claims, node == builder_.cluster().nodes.end() ? "" : node->second.meta.uid);
}

bool Reconciler::neighbours_settled() const {
    const auto peers = parts_.speaker.peers();
    return std::all_of(peers.begin(), peers.end(), [](const bgp::PeerView& peer) {
        if (peer.session.state != "Established") return false;
        for (const Family family : peer.settings.session.offer.families) {
            const auto& counts = family == Family::ipv4 ? peer.ipv4 : peer.ipv6;
            if (!counts.end_of_rib_received) return false;
        }
        return true;
    });
}

void Reconciler::allow_removal_when_settled(Time now) {
    if (removal_allowed_ || !programs_kernel()) return;
    if (now < removal_deadline_ && !neighbours_settled()) return;
    if (!parts_.speaker.at_rest()) return;
    removal_allowed_ = true;
    drain_fib();
    parts_.kernel->routes().allow_removal();
    parts_.kernel->flush();
}

void Reconciler::drain_fib() {
    if (!programs_kernel()) return;
    netlink::RouteTable& table = parts_.kernel->routes();
    parts_.speaker.take_fib_changes(kFibSlice, [&](const bgp::FibChange& change) {
        const KernelPolicy& policy = desired_.of(change.prefix.family()).kernel_policy;
        KernelEdit edit = kernel_edit(change, policy, tunnels_, kernel_table_);
        const bool enters = edit.set.has_value();
        // First the new route, then the old one goes: packets never find neither.
        if (enters) table.set_desired(std::move(*edit.set));
        if (edit.remove) table.remove_desired(*edit.remove);
        return enters;
    });
    if (table.has_pending()) parts_.kernel->flush();
    if (!parts_.speaker.fib_changes_pending()) return;
    boost::asio::post(parts_.io, [this] { drain_fib(); });
}

}  // namespace dunlin::agent
