#include "netlink/route_table.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace dunlin::netlink {
namespace {

// RTPROT_REDIRECT and RTPROT_KERNEL: made by the kernel itself, from an ICMP message or for an address.
constexpr std::uint8_t kRedirect = 1, kKernel = 2;

bool importable(std::uint8_t protocol) { return protocol != kRedirect && protocol != kKernel; }

}  // namespace

RouteTable::Slot RouteTable::slot_of(const RouteKey& key) const {
    if (key.table != table_) return SlotIndex<Entry>::kNone;
    const RouteKey normal = normalised(key);
    return entries_.find(normal.prefix, normal.priority);
}

RouteTable::Id RouteTable::intern(const KernelRoute& route) {
    Forwarding forwarding{route.kind, route.next_hops};
    normalise(forwarding.kind, forwarding.next_hops);
    return forwarding_.intern(std::move(forwarding));
}

KernelRoute RouteTable::route_of(const Entry& entry, Id forwarding, std::uint8_t protocol) const {
    KernelRoute out{entry.prefix, table_, entry.priority, protocol, RouteKind::unspecified, {}};
    if (forwarding != ForwardingStore::kNone) {
        out.kind = forwarding_[forwarding].kind;
        out.next_hops = forwarding_[forwarding].next_hops;
    }
    return out;
}

bool RouteTable::does(Id actual, Id wanted) const {
    if (actual == wanted) return true;
    return actual != 0 && wanted != 0 && satisfies(forwarding_[actual], forwarding_[wanted]);
}

// While an operation is under way that will leave something else, what the kernel has is not to be counted
// on.
bool RouteTable::meets_desire(const Entry& entry) const {
    return entry.desired != 0 && does(entry.own, entry.desired) &&
           (!entry.awaiting || does(entry.sent, entry.desired));
}

RouteState RouteTable::state_of(const Entry& entry) const {
    if (entry.desired == 0) return RouteState::unwanted;
    if (entry.installed) return RouteState::installed;
    if (entry.conflict) return RouteState::conflict;
    return entry.failed ? RouteState::failed : RouteState::pending;
}

RouteState RouteTable::state(const RouteKey& key) const {
    const Slot slot = slot_of(key);
    return slot == SlotIndex<Entry>::kNone ? RouteState::unwanted : state_of(entries_[slot]);
}

bool RouteTable::is_desired(const RouteKey& key) const {
    const Slot slot = slot_of(key);
    return slot != SlotIndex<Entry>::kNone && entries_[slot].desired != 0;
}

// What we want.

void RouteTable::set_desired(KernelRoute route) {
    route.table = table_;
    const RouteKey key = normalised(route.key());
    const Id wanted = intern(route);
    const Slot slot = entries_.find_or_insert(key.prefix, key.priority);
    Entry& entry = entries_[slot];
    if (entry.desired == wanted) {
        forwarding_.release(wanted);
        return;
    }
    if (entry.desired == 0) ++desired_count_;
    set(entry.desired, wanted);
    entry.was_desired = true;
    entry.tried_again = false;
    clear_failure(slot);
    evaluate(slot);
}

void RouteTable::remove_desired(const RouteKey& key) {
    const Slot slot = slot_of(key);
    if (slot == SlotIndex<Entry>::kNone || entries_[slot].desired == 0) return;
    --desired_count_;
    set(entries_[slot].desired, ForwardingStore::kNone);
    clear_failure(slot);
    evaluate(slot);
}

void RouteTable::allow_removal() {
    if (removal_allowed_) return;
    removal_allowed_ = true;
    for (Slot slot = 0; slot < entries_.slots(); ++slot) {
        if (entries_[slot].own != 0 && entries_[slot].desired == 0) evaluate(slot);
    }
}

void RouteTable::retry_failed() {
    std::vector<Slot> slots;
    slots.reserve(failures_.size());
    for (const auto& failure : failures_) slots.push_back(failure.first);
    for (const Slot slot : slots) {
        clear_failure(slot);
        evaluate(slot);
    }
}

// What the kernel has.

void RouteTable::set(Id& place, Id value) {
    forwarding_.release(place);
    place = value;
}

