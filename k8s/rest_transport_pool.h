// The threads of cpprestsdk: two instead of its forty. They only copy bytes; two, so that one that copies a
// large piece does not hold up the others.
#pragma once

namespace dunlin::k8s {

// Before any other use of the library; later calls do nothing.
void start_pool_once();

}  // namespace dunlin::k8s
