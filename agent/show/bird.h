// What the control socket of BIRD 1.6 answers, with its codes and columns, out of our view: one daemon a
// family, whose table is called master. Pure. Of its commands those that are read by programs: show status,
// show protocols, show route. Times are UTC.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/show/command.h"
#include "agent/show/view.h"

namespace dunlin::agent {

inline constexpr const char* kBirdGreeting = "0001 BIRD 1.6.8 ready.\n";

struct BirdParts {
    Family family = Family::ipv4;
    std::function<NodeView()> view;
    std::function<Result<std::vector<RouteView>, Error>(const ShowRoute&)> routes;
};

// `line` with or without its end; the answer ends with the line that says so.
std::string bird_answer(const BirdParts& parts, std::string_view line);

}  // namespace dunlin::agent
