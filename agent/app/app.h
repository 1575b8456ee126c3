// The composition root: makes the parts, joins them, and runs until a signal. Everything happens on the
// thread that calls run(). It decides nothing.
#pragma once

#include "agent/options.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

// Runs the agent until SIGTERM or SIGINT. An error is one line that says what to do; exit code 1.
Result<Done, Error> run_agent(const DaemonOptions& options);

}  // namespace dunlin::agent
