// One writer among many: a Lease of coordination.k8s.io/v1. Election is the pure part (times are given), as
// careful as a clock of one's own allows: others' clocks count for nothing, only how long a lease has not
// changed as seen from here; our own lead ends before anybody else may think so.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bgp/base/time.h"
#include "k8s/transport.h"

namespace dunlin::k8s {

struct LeaseTimes {
    Duration duration = Seconds(15);      // how long others leave it to its holder
    Duration renew_within = Seconds(10);  // after this without a renewal we lead no more
    Duration retry = Seconds(2);
};

// What a server says of the lease.
struct LeaseRecord {
    std::string holder;
    std::string version;  // changes with every renewal
    Duration duration{};
    std::int64_t transitions = 0;
};

class Election {
public:
    enum class Step : std::uint8_t { wait, take, renew };

    explicit Election(std::string identity, LeaseTimes times = {})
        : identity_(std::move(identity)), times_(times) {}

    void seen(const LeaseRecord& record, Time now);
    // There is no such lease.
    void absent();
    // Our write of it, begun at `asked`, went through.
    void wrote(const LeaseRecord& record, Time asked);
    // We gave it up.
    void released();

    Step next(Time now) const;
    bool leading(Time now) const;
    Time leading_until() const;  // kNever: not leading
    const std::string& identity() const { return identity_; }

private:
    bool held_by_other(Time now) const;

    std::string identity_;
    LeaseTimes times_;
    std::optional<LeaseRecord> record_;
    Time changed_at_{};            // when record_ was first seen like this
    std::optional<Time> renewed_;  // when we asked for the last write that went through
};

struct LeaseOptions {
    std::string namespace_, name = "dunlin", identity;
    LeaseTimes times;
};

struct LeaseCallbacks {
    std::function<void(bool leading)> on_change;
    std::function<void(const std::string&)> log;
};

class Lease {
public:
    // The transport must outlive this.
    Lease(boost::asio::io_context& io, Transport& transport, LeaseOptions options,
          LeaseCallbacks callbacks = {});
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    void start();
    // Gives the lease up, if it is ours, so that others need not wait for it to run out; `done` is called
    // when the server knows or cannot be told.
    void release(std::function<void()> done);
    bool leading() const;

private:
    class Driver;
    std::shared_ptr<Driver> driver_;
};

}  // namespace dunlin::k8s
