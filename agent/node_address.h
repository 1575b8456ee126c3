// Which address a node is to be known by, from the environment that a Calico node has (IP,
// IP_AUTODETECTION_METHOD and their twins for IPv6) and the machine's interfaces. Pure. Only for an agent
// that is asked to (--node-address): an address that changes by itself resets all sessions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/node.h"
#include "bgp/base/prefix.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

enum class DetectBy : std::uint8_t {
    first_found,  // of the interfaces in their order, but for those of containers and tunnels
    can_reach,    // the source address towards a destination
    interface,
    skip_interface,
    cidr,
    kubernetes_internal_ip,
};
struct DetectMethod {
    DetectBy by = DetectBy::first_found;
    std::vector<std::string> patterns;  // regular expressions of interface names
    std::vector<Prefix> cidrs;
    std::string destination;  // an address or a name
    friend bool operator==(const DetectMethod&, const DetectMethod&) = default;
};
// "first-found", "can-reach=8.8.8.8", "interface=eth.*,en.*", … The error says what could stand there.
Result<DetectMethod, Error> parse_detect_method(const std::string& text);

struct AddressWish {
    enum class Kind : std::uint8_t {
        untouched,          // nobody asked
        detect_if_missing,  // the node has none yet
        detect,
        none,  // the node is not to have one
        fixed,
    };
    Kind kind = Kind::untouched;
    DetectMethod method;
    std::optional<InterfaceAddress> fixed;  // without a length: that of a host
    friend bool operator==(const AddressWish&, const AddressWish&) = default;
};
// Of IP, or IP6, and the method's variable. Without IP an IPv4 address is looked for if there is none; IPv6
// has to be asked for.
Result<AddressWish, Error> parse_address_wish(Family family, const std::string& address,
                                              const std::string& method);

struct MachineAddress {
    std::string interface;
    InterfaceAddress address;
};
struct AddressFacts {
    std::vector<MachineAddress> machine;      // global ones of links that are up, in order
    std::optional<InterfaceAddress> now;      // what the Node says
    std::optional<IpAddress> internal;        // its InternalIP
    std::map<IpAddress, std::string> others;  // of other nodes: whose
    std::function<std::optional<IpAddress>(const std::string& destination)> source_towards;
};
struct AddressDecision {
    bool change = false;
    std::optional<InterfaceAddress> address;  // nothing: none any more
    std::string problem;                      // why there is none, or why it was not taken
};
// `check_others`: an address that another node has is not taken.
AddressDecision decide_address(const AddressWish& wish, Family family, const AddressFacts& facts,
                               bool check_others);

}  // namespace dunlin::agent
