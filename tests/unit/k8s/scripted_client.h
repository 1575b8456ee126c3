// A loop with a RestTransport to a scripted server, run by hand until a condition holds.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "k8s/rest_transport.h"
#include "tests/unit/k8s/scripted_server.h"

namespace dunlin::test {

inline const Authority& test_authority() {
    static const Authority made("test authority");
    return made;
}
inline const Identity& test_identity() {
    static const Identity made = test_authority().issue("server", {"IP:127.0.0.1,IP:::1,DNS:localhost"});
    return made;
}

struct ScriptedClient {
    explicit ScriptedClient(const std::string& url) {
        access.server = url;
        access.certificate_authority.text = test_authority().certificate();
    }
    k8s::RestTransport& transport() {
        if (!made) made = std::move(*k8s::RestTransport::make(io, access, limits));
        return *made;
    }
    template <class Predicate>
    bool until(Predicate holds, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!holds() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return holds();
    }

    k8s::ClusterAccess access;
    k8s::RestLimits limits;
    boost::asio::io_context io;
    std::unique_ptr<k8s::RestTransport> made;
};

}  // namespace dunlin::test
