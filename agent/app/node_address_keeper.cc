#include "agent/app/node_address_keeper.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/app/resources.h"

namespace dunlin::agent {
namespace {

constexpr Duration kSoon = Seconds(1);  // until there is something to look at, and after a write

// The address that packets to the destination would bear: nothing is sent by connecting a datagram socket.
// Names are not looked up: that could hold up everything.
std::optional<IpAddress> source_towards(const std::string& destination) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(destination.c_str(), "53", &hints, &found) != 0) return std::nullopt;
    std::optional<IpAddress> out;
    const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
        char text[64];
        if (getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text, sizeof text, nullptr, 0,
                        NI_NUMERICHOST) == 0) {
            out = IpAddress::parse(text);
        }
    }
    if (fd >= 0) close(fd);
    freeaddrinfo(found);
    return out;
}

}  // namespace

NodeAddressKeeper::NodeAddressKeeper(boost::asio::io_context& io, const DaemonOptions& options, Parts parts)
    : options_(options), parts_(std::move(parts)), timer_(io) {}

void NodeAddressKeeper::look_again(Duration wait) {
    timer_.expires_after(wait);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) look();
    });
}

void NodeAddressKeeper::look() {
    const Cluster* cluster = parts_.cluster();
    if (cluster == nullptr || !cluster->nodes.contains(options_.node_name)) return look_again(kSoon);
    nlohmann::json annotations = nlohmann::json::object();
    bool change = add(Family::ipv4, *cluster, annotations);
    change |= add(Family::ipv6, *cluster, annotations);
    const NodeAddressOptions& wanted = *options_.node_address;
    if (wanted.as_number) {
        const bool calico = options_.api_group != ApiGroup::dunlin;
        annotations[calico ? "projectcalico.org/ASNumber" : "dunlin.io/as-number"] =
            std::to_string(wanted.as_number->value());
        const NodeFacts facts = cluster->nodes.at(options_.node_name).facts(options_.api_group);
        change |= facts.as_number != wanted.as_number;
    }
    first_look_ = false;
    if (change && !busy_) write(annotations);
    look_again(wanted.poll);
}

std::string NodeAddressKeeper::annotation(Family family) const {
    if (options_.api_group == ApiGroup::dunlin) {
        return family == Family::ipv4 ? "dunlin.io/ipv4-address" : "dunlin.io/ipv6-address";
    }
    return family == Family::ipv4 ? "projectcalico.org/IPv4Address" : "projectcalico.org/IPv6Address";
}

AddressFacts NodeAddressKeeper::facts(Family family, const Cluster& cluster) const {
    AddressFacts out;
    for (const auto& address : parts_.kernel.addresses()) {
        const auto link = parts_.kernel.links().find(address.index);
        if (link == parts_.kernel.links().end() || !link->second.up || link->second.loopback) continue;
        if (!address.global() || !address.usable()) continue;
        out.machine.push_back({link->second.name, address.address});
    }
    for (const auto& [name, node] : cluster.nodes) {
        const NodeFacts facts = node.facts(options_.api_group);
        const auto& address = family == Family::ipv4 ? facts.ipv4 : facts.ipv6;
        if (name == options_.node_name) {
            // An InternalIP is not what the annotation says.
            const NodeFacts& said = options_.api_group == ApiGroup::dunlin ? node.own : node.calico;
            out.now = family == Family::ipv4 ? said.ipv4 : said.ipv6;
            out.internal = family == Family::ipv4 ? node.internal_ipv4 : node.internal_ipv6;
        } else if (address) {
            out.others.emplace(address->address, name);
        }
    }
    out.source_towards = source_towards;
    return out;
}

// What the annotation is to be: server-side apply takes away what is left out, so it is always said.
bool NodeAddressKeeper::add(Family family, const Cluster& cluster, nlohmann::json& annotations) {
    const NodeAddressOptions& wanted = *options_.node_address;
    const AddressFacts known = facts(family, cluster);
    const AddressDecision decision = decide_address(family == Family::ipv4 ? wanted.ipv4 : wanted.ipv6,
                                                    family, known, wanted.check_others);
    if (!decision.problem.empty()) {
        const AddressWish& wish = family == Family::ipv4 ? wanted.ipv4 : wanted.ipv6;
        if (first_look_ && wish.kind == AddressWish::Kind::fixed)
            parts_.refuse({"node address: " + decision.problem});
        parts_.log.limited(LogLevel::error, "node address: " + decision.problem);
    }
    const auto& value = decision.change ? decision.address : known.now;
    if (value) annotations[annotation(family)] = value->to_string();
    return decision.change;
}

void NodeAddressKeeper::write(const nlohmann::json& annotations) {
    const nlohmann::json node = {{"apiVersion", "v1"},
                                 {"kind", "Node"},
                                 {"metadata", {{"name", options_.node_name}, {"annotations", annotations}}}};
    busy_ = true;
    parts_.log.info("node address: writes " + annotations.dump());
    parts_.writer.apply(resource_of(options_.api_group, "Node"), {"", options_.node_name}, node, "",
                        [this](const Result<Done, k8s::WriteError>& done) {
                            busy_ = false;
                            if (done) return;
                            parts_.log.limited(LogLevel::error,
                                               "node address could not be written: " + done.error().message);
                        });
}

}  // namespace dunlin::agent
