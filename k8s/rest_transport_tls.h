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
    // What the last refused certificate had against it; empty: none was refused since.
    std::string take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(why_, std::string());
    }

private:
    std::mutex mutex_;
    std::string why_;
};

// From now on refused certificates of connections of this context are told to `report`.
void attach(ssl_ctx_st* context, const std::shared_ptr<TlsReport>& report);

}  // namespace dunlin::k8s
