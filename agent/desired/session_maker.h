// From a BGPPeer and one neighbour of it to a session: everything that both ends will see of it. Which
// neighbours there are is decided in sessions.cc. Internal.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/desired/context.h"

namespace dunlin::agent {

struct Neighbor {
    IpAddress address;
    std::string interface;                    // of a link-local address
    std::optional<std::uint16_t> named_port;  // written in the object, and so in the name
    std::uint16_t port = bgp::kBgpPort;
    std::optional<Asn> as;
    bool cluster_id_known = false;  // the neighbour is a node whose reflector id we know
    std::optional<RouterId> cluster_id;
    bool is_node = false;
    bool by_address = false;  // named by peerIP, or a workload; else by a selector
};

class SessionMaker {
public:
    SessionMaker(const Context& context, const Desired& desired) : context_(context), desired_(desired) {}

    DesiredSession mesh(const Neighbor& neighbor, const InterfaceAddress& own);
    DesiredSession of_peer(const BgpPeer& peer, SessionOrigin origin, const Neighbor& neighbor);
    // Why the key is not known; nothing: it is.
    std::optional<std::string> missing(const SecretRef& ref) const;
    DesiredSession workload(const BgpPeer& peer, const Neighbor& neighbor);

private:
    struct Chains {
        Shared<bgp::FilterChain> import_ipv4, import_ipv6, export_ipv4, export_ipv6;
    };

    void fill_common(const Neighbor& neighbor, DesiredSession& session) const;
    void set_policy(const BgpPeer& peer, const Neighbor& neighbor, DesiredSession& session) const;
    void set_reflection(const BgpPeer& peer, const Neighbor& neighbor, DesiredSession& session) const;
    const std::string* value_of(const SecretRef& ref) const;  // nullptr: not there, or empty
    void take_tcp_ao(const std::vector<TcpAoKey>& keys, DesiredSession& session) const;
    void take_secret(const SecretRef& ref, const std::optional<SecretRef>& next,
                     DesiredSession& session) const;
    void take_filters(const BgpPeer& peer, DesiredSession& session);
    Chains compile(const std::vector<std::string>& names) const;

    const Context& context_;
    const Desired& desired_;
    std::map<std::vector<std::string>, Chains> chains_;  // sessions of one object share theirs
};

}  // namespace dunlin::agent