void RouteTable::set_own(Slot slot, Id value) {
    Entry& entry = entries_[slot];
    own_count_ += value != 0 ? 1 : 0;
    own_count_ -= entry.own != 0 ? 1 : 0;
    const bool was_installed = entry.installed;
    if (entry.own != value) clear_failure(slot);  // it was of another situation
    set(entry.own, value);
    if (was_installed && !entry.awaiting && !meets_desire(entry)) ++stats_.drift;
    if (entry.awaiting && does(entry.own, entry.sent)) stop_awaiting(entry);
}

void RouteTable::set_foreign(Slot slot, Id value, std::uint8_t protocol) {
    Entry& entry = entries_[slot];
    const bool changed = entry.foreign != value || entry.foreign_protocol != protocol;
    if (changed && ((entry.foreign != 0 && importable(entry.foreign_protocol)) ||
                    (value != 0 && importable(protocol)))) {
        ++alien_version_;
    }
    set(entry.foreign, value);
    entry.foreign_protocol = value == 0 ? std::uint8_t{0} : protocol;
    if (value != 0) {
        foreign_slots_.insert(slot);
    } else {
        foreign_slots_.erase(slot);
        entry.foreign_many = false;
    }
}

void RouteTable::on_added(const KernelRoute& route, bool replaced) {
    if (route.table != table_) return;
    const RouteKey key = normalised(route.key());
    const Slot slot = entries_.find_or_insert(key.prefix, key.priority);
    Entry& entry = entries_[slot];
    const Id now = intern(route);
    if (route.protocol == protocol_) {
        if (replaced && entry.own == 0 && entry.foreign != 0) set_foreign(slot, ForwardingStore::kNone, 0);
        set_own(slot, now);
    } else {
        // A foreign replacement took the place of ours, unless there were both: then who knows of which.
        if (replaced && entry.own != 0) {
            if (entry.foreign != 0)
                doubt_ = true;
            else
                set_own(slot, ForwardingStore::kNone);
        }
        if (!replaced && entry.foreign != 0 && entry.foreign != now) entry.foreign_many = true;
        set_foreign(slot, now, route.protocol);
    }
    evaluate(slot);
}

void RouteTable::on_removed(const KernelRoute& route) {
    const Slot slot = slot_of(route.key());
    if (slot == SlotIndex<Entry>::kNone) return;
    const Id removed = intern(route);
    if (route.protocol == protocol_)
        own_removed(slot, removed);
    else
        foreign_removed(slot, removed, route.protocol);
    forwarding_.release(removed);
    evaluate(slot);
}

void RouteTable::own_removed(Slot slot, Id removed) {
    const Id own = entries_[slot].own;
    if (own == 0) return;
    if (own == removed) return set_own(slot, ForwardingStore::kNone);
    // The kernel takes single next hops out of an IPv6 route and tells of these alone.
    Forwarding rest = forwarding_[own];
    const auto& gone = forwarding_[removed].next_hops;
    std::erase_if(rest.next_hops, [&](NextHop hop) {
        return std::any_of(gone.begin(), gone.end(), [&](const NextHop& one) {
            hop.weight = one.weight;
            return hop == one;
        });
    });
    const bool part = rest.kind == forwarding_[removed].kind && !rest.next_hops.empty() &&
                      rest.next_hops.size() + gone.size() == forwarding_[own].next_hops.size();
    if (part && entries_[slot].prefix.family() == Family::ipv6) {
        normalise(rest.kind, rest.next_hops);
        return set_own(slot, forwarding_.intern(std::move(rest)));
    }
    doubt_ = true;
    set_own(slot, ForwardingStore::kNone);
}

void RouteTable::foreign_removed(Slot slot, Id removed, std::uint8_t protocol) {
    const Entry& entry = entries_[slot];
    if (entry.foreign == 0) return;
    // Several of them may share the key (IPv6 routes of router advertisements); only the last is kept here.
    if (entry.foreign_many || entry.foreign != removed) doubt_ = true;
    if (entry.foreign == removed && entry.foreign_protocol == protocol) {
        set_foreign(slot, ForwardingStore::kNone, 0);
    }
}

// Dumps.

void RouteTable::on_dump_begin(std::optional<Family> family) {
    dumping_ = family;
    for (Slot slot = 0; slot < entries_.slots(); ++slot) {
        Entry& entry = entries_[slot];
        entry.seen_own = entry.seen_foreign = false;
    }
}

