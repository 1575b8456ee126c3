// Carries out block claims: creates the BlockAffinity objects that wanted_claims asks for, one a pool at a
// time; whoever creates a name first has the block. What was created comes back through the store, so nothing
// is remembered but what is under way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "agent/api/node.h"
#include "agent/claim.h"
#include "k8s/writer.h"

namespace dunlin::agent {

class Claimer {
public:
    struct Callbacks {
        std::function<void()> on_changed;                                      // worth another look
        std::function<void(bool warning, const std::string& message)> on_log;  // rare
    };
    Claimer(k8s::ObjectWriter& writer, ApiGroup group, std::string node, Callbacks callbacks);

    // `node_uid`: of the Node object, so that its blocks go with it; empty: there is none.
    void run(const Claims& claims, const std::string& node_uid);
    std::uint32_t attempt() const { return attempt_; }

private:
    void try_candidate(const Claim& claim, std::size_t at, const std::string& node_uid);
    void release(const std::string& name);

    k8s::ObjectWriter& writer_;
    ApiGroup group_;
    std::string node_;
    Callbacks callbacks_;
    std::uint32_t attempt_ = 0;
    // Pools with a claim under way, until the store shows the block.
    std::set<std::string> busy_;
    std::set<std::string> releasing_;  // objects being removed
};

}  // namespace dunlin::agent
