// The device under test: dunlind or BIRD 2 with the same neighbours, in a namespace, no route of it in the
// kernel. What it costs is asked of the kernel: processor time and the greatest resident set of the whole
// process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bgp/base/ip_address.h"
#include "bgp/base/strong.h"
#include "tests/support/netns.h"

namespace dunlin::bench {

inline constexpr const char* kDeviceAddress = "10.255.0.1";  // of a /16 in which the neighbours are
inline constexpr std::uint32_t kDeviceAs = 65000;

struct DeviceNeighbour {
    IpAddress address;
    Asn as;
};

// What the device does beside passing routes on.
struct DeviceRole {
    bool reflector = false;  // iBGP neighbours are its clients
    bool kernel = false;     // routes go into the kernel of its namespace
    bool mesh = false;       // its neighbours are the other nodes of a cluster, and it has a block of its own
};
inline constexpr const char* kDeviceBlock = "9.9.9.0/26";

struct Cost {
    double processor_s = 0;  // user and system
    double peak_mib = 0;     // VmHWM
    double now_mib = 0;      // VmRSS
};
Cost cost_of(pid_t pid);

class Device {
public:
    virtual ~Device() = default;
    virtual pid_t pid() const = 0;
    Cost cost() const { return cost_of(pid()); }
};

std::unique_ptr<Device> start_dunlin(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours,
                                     const DeviceRole& role);
std::unique_ptr<Device> start_bird(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours,
                                   const DeviceRole& role);

// As an object of a directory; `rest` is more of the spec.
std::string peer_object(const std::string& name, const DeviceNeighbour& neighbour, const std::string& rest);
std::string device_node(bool reflector = false);

}  // namespace dunlin::bench
