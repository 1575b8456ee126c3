// One kernel routing table: what we want in it against what is in it. Pure: it is told what the kernel said
// and says which operations are due. Own routes are known by their protocol number; what another owner has at
// the same key is never touched, and own routes that nobody wants stay until allow_removal(). What counts as
// being in the kernel is what the kernel told (dump, event), never what we sent.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "netlink/codec.h"
#include "netlink/forwarding.h"
#include "netlink/route.h"
#include "netlink/slot_index.h"

namespace dunlin::netlink {

struct Operation {
    RouteAction action = RouteAction::add;
    KernelRoute route;
    std::uint32_t slot = 0;
};

enum class RouteState : std::uint8_t {
    unwanted,   // not desired
    pending,    // to be sent, or sent and not yet read back
    installed,  // the kernel says that it has it
    conflict,   // another owner's route has the key; retried when that goes
    failed      // refused by the kernel; retried by retry_failed()
};

struct RouteTableStats {
    std::uint64_t added = 0, replaced = 0, removed = 0;  // operations that the kernel took
    std::uint64_t failures = 0;                          // operations that it refused
    std::uint64_t adopted = 0;                           // found in the kernel as desired, nothing sent
    std::uint64_t drift = 0;                             // own routes that somebody else changed or removed
};

class RouteTable {
public:
    RouteTable(std::uint32_t table, std::uint8_t own_protocol) : table_(table), protocol_(own_protocol) {}

    // Table and protocol of the route are set to ours. Keys are normalised (IPv6 priority 0 is 1024).
    void set_desired(KernelRoute route);
    void remove_desired(const RouteKey& key);
    bool is_desired(const RouteKey& key) const;
    // From now on own routes are removed, too, that an earlier run left and nobody has desired since. Those
    // that were desired and no longer are go at once.
    void allow_removal();

    // A dump of one family or, without it, of both. What it does not name is gone. It has to begin after all
    // operations that were handed out were sent, and events have to wait for its end. A dump that fails is
    // begun again. Nothing is pending for a family before its first dump.
    void on_dump_begin(std::optional<Family> family = std::nullopt);
    void on_dump_route(const KernelRoute& route);
    void on_dump_end();
    void on_added(const KernelRoute& route, bool replaced);
    void on_removed(const KernelRoute& route);

    bool has_pending() const { return queued_ > 0; }
    std::vector<Operation> pending(std::size_t limit);
    // error 0: the kernel took it. The route counts once it is read back. An operation without a result is
    // one whose outcome is unknown: the next dump tells.
    void on_result(const Operation& operation, int error, const std::string& text);
    // Something changed (a link came up, time has passed): what was refused is due again.
    void retry_failed();

    RouteState state(const RouteKey& key) const;
    bool in_kernel(const RouteKey& key) const { return state(key) == RouteState::installed; }
    std::size_t desired_count() const { return desired_count_; }
    std::size_t installed_count() const { return installed_count_; }
    std::size_t own_count() const { return own_count_; }            // in the kernel, wanted or not
    std::size_t awaiting_count() const { return awaiting_count_; }  // sent and not yet read back
    std::size_t failed_count() const { return failures_.size(); }
    std::size_t conflict_count() const { return conflict_count_; }
    const RouteTableStats& stats() const { return stats_; }
    // The kernel said something that does not go with what we know; asking clears it. A dump clears it up.
    bool take_doubt() { return std::exchange(doubt_, false); }

    // Routes of other owners that may be imported: not those that the kernel makes for addresses or after
    // redirects.
    void for_each_alien(const std::function<void(const KernelRoute&)>& visit) const;
    std::uint64_t alien_version() const { return alien_version_; }  // changes with them
    // Counts up with every change of what in_kernel() says.
    std::uint64_t installed_version() const { return installed_version_; }
    void for_each_desired(const std::function<void(const KernelRoute&, RouteState)>& visit) const;
    void for_each_conflict(
        const std::function<void(const RouteKey&, const KernelRoute& theirs)>& visit) const;
    void for_each_failed(
        const std::function<void(const RouteKey&, int error, const std::string& text)>& visit) const;

private:
    using Id = ForwardingStore::Id;
    struct Entry {
        Prefix prefix;
        std::uint8_t foreign_protocol = 0;
        bool queued : 1 = false, awaiting : 1 = false, accepted : 1 = false, operated : 1 = false;
        bool seen_own : 1 = false, seen_foreign : 1 = false, foreign_many : 1 = false, failed : 1 = false;
        bool installed : 1 = false, conflict : 1 = false, tried_again : 1 = false;
        bool was_desired : 1 = false;  // in this run, so that it is known to be unwanted now
        std::uint32_t priority = 0;
        Id desired = 0;  // what we want
        Id own = 0;      // what the kernel says it has of ours
        Id sent = 0;     // what the operation under way leaves; 0 for a removal
        Id foreign = 0;  // what the kernel says another owner has
    };
    using Slot = SlotIndex<Entry>::Slot;
    struct Refusal {
        int error = 0;
        std::string text;
    };

    Slot slot_of(const RouteKey& key) const;
    Id intern(const KernelRoute& route);
    KernelRoute route_of(const Entry& entry, Id forwarding, std::uint8_t protocol) const;
    RouteState state_of(const Entry& entry) const;
    bool does(Id actual, Id wanted) const;
    bool meets_desire(const Entry& entry) const;
    bool dumped(Family family) const { return dumped_[family == Family::ipv6 ? 1 : 0]; }
    bool in_dump(Family family) const { return !dumping_ || *dumping_ == family; }
    void set(Id& place, Id value);
    void set_own(Slot slot, Id value);
    void set_foreign(Slot slot, Id value, std::uint8_t protocol);
    void own_removed(Slot slot, Id removed);
    void foreign_removed(Slot slot, Id removed, std::uint8_t protocol);
    void stop_awaiting(Entry& entry);
    void fail(Slot slot, int error, const std::string& text);
    void clear_failure(Slot slot);
    std::optional<RouteAction> due(const Entry& entry) const;
    void evaluate(Slot slot);
    void update_counts(Entry& entry);
    void sweep(Slot slot);
    void settle_after_dump(Slot slot);
    void refused(Slot slot, const Operation& operation, int error, const std::string& text);

    std::uint32_t table_;
    std::uint8_t protocol_;
    bool removal_allowed_ = false;
    bool doubt_ = false;
    std::optional<Family> dumping_;  // in a dump: of which family; nothing for both
    std::array<bool, 2> dumped_{};   // a dump of IPv4, of IPv6 has ended
    ForwardingStore forwarding_;
    SlotIndex<Entry> entries_;
    std::vector<Slot> queue_;
    std::size_t queue_at_ = 0;
    std::unordered_set<Slot> foreign_slots_;
    std::unordered_map<Slot, Refusal> failures_;
    std::size_t queued_ = 0, desired_count_ = 0, installed_count_ = 0, own_count_ = 0, awaiting_count_ = 0,
                conflict_count_ = 0;
    std::uint64_t alien_version_ = 0, installed_version_ = 0;
    RouteTableStats stats_;
};

}  // namespace dunlin::netlink
