// `dunlinctl plan`: what a node would run, and how two states of a cluster differ for it.
#pragma once

#include "agent/ctl/plan_arguments.h"

namespace dunlin::agent {

CtlOutcome run_plan(const PlanArguments& arguments, const Ask& ask);

}  // namespace dunlin::agent
