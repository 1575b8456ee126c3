// Where the objects come from and where status goes: an API server or a directory. The rest of the agent sees
// stores and a writer, and cannot tell the two apart.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/options.h"
#include "agent/show/view.h"
#include "k8s/store.h"
#include "k8s/transport.h"
#include "k8s/writer.h"

namespace dunlin::agent {

class ObjectSource {
public:
    struct Callbacks {
        std::function<void()> on_change;  // a store changed, or became whole
        std::function<void(LogLevel, const std::string&)> on_log;
    };
    // The error says what to do. Nothing is read before start().
    static Result<std::unique_ptr<ObjectSource>, Error> make(boost::asio::io_context& io,
                                                             const DaemonOptions& options,
                                                             Callbacks callbacks);
    virtual ~ObjectSource() = default;
    ObjectSource(const ObjectSource&) = delete;
    ObjectSource& operator=(const ObjectSource&) = delete;

    virtual void start() = 0;
    virtual void stop() = 0;
    virtual k8s::ObjectWriter& writer() = 0;
    virtual std::vector<SourceView> views() const = 0;
    // null: there is no API server.
    virtual k8s::Transport* transport() { return nullptr; }
    virtual std::string directory() const { return {}; }
    bool api_up() const;
    // From now on Services and EndpointSlices are read, too.
    virtual void watch_services() {}

    const std::vector<k8s::Store*>& stores() const { return stores_; }
    std::vector<const k8s::Store*> readable_stores() const { return {stores_.begin(), stores_.end()}; }
    std::vector<const k8s::Store*> service_stores() const {
        return {service_stores_.begin(), service_stores_.end()};
    }
    const std::string& secret_namespace() const { return secret_namespace_; }

protected:
    ObjectSource(const DaemonOptions& options, std::string secret_namespace, Callbacks callbacks);

    Callbacks callbacks_;
    std::string secret_namespace_;
    std::vector<std::unique_ptr<k8s::Store>> owned_;
    std::vector<k8s::Store*> stores_, service_stores_;

private:
    k8s::Store* make_store(k8s::Resource resource);
};

}  // namespace dunlin::agent
