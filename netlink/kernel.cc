#include "netlink/kernel.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <span>

#include "netlink/full_dump.h"
#include "netlink/monitor.h"
#include "netlink/socket.h"

namespace dunlin::netlink {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kBatchesPerTurn = 4;
constexpr std::size_t kMaxAwaiting = 20'000;  // sent and not read back, before the next is sent
constexpr milliseconds kScanDelay{20};        // several reasons for a scan often come together
constexpr milliseconds kScanPause{500};       // between two scans, at least
constexpr milliseconds kTick{1000};
constexpr milliseconds kLongestRetry{120'000};
constexpr milliseconds kSameLine{60'000};
constexpr int kTicksAwaiting = 3;  // without progress, until the routes are looked for

}  // namespace

class Kernel::Impl : public std::enable_shared_from_this<Kernel::Impl> {
public:
    Impl(boost::asio::io_context& io, const KernelOptions& options)
        : io_(io),
          options_(options),
          routes_(options.table, options.protocol),
          monitor_(io, RouteFilter{options.table}, options.event_buffer),
          scan_timer_(io),
          tick_timer_(io) {}

    Result<Done, Error> start(const KernelCallbacks& callbacks);
    void stop();
    void flush();
    void resync() { request_scan(kScanDelay); }

    RouteTable& routes() { return routes_; }
    const std::map<unsigned, Link>& links() const { return links_; }
    const std::set<LinkAddress>& addresses() const { return addresses_; }
    bool synced() const { return synced_; }
    const KernelStats& stats() const { return stats_; }

private:
    // Runs a member in a later turn, if we still live then.
    void later(void (Impl::*run)()) {
        boost::asio::post(io_, [weak = weak_from_this(), run] {
            if (const auto self = weak.lock()) ((*self).*run)();
        });
    }
    void arm(boost::asio::steady_timer& timer, milliseconds delay, void (Impl::*run)()) {
        timer.expires_after(delay);
        timer.async_wait([weak = weak_from_this(), run](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) ((*self).*run)();
        });
    }
    void log(Severity severity, const std::string& text) {
        if (callbacks_.on_log) callbacks_.on_log(severity, text);
    }

    Result<Done, Error> open_monitor();
    void request_scan(milliseconds delay);
    void begin_scan();
    void scan_step();
    void scan_done();
    void scan_failed();
    void send_slice();
    bool send_batch();
    void take_results(std::span<const Operation> sent, const RequestSocket::Outcome& outcome);
    void log_refusals(Clock::time_point now);
    void retry_in_time(Clock::time_point now);
    void lost(const std::string& what);
    void on_events(std::vector<Event>&& events);
    void apply(Event&& event);
    void link_changed(Link&& link);
    void address_added(const LinkAddress& address);
    void address_removed(const LinkAddress& address);
    std::set<LinkAddress>::iterator find_address(const LinkAddress& address);
    void situation_improved();
    void look_at_routes();
    void changed();
    void say_changed();
    void tick();

    boost::asio::io_context& io_;
    KernelOptions options_;
    KernelCallbacks callbacks_;
    RouteTable routes_;
    std::optional<RequestSocket> requests_;
    std::optional<FullDump> dump_;
    Monitor monitor_;
    boost::asio::steady_timer scan_timer_, tick_timer_;
    std::map<unsigned, Link> links_;
    std::set<LinkAddress> addresses_;
    KernelStats stats_;
    bool synced_ = false, scanning_ = false, scan_requested_ = false;
    bool flush_posted_ = false, change_posted_ = false, monitor_broken_ = false;
    Clock::time_point scan_began_, scan_ended_, retried_;
    std::uint64_t seen_alien_ = 0, seen_installed_ = 0;
    std::uint64_t progress_ = 0, progress_at_tick_ = 0;  // of routes read back
    int ticks_awaiting_ = 0;
    milliseconds retry_delay_{0};
    std::size_t refused_ = 0;  // since the last tick
    std::string refused_why_, refused_logged_;
    Clock::time_point refused_logged_at_;
};

Result<Done, Error> Kernel::Impl::start(const KernelCallbacks& callbacks) {
    callbacks_ = callbacks;
    auto socket = RequestSocket::open();
    if (!socket) return Unexpected{socket.error()};
    requests_.emplace(std::move(*socket));
    if (!options_.read_only) {
        if (auto allowed = requests_->check_privilege(); !allowed) return allowed;
    }
    // Before the first scan, so that nothing happens unheard between the two.
    if (auto opened = open_monitor(); !opened) return opened;
    dump_.emplace(*requests_, routes_, options_.table);
    begin_scan();
    arm(tick_timer_, kTick, &Impl::tick);
    return Done{};
}

void Kernel::Impl::stop() {
    monitor_.pause();
    scan_timer_.cancel();
    tick_timer_.cancel();
    callbacks_ = {};
}

Result<Done, Error> Kernel::Impl::open_monitor() {
    Monitor::Callbacks callbacks;
    // The monitor is ours and calls nothing after our end.
    callbacks.on_events = [this](std::vector<Event>&& events) { on_events(std::move(events)); };
    callbacks.on_lost = [this] { lost("the kernel told more than could be heard"); };
    callbacks.on_broken = [this](int error) {
        monitor_broken_ = true;
        lost("cannot hear the kernel: " + describe(error));
    };
    return monitor_.open(callbacks);
}

// Scans.

void Kernel::Impl::request_scan(milliseconds delay) {
    if (!requests_ || scan_requested_) return;
    scan_requested_ = true;
    if (scanning_) return;  // begun again at its end
    const auto pause = std::max<Clock::duration>(kScanPause, 4 * (scan_ended_ - scan_began_));
    const auto wait = std::max<Clock::duration>(delay, scan_ended_ + pause - Clock::now());
    arm(scan_timer_, std::chrono::duration_cast<milliseconds>(wait), &Impl::begin_scan);
}

void Kernel::Impl::begin_scan() {
    scan_requested_ = false;
    scanning_ = true;
    scan_began_ = Clock::now();
    monitor_.pause();
    if (monitor_broken_) {
        const auto opened = open_monitor();
        monitor_broken_ = !opened;
        if (!opened) log(Severity::error, opened.error().message);
    }
    dump_->begin();
    later(&Impl::scan_step);
}

void Kernel::Impl::scan_step() {
    switch (dump_->step()) {
        case FullDump::State::running:
            return later(&Impl::scan_step);
        case FullDump::State::done:
            return scan_done();
        case FullDump::State::failed:
            return scan_failed();
    }
}

void Kernel::Impl::scan_done() {
    scanning_ = false;
    scan_ended_ = Clock::now();
    ++stats_.scans;
    stats_.scan_micros = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(scan_ended_ - scan_began_).count());
    const bool differs = links_ != dump_->links() || addresses_ != dump_->addresses();
    links_.swap(dump_->links());
    addresses_.swap(dump_->addresses());
    const bool again = scan_requested_ || dump_->inexact() || monitor_broken_;
    scan_requested_ = false;
    routes_.take_doubt();  // of before: this is the answer
    monitor_.resume();
    if (again) request_scan(kScanDelay);
    if (differs || !synced_) changed();
    if (differs && synced_) routes_.retry_failed();
    synced_ = true;
    look_at_routes();
}

