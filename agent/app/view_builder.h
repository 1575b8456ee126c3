// The picture of the agent at one moment, from the parts that hold the state. Reads only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/app/reconciler.h"
#include "agent/show/view.h"

namespace dunlin::agent {

// Steady times of the core as a person's clock has them.
class WallClock {
public:
    WallClock() : steady_(Clock::now()), wall_(std::chrono::system_clock::now()) {}
    WallTime operator()(Time time) const {
        return wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(time - steady_);
    }

private:
    Time steady_;
    WallTime wall_;
};

struct ViewParts {
    const bgp::Speaker& speaker;
    const netlink::Kernel* kernel;
    const Reconciler& reconciler;
    const std::vector<k8s::Store*>& stores;
};

NodeView node_view(const ViewParts& parts, const std::string& node, WallTime start);
// A route of the speaker as tables show it.
RouteView route_view(const bgp::RouteView& route, const WallClock& clock);

}  // namespace dunlin::agent
