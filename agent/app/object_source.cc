#include "agent/app/object_source.h"

#include <algorithm>
#include <cstdlib>

#include "agent/app/resources.h"
#include "k8s/api_writer.h"
#include "k8s/directory_source.h"
#include "k8s/directory_writer.h"
#include "k8s/in_cluster.h"
#include "k8s/kubeconfig.h"
#include "k8s/reflector.h"
#include "k8s/rest_transport.h"

namespace dunlin::agent {
namespace {

constexpr const char* kDefaultNamespace = "kube-system";

class Directory final : public ObjectSource {
public:
    Directory(boost::asio::io_context& io, const DaemonOptions& options, Callbacks callbacks)
        : ObjectSource(options, options.secrets_namespace.value_or(kDefaultNamespace), std::move(callbacks)),
          path_(*options.resources),
          writer_(io, path_, {"BGPNodeStatus"}),
          source_(io, path_, all_stores(), callbacks_of()) {}

    void start() override { source_.start(); }
    void stop() override { source_.stop(); }
    k8s::ObjectWriter& writer() override { return writer_; }
    std::string directory() const override { return path_; }

    std::vector<SourceView> views() const override {
        SourceView out;
        out.resource = path_;
        out.state = stores_.front()->synced() ? "Synced" : "Syncing";
        for (const auto& problem : source_.problems()) out.message += problem.to_string() + "; ";
        for (const k8s::Store* store : stores_) out.objects += store->objects().size();
        return {out};
    }

private:
    // Its Services cost nothing to read.
    std::vector<k8s::Store*> all_stores() const {
        std::vector<k8s::Store*> out = stores_;
        out.insert(out.end(), service_stores_.begin(), service_stores_.end());
        return out;
    }

    k8s::DirectoryCallbacks callbacks_of() {
        k8s::DirectoryCallbacks out;
        out.on_problem = [this](const std::vector<k8s::FileProblem>& problems) {
            for (const auto& problem : problems) {
                if (std::find(told_.begin(), told_.end(), problem) == told_.end()) {
                    callbacks_.on_log(LogLevel::warn, problem.to_string());
                }
            }
            told_ = problems;
        };
        out.log = [this](const std::string& text) { callbacks_.on_log(LogLevel::info, text); };
        return out;
    }

    std::string path_;
    std::vector<k8s::FileProblem> told_;
    k8s::DirectoryWriter writer_;
    k8s::DirectorySource source_;
};

class ApiServer final : public ObjectSource {
public:
    ApiServer(boost::asio::io_context& io, const DaemonOptions& options, std::string secret_namespace,
              std::unique_ptr<k8s::RestTransport> transport, Callbacks callbacks)
        : ObjectSource(options, std::move(secret_namespace), std::move(callbacks)),
          io_(io),
          transport_(std::move(transport)),
          writer_(*transport_) {
        for (k8s::Store* store : stores_) add_reflector(*store);
    }

    void start() override {
        for (auto& reflector : reflectors_) reflector->start();
    }
    void stop() override {
        for (auto& reflector : reflectors_) reflector->stop();
    }
    void watch_services() override {
        if (reflectors_.size() > stores_.size()) return;
        for (k8s::Store* store : service_stores_) {
            add_reflector(*store);
            reflectors_.back()->start();
        }
    }
    k8s::ObjectWriter& writer() override { return writer_; }
    k8s::Transport* transport() override { return transport_.get(); }

    std::vector<SourceView> views() const override {
        std::vector<SourceView> out;
        for (std::size_t i = 0; i < reflectors_.size(); ++i) {
            const k8s::ReflectorStatus& status = reflectors_[i]->status();
            const k8s::Store& store = i < stores_.size() ? *stores_[i] : *service_stores_[i - stores_.size()];
            out.push_back({store.resource().label(), std::string(k8s::name(status.state)), status.text,
                           store.objects().size()});
        }
        return out;
    }

private:
    void add_reflector(k8s::Store& store) {
        reflectors_.push_back(std::make_unique<k8s::Reflector>(io_, *transport_, store,
                                                               callbacks_of(store.resource().label())));
    }

    k8s::ReflectorCallbacks callbacks_of(const std::string& label) {
        k8s::ReflectorCallbacks out;
        out.on_state = [this, label](const k8s::ReflectorStatus& status) {
            const bool well = status.text.empty();
            callbacks_.on_log(well ? LogLevel::info : LogLevel::warn,
                              label + ": " + std::string(k8s::name(status.state)) +
                                  (well ? std::string() : ": " + status.text));
            callbacks_.on_change();
        };
        out.log = [this, label](const std::string& text) {
            callbacks_.on_log(LogLevel::debug, label + ": " + text);
        };
        return out;
    }

    boost::asio::io_context& io_;
    std::unique_ptr<k8s::RestTransport> transport_;
    k8s::ApiWriter writer_;
    // In the order of stores_, then of service_stores_, if those are watched.
    std::vector<std::unique_ptr<k8s::Reflector>> reflectors_;
};

Result<k8s::ClusterAccess, Error> access_of(const DaemonOptions& options) {
    if (options.kubeconfig) return k8s::read_kubeconfig(*options.kubeconfig);
    auto inside = k8s::in_cluster_access();
    const char* file = std::getenv("KUBECONFIG");
    if (inside || file == nullptr || *file == '\0') {
        if (inside) return inside;
        return Unexpected{
            Error{"no API server: " + inside.error().message +
                  "; give --kubeconfig FILE, or --resources DIR to read objects from a directory"}};
    }
    return k8s::read_kubeconfig(file);
}

}  // namespace

ObjectSource::ObjectSource(const DaemonOptions& options, std::string secret_namespace, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), secret_namespace_(std::move(secret_namespace)) {
    for (auto& resource : watched_resources(options.api_group, secret_namespace_)) {
        stores_.push_back(make_store(std::move(resource)));
    }
    for (auto& resource : service_resources()) service_stores_.push_back(make_store(std::move(resource)));
}

k8s::Store* ObjectSource::make_store(k8s::Resource resource) {
    owned_.push_back(std::make_unique<k8s::Store>(std::move(resource)));
    k8s::Store* store = owned_.back().get();
    store->on_change([this, store] {
        store->take_changed();
        callbacks_.on_change();
    });
    return store;
}

bool ObjectSource::api_up() const {
    const auto all = views();
    return std::none_of(all.begin(), all.end(),
                        [](const SourceView& view) { return view.state == "Unreachable"; });
}

Result<std::unique_ptr<ObjectSource>, Error> ObjectSource::make(boost::asio::io_context& io,
                                                                const DaemonOptions& options,
                                                                Callbacks callbacks) {
    if (options.resources) {
        return std::unique_ptr<ObjectSource>(std::make_unique<Directory>(io, options, std::move(callbacks)));
    }
    auto access = access_of(options);
    if (!access) return Unexpected{access.error()};
    const std::string inside = access->namespace_.empty() ? kDefaultNamespace : access->namespace_;
    const std::string secrets = options.secrets_namespace.value_or(inside);
    auto transport = k8s::RestTransport::make(io, std::move(*access));
    if (!transport) return Unexpected{transport.error()};
    return std::unique_ptr<ObjectSource>(
        std::make_unique<ApiServer>(io, options, secrets, std::move(*transport), std::move(callbacks)));
}

}  // namespace dunlin::agent