void Kernel::Impl::scan_failed() {
    scanning_ = scan_requested_ = false;
    scan_ended_ = Clock::now();
    log(Severity::warning, dump_->error() + "; trying again");
    monitor_.resume();
    request_scan(kTick);
}

// Sending.

void Kernel::Impl::flush() {
    if (flush_posted_ || !requests_ || !routes_.has_pending()) return;
    flush_posted_ = true;
    later(&Impl::send_slice);
}

void Kernel::Impl::send_slice() {
    flush_posted_ = false;
    if (scanning_ || !synced_) return;  // the end of the scan flushes
    for (std::size_t i = 0; i < kBatchesPerTurn; ++i) {
        // With too many under way, what is read back flushes.
        if (routes_.awaiting_count() >= kMaxAwaiting || !send_batch()) break;
    }
    look_at_routes();
}

bool Kernel::Impl::send_batch() {
    auto batch = requests_->new_batch();
    auto operations = routes_.pending(Batch::kMaxMessages);
    if (operations.empty()) return false;
    // Routes with many next hops fill a batch sooner: the rest goes in further ones.
    for (std::size_t at = 0; at < operations.size();) {
        const std::size_t first = at;
        while (at < operations.size() && batch.add(operations[at].action, operations[at].route)) ++at;
        const auto outcome = requests_->execute(batch);
        ++stats_.batches;
        if (outcome.lost != 0) {
            lost("replies of the kernel were lost: " + describe(outcome.lost));
            return false;  // none of these has a result: the scan tells
        }
        take_results({operations.data() + first, at - first}, outcome);
        batch = requests_->new_batch();
    }
    return true;
}

