#include "k8s/lease.h"

namespace dunlin::k8s {

void Election::seen(const LeaseRecord& record, Time now) {
    const bool same = record_ && record_->version == record.version && record_->holder == record.holder;
    if (!same) changed_at_ = now;
    record_ = record;
    if (record.holder != identity_) renewed_.reset();
}

void Election::absent() {
    record_.reset();
    renewed_.reset();
}

void Election::wrote(const LeaseRecord& record, Time asked) {
    record_ = record;
    changed_at_ = asked;
    renewed_ = asked;
}

void Election::released() {
    if (record_) record_->holder.clear();
    renewed_.reset();
}

bool Election::held_by_other(Time now) const {
    if (!record_ || record_->holder.empty() || record_->holder == identity_) return false;
    return now < changed_at_ + record_->duration;
}

Election::Step Election::next(Time now) const {
    if (leading(now)) return Step::renew;
    return held_by_other(now) ? Step::wait : Step::take;
}

bool Election::leading(Time now) const { return renewed_ && now < *renewed_ + times_.renew_within; }

Time Election::leading_until() const { return renewed_ ? *renewed_ + times_.renew_within : kNever; }

}  // namespace dunlin::k8s
