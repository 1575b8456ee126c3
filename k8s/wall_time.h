// Times as the API writes them: RFC 3339 in UTC. metav1.Time has seconds, metav1.MicroTime microseconds.
#pragma once

#include <string>

#include "bgp/base/time.h"

namespace dunlin::k8s {

std::string rfc3339(WallTime time);        // "2006-01-02T15:04:05Z"
std::string rfc3339_micro(WallTime time);  // "2006-01-02T15:04:05.000000Z"

}  // namespace dunlin::k8s