void Kernel::Impl::take_results(std::span<const Operation> sent, const RequestSocket::Outcome& outcome) {
    auto refusal = outcome.refusals.begin();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const bool refused = refusal != outcome.refusals.end() && refusal->index == i;
        routes_.on_result(sent[i], refused ? refusal->error : 0, refused ? refusal->text : std::string());
        if (refused) ++refusal;
    }
    if (outcome.refusals.empty()) return;
    if (refused_ == 0) {
        const auto& one = outcome.refusals.front();
        refused_why_ = sent[one.index].route.prefix.to_string() + ": " + describe(one.error, one.text);
    }
    refused_ += outcome.refusals.size();
    changed();
}

// A line for all refusals of a second, and the same line not again for a while: there may be a million.
void Kernel::Impl::log_refusals(Clock::time_point now) {
    if (refused_ == 0) return;
    if (refused_why_ != refused_logged_ || now - refused_logged_at_ >= kSameLine) {
        log(Severity::warning,
            "the kernel refused " + std::to_string(refused_) + " operation(s), first " + refused_why_);
        refused_logged_ = refused_why_;
        refused_logged_at_ = now;
    }
    refused_ = 0;
}

void Kernel::Impl::lost(const std::string& what) {
    ++stats_.losses;
    log(Severity::info, what + "; reading all again");
    request_scan(kScanDelay);
}

// Events.

void Kernel::Impl::on_events(std::vector<Event>&& events) {
    stats_.events += events.size();
    for (auto& event : events) apply(std::move(event));
    look_at_routes();
}

void Kernel::Impl::apply(Event&& event) {
    if (const auto* const added = std::get_if<RouteAdded>(&event)) {
        ++progress_;
        routes_.on_added(added->route, added->replaced);
    } else if (const auto* const removed = std::get_if<RouteRemoved>(&event)) {
        ++progress_;
        routes_.on_removed(removed->route);
    } else if (auto* const link = std::get_if<LinkChanged>(&event)) {
        link_changed(std::move(link->link));
    } else if (const auto* const gone = std::get_if<LinkRemoved>(&event)) {
        if (links_.erase(gone->index) != 0) changed();
        request_scan(kScanDelay);
    } else if (const auto* const address = std::get_if<AddressAdded>(&event)) {
        address_added(address->address);
    } else if (const auto* const left = std::get_if<AddressRemoved>(&event)) {
        address_removed(left->address);
    }
}

void Kernel::Impl::link_changed(Link&& link) {
    const auto [at, fresh] = links_.try_emplace(link.index);
    if (!fresh && at->second == link) return;
    const bool was_up = !fresh && at->second.up, is_up = link.up;
    at->second = std::move(link);
    changed();
    if (is_up && !was_up) situation_improved();
    // The kernel drops IPv4 routes with their link, and says nothing of it.
    if (was_up && !is_up) request_scan(kScanDelay);
}

