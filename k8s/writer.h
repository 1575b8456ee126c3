// Where the agent's own objects and the status of others are written: the seam between those who decide what
// to write and the API server or directory that takes it. An implementation never blocks, never throws, and
// answers each call once, later, on the loop; not at all after it was destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "bgp/base/result.h"
#include "bgp/base/time.h"
#include "k8s/object.h"

namespace dunlin::k8s {

struct WriteError {
    enum class Kind : std::uint8_t {
        conflict,     // 409 on a patch: another owns the field; read again, then retry
        not_found,    // no such object or kind
        forbidden,    // 401, 403: rights; a directory that may not be written
        invalid,      // 400, 422: the server will not take this object, ever
        overloaded,   // 429, 503: after retry_after
        unreachable,  // no answer
        failed        // all else
    };
    Kind kind = Kind::failed;
    int status = 0;  // of HTTP; 0: there was none
    std::string message;
    std::optional<Seconds> retry_after{};
};
std::string_view name(WriteError::Kind kind);

enum class Created : std::uint8_t { created, already_exists };

class ObjectWriter {
public:
    using OnDone = std::function<void(Result<Done, WriteError>)>;
    using OnCreated = std::function<void(Result<Created, WriteError>)>;

    ObjectWriter() = default;
    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;
    virtual ~ObjectWriter() = default;

    // Server-side apply: the fields of `object` are ours from now on, the rest of the stored object stays.
    // With a subresource ("status") the object has to exist.
    virtual void apply(const Resource& resource, const ObjectKey& key, const nlohmann::json& object,
                       std::string_view subresource, OnDone done) = 0;
    // Exclusive: of any number who create the same name one is told `created`.
    virtual void create(const Resource& resource, const nlohmann::json& object, OnCreated done) = 0;
    // No error if there is no such object.
    virtual void remove(const Resource& resource, const ObjectKey& key, OnDone done) = 0;
};

}  // namespace dunlin::k8s
