// Why a handshake failed: OpenSSL knows, cpprestsdk keeps it to itself. The report is filled on the threads
// of that library and taken by whoever turns the failure into words.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

struct ssl_ctx_st;

namespace dunlin::k8s {

class TlsReport {
public:
    void put(std::string why) {
        const std::lock_guard lock(mutex_);
        why_ = std::move(why);
    }
    // What the last certificate had against it; empty: it was good.
    std::string last() {
        const std::lock_guard lock(mutex_);
        return why_;
    }

private:
    std::mutex mutex_;
    std::string why_;
};

// From now on `report` hears of each certificate that is shown to a connection of this context.
void attach(ssl_ctx_st* context, const std::shared_ptr<TlsReport>& report);

}  // namespace dunlin::k8s