void RouteTable::on_dump_route(const KernelRoute& route) {
    if (route.table != table_ || !in_dump(route.prefix.family())) return;
    const RouteKey key = normalised(route.key());
    const Slot slot = entries_.find_or_insert(key.prefix, key.priority);
    Entry& entry = entries_[slot];
    const Id now = intern(route);
    if (route.protocol == protocol_) {
        entry.seen_own = true;
        set_own(slot, now);
    } else {
        entry.foreign_many = entry.seen_foreign;
        entry.seen_foreign = true;
        set_foreign(slot, now, route.protocol);
    }
    evaluate(slot);
}

void RouteTable::on_dump_end() {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (in_dump(family)) dumped_[family == Family::ipv6 ? 1 : 0] = true;
    }
    for (Slot slot = 0; slot < entries_.slots(); ++slot) {
        const Entry& entry = entries_[slot];
        const bool used = entry.desired != 0 || entry.own != 0 || entry.foreign != 0 || entry.awaiting;
        if (used && in_dump(entry.prefix.family())) sweep(slot);
    }
}

void RouteTable::sweep(Slot slot) {
    const Entry& entry = entries_[slot];
    if (!entry.seen_own && entry.own != 0) set_own(slot, ForwardingStore::kNone);
    if (!entry.seen_foreign && entry.foreign != 0) set_foreign(slot, ForwardingStore::kNone, 0);
    settle_after_dump(slot);
    evaluate(slot);
}

// The dump is younger than all operations: what it does not show will not come.
void RouteTable::settle_after_dump(Slot slot) {
    Entry& entry = entries_[slot];
    if (entry.awaiting) {
        const bool otherwise = entry.accepted && entry.sent != 0 && entry.own != 0;
        const bool done = does(entry.own, entry.sent);
        stop_awaiting(entry);
        if (done || !otherwise) return;
        // Once, somebody may have changed it since; to send it again and again would go on for ever.
        if (entry.tried_again) fail(slot, 0, "the kernel took the route but keeps it in another form");
        entry.tried_again = true;
    } else if (entry.failed && failures_[slot].error == EEXIST && entry.foreign == 0) {
        clear_failure(slot);  // whoever was in the way has gone
    }
}

// Operations.

std::optional<RouteAction> RouteTable::due(const Entry& entry) const {
    if (entry.awaiting || entry.failed || !dumped(entry.prefix.family())) return std::nullopt;
    if (entry.desired == 0) {
        if (entry.own != 0 && (removal_allowed_ || entry.was_desired)) return RouteAction::remove;
        return std::nullopt;
    }
    if (entry.own == 0) return entry.foreign == 0 ? std::optional(RouteAction::add) : std::nullopt;
    if (does(entry.own, entry.desired)) return std::nullopt;
    // A replacement takes the first route with the key, which may be theirs.
    return entry.foreign == 0 ? RouteAction::replace : RouteAction::remove;
}

void RouteTable::update_counts(Entry& entry) {
    const bool installed = meets_desire(entry);
    if (installed != entry.installed) {
        ++installed_version_;
        installed_count_ += installed ? 1 : 0;
        installed_count_ -= installed ? 0 : 1;
        if (installed && !entry.operated) ++stats_.adopted;
        entry.installed = installed;
        entry.tried_again = entry.tried_again && !installed;
    }
    const bool conflict = entry.desired != 0 && entry.own == 0 && entry.foreign != 0;
    if (conflict != entry.conflict) {
        conflict_count_ += conflict ? 1 : 0;
        conflict_count_ -= conflict ? 0 : 1;
        entry.conflict = conflict;
    }
}

// After any change of an entry: its state, whether something is due for it, whether it can go.
void RouteTable::evaluate(Slot slot) {
    Entry& entry = entries_[slot];
    update_counts(entry);
    if (entry.failed && (entry.installed || entry.conflict || (entry.desired == 0 && entry.own == 0))) {
        clear_failure(slot);
    }
    if (!entry.queued && due(entry)) {
        entry.queued = true;
        ++queued_;
        queue_.push_back(slot);
    }
    const bool used = entry.desired != 0 || entry.own != 0 || entry.foreign != 0;
    if (!used && !entry.queued && !entry.awaiting) entries_.erase(slot);
}

