#include "agent/app/claimer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/app/resources.h"

namespace dunlin::agent {
namespace {

nlohmann::json affinity(const Prefix& block, const std::string& node, const std::string& node_uid,
                        ApiGroup group) {
    const k8s::Resource resource = resource_of(group, "BlockAffinity");
    nlohmann::json out = {
        {"apiVersion", resource.api_version()},
        {"kind", "BlockAffinity"},
        {"metadata", {{"name", block_name(block)}, {"labels", {{kManagedByLabel, kManagedByDunlin}}}}},
        {"spec", {{"cidr", block.to_string()}, {"node", node}, {"state", "confirmed"}, {"type", "host"}}}};
    if (!node_uid.empty()) {
        out["metadata"]["ownerReferences"] = nlohmann::json::array(
            {{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}, {"uid", node_uid}}});
    }
    return out;
}

}  // namespace

Claimer::Claimer(k8s::ObjectWriter& writer, ApiGroup group, std::string node, Callbacks callbacks)
    : writer_(writer), group_(group), node_(std::move(node)), callbacks_(std::move(callbacks)) {}

void Claimer::run(const Claims& claims, const std::string& node_uid) {
    std::set<std::string> wanted;
    for (const auto& claim : claims.wanted) {
        wanted.insert(claim.pool);
        if (claim.candidates.empty() || !busy_.insert(claim.pool).second) continue;
        try_candidate(claim, 0, node_uid);
    }
    // A pool that wants nothing any more has seen what was created for it.
    for (auto at = busy_.begin(); at != busy_.end();) {
        at = wanted.contains(*at) ? std::next(at) : busy_.erase(at);
    }
    for (const auto& name : claims.releases) {
        if (releasing_.insert(name).second) release(name);
    }
}

void Claimer::try_candidate(const Claim& claim, std::size_t at, const std::string& node_uid) {
    if (at >= claim.candidates.size()) {
        // All were taken while we asked: look elsewhere in the pool.
        ++attempt_;
        busy_.erase(claim.pool);
        callbacks_.on_changed();
        return;
    }
    const Prefix block = claim.candidates[at];
    const auto resource = resource_of(group_, "BlockAffinity");
    writer_.create(
        resource, affinity(block, node_, node_uid, group_),
        [this, claim, at, node_uid, block](const Result<k8s::Created, k8s::WriteError>& done) {
            if (!done) {
                busy_.erase(claim.pool);
                callbacks_.on_log(
                    true, "no block could be claimed of pool " + claim.pool + ": " + done.error().message);
                return;  // the next run of the reconciler, at the latest the periodic one, tries again
            }
            if (*done == k8s::Created::already_exists) {
                try_candidate(claim, at + 1, node_uid);
                return;
            }
            callbacks_.on_log(false, "claimed block " + block.to_string() + " of pool " + claim.pool);
        });
}

void Claimer::release(const std::string& name) {
    writer_.remove(resource_of(group_, "BlockAffinity"), {"", name},
                   [this, name](const Result<Done, k8s::WriteError>& done) {
                       releasing_.erase(name);
                       if (!done) {
                           callbacks_.on_log(
                               true, "block " + name + " could not be given back: " + done.error().message);
                           return;
                       }
                       callbacks_.on_log(false, "gave back block " + name + ": its pool is gone");
                   });
}

}  // namespace dunlin::agent
