// Keeps a store like the API server has it, for as long as it lives: drives a Watch over a Transport and
// waits as Backoff says. It decides nothing about objects and never takes any away because the server is
// silent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "k8s/backoff.h"
#include "k8s/json_lines.h"
#include "k8s/store.h"
#include "k8s/transport.h"
#include "k8s/watch.h"

namespace dunlin::k8s {

enum class ReflectorState : std::uint8_t {
    syncing,        // not heard of all objects yet, and nothing is wrong
    synced,         // list in, watch open (or about to be opened again)
    forbidden,      // 401, 403
    not_installed,  // 404: no such kind
    unreachable     // no answer, or one that says "later"
};
std::string_view name(ReflectorState state);

struct ReflectorStatus {
    ReflectorState state = ReflectorState::syncing;
    std::string text;  // why, for a person; empty if all is well
    std::uint64_t lists = 0, events = 0, bookmarks = 0, bad_objects = 0;
    std::map<std::string, std::uint64_t> restarts;  // by Watch::Restart
};

struct ReflectorOptions {
    WatchOptions watch;
    BackoffLimits backoff;
    Duration list_deadline = Seconds(60);    // a page
    Duration answer_deadline = Seconds(30);  // until a watch has been answered at all
    Duration stream_slack = Seconds(30);     // beyond the time-out that the server was asked for
    Duration healthy_stream = Seconds(1);    // one that ends sooner, without an event, is a failure
    std::size_t longest_line = kMaxWatchLine;
    std::function<double()> random;  // in [0, 1); empty: one of its own
};

struct ReflectorCallbacks {
    std::function<void(const ReflectorStatus&)> on_state;  // state or text changed
    std::function<void(const std::string&)> log;
};

class Reflector {
public:
    // Transport and store must outlive this.
    Reflector(boost::asio::io_context& io, Transport& transport, Store& store,
              ReflectorCallbacks callbacks = {}, ReflectorOptions options = {});
    ~Reflector();
    Reflector(const Reflector&) = delete;
    Reflector& operator=(const Reflector&) = delete;

    void start();
    void stop();
    const ReflectorStatus& status() const;

private:
    class Driver;
    std::shared_ptr<Driver> driver_;
};

}  // namespace dunlin::k8s