std::vector<Operation> RouteTable::pending(std::size_t limit) {
    std::vector<Operation> out;
    while (out.size() < limit && queue_at_ < queue_.size()) {
        const Slot slot = queue_[queue_at_++];
        Entry& entry = entries_[slot];
        entry.queued = false;
        --queued_;
        const auto action = due(entry);
        if (!action) {
            evaluate(slot);
            continue;
        }
        const Id target = *action == RouteAction::remove ? entry.own : entry.desired;
        out.push_back({*action, route_of(entry, target, protocol_), slot});
        entry.awaiting = entry.operated = true;
        entry.accepted = false;
        entry.sent = ForwardingStore::kNone;
        if (*action != RouteAction::remove) entry.sent = forwarding_.retain(entry.desired);
        ++awaiting_count_;
        update_counts(entry);
    }
    if (queue_at_ == queue_.size()) {
        queue_.clear();
        queue_at_ = 0;
    }
    return out;
}

void RouteTable::stop_awaiting(Entry& entry) {
    assert(entry.awaiting);
    entry.awaiting = entry.accepted = false;
    set(entry.sent, ForwardingStore::kNone);
    --awaiting_count_;
}

void RouteTable::on_result(const Operation& operation, int error, const std::string& text) {
    const Slot slot = operation.slot;
    const RouteKey key = normalised(operation.route.key());
    const bool known = entries_.holds(slot, key.prefix, key.priority) && entries_[slot].awaiting;
    if (error != 0) {
        ++stats_.failures;
        if (known) refused(slot, operation, error, text);
        return;
    }
    if (operation.action == RouteAction::add) ++stats_.added;
    if (operation.action == RouteAction::replace) ++stats_.replaced;
    if (operation.action == RouteAction::remove) ++stats_.removed;
    if (known) entries_[slot].accepted = true;
}

void RouteTable::refused(Slot slot, const Operation& operation, int error, const std::string& text) {
    stop_awaiting(entries_[slot]);
    const bool gone = (operation.action == RouteAction::remove && (error == ESRCH || error == ENOENT)) ||
                      (operation.action == RouteAction::replace && error == ENOENT);
    if (gone) {
        if (entries_[slot].own != 0) set_own(slot, ForwardingStore::kNone);
    } else {
        // Somebody has the key of whom we have not heard yet: an event or a dump will tell.
        if (error == EEXIST) doubt_ = true;
        fail(slot, error, text);
    }
    evaluate(slot);
}

void RouteTable::fail(Slot slot, int error, const std::string& text) {
    entries_[slot].failed = true;
    failures_[slot] = {error, text};
}

void RouteTable::clear_failure(Slot slot) {
    if (!entries_[slot].failed) return;
    entries_[slot].failed = false;
    failures_.erase(slot);
}

// Views.

void RouteTable::for_each_alien(const std::function<void(const KernelRoute&)>& visit) const {
    for (const Slot slot : foreign_slots_) {
        const Entry& entry = entries_[slot];
        if (importable(entry.foreign_protocol)) {
            visit(route_of(entry, entry.foreign, entry.foreign_protocol));
        }
    }
}

void RouteTable::for_each_desired(const std::function<void(const KernelRoute&, RouteState)>& visit) const {
    for (Slot slot = 0; slot < entries_.slots(); ++slot) {
        const Entry& entry = entries_[slot];
        if (entry.desired != 0) visit(route_of(entry, entry.desired, protocol_), state_of(entry));
    }
}

void RouteTable::for_each_conflict(
    const std::function<void(const RouteKey&, const KernelRoute& theirs)>& visit) const {
    for (const Slot slot : foreign_slots_) {
        const Entry& entry = entries_[slot];
        if (!entry.conflict) continue;
        visit({entry.prefix, table_, entry.priority}, route_of(entry, entry.foreign, entry.foreign_protocol));
    }
}

void RouteTable::for_each_failed(
    const std::function<void(const RouteKey&, int error, const std::string& text)>& visit) const {
    for (const auto& [slot, refusal] : failures_) {
        const Entry& entry = entries_[slot];
        visit({entry.prefix, table_, entry.priority}, refusal.error, refusal.text);
    }
}

}  // namespace dunlin::netlink
