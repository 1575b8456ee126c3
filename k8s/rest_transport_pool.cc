// This header of the library asks for names that Boost.Asio has deprecated and the rest of the tree does
// without.
#undef BOOST_ASIO_NO_DEPRECATED
#include "k8s/rest_transport_pool.h"

#include <utility>

#include <pplx/threadpool.h>

#include <exception>
#include <mutex>

namespace dunlin::k8s {

void start_pool_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        try {
            crossplat::threadpool::initialize_with_threads(2);
        } catch (const std::exception&) {  // somebody in this process was first: as good
        }
    });
}

}  // namespace dunlin::k8s
