// What /metrics answers, as Prometheus text (exposition format 0.0.4) out of the view. Pure. No prefix is
// ever a label; with more than kMaxPeersInMetrics sessions those of single peers are left out and the sums
// stay.
#pragma once

#include <string>

#include "agent/show/view.h"

namespace dunlin::agent {

inline constexpr std::size_t kMaxPeersInMetrics = 200;
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const NodeView& view, std::size_t most_peers = kMaxPeersInMetrics);

}  // namespace dunlin::agent