// By link and address: the flags may have changed.
std::set<LinkAddress>::iterator Kernel::Impl::find_address(const LinkAddress& address) {
    const auto at = addresses_.lower_bound({address.index, address.address, 0, 0});
    const bool found = at != addresses_.end() && at->index == address.index && at->address == address.address;
    return found ? at : addresses_.end();
}

void Kernel::Impl::address_added(const LinkAddress& address) {
    const auto at = find_address(address);
    if (at != addresses_.end()) {
        if (*at == address) return;
        addresses_.erase(at);
    }
    addresses_.insert(address);
    changed();
    situation_improved();
}

void Kernel::Impl::address_removed(const LinkAddress& address) {
    const auto at = find_address(address);
    if (at == addresses_.end()) return;
    addresses_.erase(at);
    changed();
    request_scan(kScanDelay);  // routes through its subnet went with it, in silence
}

// A next hop that could not be reached may be reachable now.
void Kernel::Impl::situation_improved() {
    if (routes_.failed_count() == 0) return;
    routes_.retry_failed();
    flush();
}

// After whatever the table was told: is there more to send, to read, to say?
void Kernel::Impl::look_at_routes() {
    if (routes_.take_doubt()) request_scan(kScanDelay);
    if (routes_.alien_version() != seen_alien_ || routes_.installed_version() != seen_installed_) {
        seen_alien_ = routes_.alien_version();
        seen_installed_ = routes_.installed_version();
        changed();
    }
    if (routes_.awaiting_count() < kMaxAwaiting) flush();
}

void Kernel::Impl::changed() {
    if (change_posted_) return;
    change_posted_ = true;
    later(&Impl::say_changed);
}

void Kernel::Impl::say_changed() {
    change_posted_ = false;
    const auto call = callbacks_.on_changed;  // which may be the end of us
    if (call) call();
}

void Kernel::Impl::tick() {
    arm(tick_timer_, kTick, &Impl::tick);
    if (scanning_) return;
    const auto now = Clock::now();
    if (now - scan_ended_ >= options_.scan_interval) request_scan(kScanDelay);
    // Taken by the kernel and never told of: the message was lost, or it keeps the route in another form.
    const bool stuck = routes_.awaiting_count() > 0 && progress_ == progress_at_tick_;
    ticks_awaiting_ = stuck ? ticks_awaiting_ + 1 : 0;
    progress_at_tick_ = progress_;
    if (ticks_awaiting_ >= kTicksAwaiting) {
        ticks_awaiting_ = 0;
        request_scan(kScanDelay);
    }
    log_refusals(now);
    retry_in_time(now);
}

// Ever more seldom, as long as some are refused.
void Kernel::Impl::retry_in_time(Clock::time_point now) {
    if (routes_.failed_count() == 0) {
        retry_delay_ = milliseconds(0);
        retried_ = now;
        return;
    }
    retry_delay_ = std::max(retry_delay_, options_.retry_interval);
    if (now - retried_ < retry_delay_) return;
    retried_ = now;
    retry_delay_ = std::min(2 * retry_delay_, kLongestRetry);
    situation_improved();
}

// The facade.

Kernel::Kernel(boost::asio::io_context& io, const KernelOptions& options)
    : impl_(std::make_shared<Impl>(io, options)) {}
Kernel::~Kernel() { impl_->stop(); }

Result<Done, Error> Kernel::start(const KernelCallbacks& callbacks) { return impl_->start(callbacks); }
RouteTable& Kernel::routes() { return impl_->routes(); }
const RouteTable& Kernel::routes() const { return impl_->routes(); }
const std::map<unsigned, Link>& Kernel::links() const { return impl_->links(); }
const std::set<LinkAddress>& Kernel::addresses() const { return impl_->addresses(); }
bool Kernel::synced() const { return impl_->synced(); }
const KernelStats& Kernel::stats() const { return impl_->stats(); }
void Kernel::flush() { impl_->flush(); }
void Kernel::resync() { impl_->resync(); }

}  // namespace dunlin::netlink
