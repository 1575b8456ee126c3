// rtnetlink messages to values and back. Pure: bytes in, values out. decode() never reads outside the bytes
// that it was given, whatever they are; what it cannot understand it leaves out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bgp/base/bytes.h"
#include "netlink/route.h"

namespace dunlin::netlink {

struct RouteAdded {
    KernelRoute route;
    bool replaced = false;  // it took the place of another route with the same key
};
struct RouteRemoved {
    KernelRoute route;
};
struct LinkChanged {
    Link link;
};
struct LinkRemoved {
    unsigned index = 0;
};
struct AddressAdded {
    LinkAddress address;
};
struct AddressRemoved {
    LinkAddress address;
};
struct DumpDone {
    int error = 0;  // a dump's error comes here, not in a Failure
    std::string text;
};
struct Ack {};
struct Failure {
    int error = 0;
    std::string text;  // of the extended acknowledgement; often empty
};
using Event = std::variant<RouteAdded, RouteRemoved, LinkChanged, LinkRemoved, AddressAdded, AddressRemoved,
                           DumpDone, Ack, Failure>;

// Which routes are worth decoding. Others cost a look at the table number alone.
struct RouteFilter {
    std::optional<std::uint32_t> table;
};
struct Decoded {
    bool interrupted = false;  // NLM_F_DUMP_INTR: the dump is not of one moment
    bool malformed = false;    // bytes were left over or made no sense
};
using EventSink = std::function<void(std::uint32_t sequence, Event&& event)>;

// All messages of one datagram, in order.
Decoded decode(Bytes datagram, const RouteFilter& filter, const EventSink& sink);

enum class RouteAction : std::uint8_t {
    add,      // fails with EEXIST if anybody has a route with the key
    replace,  // fails with ENOENT if nobody has; overwrites what is there, so only for a route known to be
              // ours
    remove    // only a route of the same protocol
};

// Messages for one send. Each has its own sequence number, by which the kernel names it when it fails; only
// the last asks for an acknowledgement. The limits keep the replies, all of them failures at worst, inside a
// default receive buffer of 208 KiB.
class Batch {
public:
    static constexpr std::size_t kMaxBytes = 32 * 1024;
    static constexpr std::size_t kMaxMessages = 200;

    explicit Batch(std::uint32_t first_sequence) : first_(first_sequence) {}

    // False if the batch is full (then it is for the next one). A single message always fits into an empty
    // batch.
    bool add(RouteAction action, const KernelRoute& route);
    // Asks for the acknowledgement.
    Bytes finish();

    bool empty() const { return count_ == 0; }
    std::size_t size() const { return count_; }
    std::uint32_t first_sequence() const { return first_; }
    std::uint32_t last_sequence() const { return first_ + static_cast<std::uint32_t>(count_) - 1; }

private:
    std::vector<std::uint8_t> bytes_;
    std::uint32_t first_;
    std::size_t count_ = 0;
    std::size_t last_at_ = 0;
};

// Dump requests; they need a socket with NETLINK_GET_STRICT_CHK for the filter to hold.
std::vector<std::uint8_t> route_dump_request(std::uint32_t sequence, Family family, std::uint32_t table,
                                             std::optional<std::uint8_t> protocol = std::nullopt);
std::vector<std::uint8_t> link_dump_request(std::uint32_t sequence);
std::vector<std::uint8_t> address_dump_request(std::uint32_t sequence);
// A request that no kernel can fulfil and that needs the right to change routes: EPERM without it, EINVAL
// with it.
std::vector<std::uint8_t> privilege_probe_request(std::uint32_t sequence);

}  // namespace dunlin::netlink
