// Answers dunlinctl: a command and the parts that hold the state give a reply. Routes are read from the
// speaker; all else from the view.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "agent/show/command.h"
#include "agent/show/plan_input.h"
#include "agent/show/view.h"
#include "bgp/io/speaker_io.h"
#include "bgp/speaker.h"

namespace dunlin::agent {

inline constexpr std::size_t kMaxShownRoutes = 200'000;  // of one reply: more would hold up the sessions

struct CommandParts {
    bgp::Speaker& speaker;
    bgp::io::SpeakerIo& speaker_io;
    std::function<NodeView()> view;
    std::function<nlohmann::json()> plan;   // calico-plan/1
    std::function<PlanInput()> plan_input;  // with its Secrets; they are hidden before they leave
};

Reply answer(const CommandParts& parts, const Request& request);
// In order of their prefixes. The error: there is no such protocol, or there are more than kMaxShownRoutes.
Result<std::vector<RouteView>, Error> find_routes(const CommandParts& parts, const ShowRoute& request);

}  // namespace dunlin::agent
