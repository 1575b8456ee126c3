// The kernel's side of routing, kept in step: links and addresses as they are, and one routing table brought
// to what RouteTable was told to want. The only thing that the agent needs to know of this folder's sockets.
// Everything runs on the io_context's thread, in slices; callbacks are posted, never called from within a
// call. It decides nothing about which routes are wanted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "bgp/base/result.h"
#include "netlink/route.h"
#include "netlink/route_table.h"

namespace boost::asio {
class io_context;
}

namespace dunlin::netlink {

struct KernelOptions {
    std::uint32_t table = kMainTable;
    std::uint8_t protocol = 178;  // RTPROT_* of our routes
    bool read_only = false;       // routes() is not asked for anything: no right to change routes is needed
    // Of the socket that hears of changes. About 0.8 KiB is accounted for a route, to twice this; the kernel
    // takes the memory only when it is used.
    int event_buffer = 64 * 1024 * 1024;
    // Some things the kernel does in silence (IPv4 routes go with their link): all is read again so often.
    std::chrono::milliseconds scan_interval{60'000};
    std::chrono::milliseconds retry_interval{10'000};  // of routes that the kernel refused; doubles
};

enum class Severity : std::uint8_t { debug, info, warning, error };

struct KernelCallbacks {
    // Links, addresses, routes of others or the state of our own may have changed since the last call.
    std::function<void()> on_changed;
    std::function<void(Severity, const std::string& text)> on_log;
};

struct KernelStats {
    std::uint64_t batches = 0;      // sent
    std::uint64_t scans = 0;        // of all that the kernel has
    std::uint64_t events = 0;       // heard
    std::uint64_t losses = 0;       // of events or replies; each is followed by a scan
    std::uint64_t scan_micros = 0;  // that the last one took, from its beginning to its end
};

class Kernel {
public:
    explicit Kernel(boost::asio::io_context& io, const KernelOptions& options = {});
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    // Opens the sockets in the calling thread's network namespace, checks that routes may be changed, and
    // begins the first scan. Nothing is sent before that has ended.
    Result<Done, Error> start(const KernelCallbacks& callbacks);

    RouteTable& routes();
    const RouteTable& routes() const;
    const std::map<unsigned, Link>& links() const;
    const std::set<LinkAddress>& addresses() const;
    bool synced() const;  // the first scan has ended
    const KernelStats& stats() const;

    // After changes to routes(): sends what is due, soon and in slices.
    void flush();
    // Reads all again, soon.
    void resync();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace dunlin::netlink
