// The seam between the logic of this folder and HTTP: a request whose body comes in pieces, on the loop. What
// a status means is not known here. Implementations never block and never throw, and call nothing back after
// cancel() or their own end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/strong.h"
#include "bgp/base/time.h"

namespace dunlin::k8s {

using RequestId = Strong<struct RequestIdTag, std::uint64_t>;

enum class Method : std::uint8_t { get, post, put, patch, remove };

struct HttpRequest {
    Method method = Method::get;
    std::string path;  // with its query, percent-encoded
    std::string content_type, body;
    Duration deadline = Seconds(30);  // for all of it, from now on
};

struct HttpResponse {
    int status = 0;     // 0: no answer came
    std::string error;  // why there is none, or why its body broke off; for a person
    std::string body;   // what OnChunk did not get
    std::optional<Seconds> retry_after;

    bool good() const { return status >= 200 && status < 300 && error.empty(); }
};

class Transport {
public:
    // A piece of the body of a 2xx answer; the first may be empty: the answer has begun. False: no more of
    // it, the request is given up.
    using OnChunk = std::function<bool(std::string_view)>;
    using OnEnd = std::function<void(const HttpResponse&)>;

    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    // Without `chunk` the body is in the response. The body of an error is always there (its first 64 KiB).
    // `end` is called once, later; not if the request was cancelled.
    virtual RequestId start(HttpRequest request, OnChunk chunk, OnEnd end) = 0;
    // Of a request that is over: nothing happens.
    virtual void cancel(RequestId id) = 0;
};

}  // namespace dunlin::k8s
