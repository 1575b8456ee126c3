// A node as the tests of the views know it.
#pragma once

#include "agent/show/view.h"

namespace dunlin::agent {

inline WallTime sample_time(int seconds) {  // 2026-01-31 12:34:56.789 and so many seconds
    return WallTime(std::chrono::milliseconds(1'769'862'896'789) + Seconds(seconds));
}

inline SessionView sample_up() {
    SessionView s;
    s.name = "Node_192_0_2_1";
    s.peer_object = "tor-a";
    s.origin = "node";
    s.neighbor = *IpAddress::parse("192.0.2.1");
    s.local_address = IpAddress::parse("192.0.2.11");
    s.neighbor_as = Asn(64512);
    s.local_as = Asn(64513);
    s.state = "Established";
    s.established = true;
    s.since = sample_time(-60);
    s.flaps = 1;
    s.neighbor_id = RouterId(0xc0000201);
    s.hold = Seconds(90);
    s.keepalive = Seconds(30);
    s.capabilities = {"ipv4-unicast", "route-refresh", "as4"};
    s.families = {Family::ipv4};
    s.prefixes = {{Family::ipv4, 5, 4, 1}};
    s.messages_in = {{"keepalive", 2}, {"open", 1}};
    s.messages_out = {{"open", 1}};
    return s;
}

inline SessionView sample_down() {
    SessionView s;
    s.name = "Mesh_2001_db8__2";
    s.origin = "mesh";
    s.neighbor = *IpAddress::parse("2001:db8::2");
    s.neighbor_as = s.local_as = Asn(64513);
    s.state = "Active";
    s.since = sample_time(-100'000);
    s.reason = "ConnectRefused";
    s.message = "2001:db8::2 refused the connection";
    s.families = {Family::ipv6};
    return s;
}

inline NodeView sample_node() {
    NodeView v;
    v.node = "node-1";
    v.version = "0.1.0";
    v.router_id = RouterId(0x0a00000b);
    v.local_as = Asn(64513);
    v.node_uid = "1234";
    v.start = sample_time(-3600);
    v.now = sample_time(0);
    v.synced = v.kernel_synced = true;
    v.sessions = {sample_up(), sample_down()};
    v.protocols = {{"kernel1", "Kernel", "master4", true, sample_time(-3600), "", 3, 4},
                   {"device1", "Device", "", true, sample_time(-3600), "", 0, 0}};
    v.blocks = {{*Prefix::parse("10.244.1.0/26"), "pods", "10-244-1-0-26", true, true}};
    v.pools = {{"pods", *Prefix::parse("10.244.0.0/16"), 1, 1024, 1}};
    v.sources = {{"bgppeers.dunlin.io", "Synced", "", 1}};
    v.routes = {{"master4", 410}, {"master6", 2}};
    v.kernel.installed = 5;
    return v;
}

}  // namespace dunlin::agent
