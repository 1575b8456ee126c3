// The flags of dunlind as checked values. Each flag is also an environment variable: --node-name is
// DUNLIN_NODE_NAME; the flag wins. Reads the environment and the host name, no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/desired/desired.h"
#include "agent/log.h"
#include "agent/node_address.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

struct HttpListen {
    IpAddress address = IpAddress::v4(0x7f000001);
    std::uint16_t port = 9478;
    friend bool operator==(const HttpListen&, const HttpListen&) = default;
};

// --node-address on: the variables of a Calico node, IP, IP6, IP_AUTODETECTION_METHOD, AS and so on.
struct NodeAddressOptions {
    AddressWish ipv4, ipv6;
    std::optional<Asn> as_number;
    bool check_others = true;
    Seconds poll{60};
};

struct DaemonOptions {
    std::string node_name;
    std::optional<std::string> kubeconfig;  // nothing: in-cluster configuration, else $KUBECONFIG
    std::optional<std::string> resources;   // a directory in place of the API server
    ApiGroup api_group = ApiGroup::dunlin;
    std::optional<BlockSource> block_source;  // nothing: by the API group, see Options::source()
    bool kernel = true;
    std::uint32_t kernel_table = 254;
    std::uint8_t route_protocol = 178;
    std::string control_socket = "/run/dunlin/dunlin.ctl";
    std::optional<std::string> bird_socket, bird6_socket;
    std::optional<HttpListen> http_listen = HttpListen{};  // nothing: "off"
    std::string state_dir = "/var/lib/dunlin";
    std::optional<std::string> endpoint_status;      // directory that Felix writes; with the Calico groups
    std::optional<NodeAddressOptions> node_address;  // nothing: the Node's addresses are not ours to write
    std::optional<std::string> secrets_namespace;    // nothing: that of the service account, else kube-system
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    std::vector<std::string> warnings;  // flags that are accepted and have no effect yet, for the log

    // What desired_state takes, with the environment variables that it reads.
    Options desired_options() const;
};

// --help or --version: to be printed, exit code 0.
struct OptionsText {
    std::string text;
};
// The error is one line that says what to do; exit code 1.
Result<std::variant<DaemonOptions, OptionsText>, Error> parse_options(int argc, const char* const* argv);

// "127.0.0.1:9478", "[::1]:9478".
std::optional<HttpListen> parse_listen(std::string_view text);

}  // namespace dunlin::agent
