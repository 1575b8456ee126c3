// List and watch of one resource, without HTTP: it says which request is due and what an answer means. It
// holds no objects, no socket and no clock (times are given). Kubernetes API concepts: "Efficient detection
// of changes", "Retrieving large results sets in chunks", "410 Gone responses".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "bgp/base/time.h"

namespace dunlin::k8s {

struct WatchOptions {
    unsigned page_limit = 500;
    Seconds stream_timeout{300};    // asked of the server, +- 20 %
    Seconds relist_every{30 * 60};  // + up to 20 %: heals a version that lies in the server's future
};

class Watch {
public:
    struct List {
        std::string continue_token;  // empty: the first page
        friend bool operator==(const List&, const List&) = default;
    };
    struct Stream {
        std::string resource_version;
        friend bool operator==(const Stream&, const Stream&) = default;
    };
    using Request = std::variant<List, Stream>;

    // Why a list or a stream had to begin anew. The words of the metric watch_restarts_total.
    enum class Restart : std::uint8_t { ended, broken, gone, refused, relist, version_ahead };

    explicit Watch(WatchOptions options = {}) : options_(options) {}

    const Request& next() const { return state_; }
    // The query of the request that is due, "limit=500&…" or "watch=1&…"; `random` in [0, 1) spreads the
    // time-out.
    std::string query(double random) const;
    Seconds stream_timeout(double random) const;

    // A page of the list came; with a token there is more of it. True: the list is whole now. `random`
    // spreads the time of the next relist.
    bool on_page(std::string resource_version, std::string continue_token, Time now, double random);
    // An object or a bookmark came on the stream.
    void on_event(std::string resource_version);
    // The request ended: `status` is that of HTTP or of an ERROR object in the stream (0: no answer,
    // connection lost). 410 loses our place, and so do 504 ResourceVersionTooLarge, 400 (a bad continue
    // token) and 500 (a version that the server does not understand) in their place; all else goes on from
    // where it was.
    Restart on_end(int status, std::string_view reason, Time now);

    // The list that on_page() completed had a version older than ours: the store behind the server went back
    // in time.
    bool went_back() const { return went_back_; }

private:
    WatchOptions options_;
    Request state_ = List{};
    std::string last_version_;  // the highest that we have held
    Time relist_at_ = kNever;
    bool went_back_ = false;
};

std::string_view name(Watch::Restart restart);

}  // namespace dunlin::k8s
