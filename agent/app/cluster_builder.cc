#include "agent/app/cluster_builder.h"

#include <nlohmann/json.hpp>

namespace dunlin::agent {
namespace {

// Secrets are those of one namespace, and known by their name alone.
std::string name_of(const std::string& kind, const k8s::ObjectKey& key) {
    return kind == "Secret" ? key.name : key.to_string();
}

}  // namespace

bool ClusterBuilder::update(const std::vector<const k8s::Store*>& stores,
                            const std::string& secret_namespace) {
    bool changed = false;
    for (const k8s::Store* store : stores) {
        Seen& seen = seen_[store];
        if (seen.revision == store->revision()) continue;
        if (update_store(*store, secret_namespace)) changed = true;
        seen.revision = store->revision();
    }
    return changed;
}

bool ClusterBuilder::update_store(const k8s::Store& store, const std::string& secret_namespace) {
    auto& seen = seen_[&store].objects;
    const std::string& kind = store.resource().kind;
    bool changed = false;
    for (auto at = seen.begin(); at != seen.end();) {
        if (store.objects().contains(at->first)) {
            ++at;
            continue;
        }
        erase(cluster_, {kind, name_of(kind, at->first)});
        at = seen.erase(at);
        changed = true;
    }
    for (const auto& [key, object] : store.objects()) {
        if (kind == "Secret" && key.namespace_ != secret_namespace && !key.namespace_.empty()) continue;
        k8s::ObjectPtr& last = seen[key];
        if (last == object) continue;
        last = object;
        put(cluster_, {kind, name_of(kind, key)}, parse_object(kind, *object->json));
        changed = true;
    }
    return changed;
}

void ClusterBuilder::set_workloads(const WorkloadFiles& files) {
    if (files.revision() == workloads_revision_) return;
    workloads_revision_ = files.revision();
    std::map<std::string, Result<Workload, Problems>> parsed;
    for (const auto& [name, status] : files.workloads()) parsed.emplace(name, parse_workload(status));
    put_workloads(cluster_, std::move(parsed));
}

bool ClusterBuilder::set_machine_addresses(std::vector<InterfaceAddress> addresses) {
    if (addresses == cluster_.machine_addresses) return false;
    cluster_.machine_addresses = std::move(addresses);
    return true;
}

}  // namespace dunlin::agent
