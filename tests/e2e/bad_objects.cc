#include "tests/e2e/bad_objects.h"

namespace dunlin::test {

namespace {

BadObject peer(const std::string& spec, const std::string& says) {
    return {"BGPPeer", "bad", "", "{" + spec + "}", says};
}

// A peer that is good but for what is added.
BadObject peer_with(const std::string& fields, const std::string& says) {
    return peer("peerIP: 192.0.2.1, asNumber: 64512, " + fields, says);
}

BadObject settings(const std::string& name, const std::string& spec, const std::string& says) {
    return {"BGPConfiguration", name, "", "{" + spec + "}", says};
}

BadObject pool(const std::string& spec, const std::string& says) {
    return {"IPPool", "bad", "", "{" + spec + "}", says};
}

}  // namespace

std::vector<BadObject> bad_peers() {
    return {
        peer("asNumber: 64512", "exactly one of peerIP, peerSelector and localWorkloadSelector must be set"),
        peer("peerIP: 192.0.2.1, asNumber: 1, peerSelector: all()",
             "exactly one of peerIP, peerSelector and localWorkloadSelector must be set"),
        peer("peerIP: 192.0.2.1", "asNumber is required with peerIP"),
        peer("localWorkloadSelector: all()", "asNumber is required with localWorkloadSelector"),
        peer("peerSelector: all(), asNumber: 64512", "asNumber must not be set with peerSelector"),
        peer("peerSelector: all(), reachableBy: 192.0.2.9", "reachableBy needs peerIP"),
        peer_with("node: a, nodeSelector: all()", "node and nodeSelector exclude each other"),
        peer_with("keepOriginalNextHop: true, nextHopMode: Self",
                  "keepOriginalNextHop and nextHopMode exclude each other"),
        peer_with("reachableBy: 'fd00::1'", "reachableBy must be of the same address family as peerIP"),
        peer("peerIP: 'fd00::2', asNumber: 1, reachableBy: 192.0.2.1",
             "reachableBy must be of the same address family as peerIP"),
        peer_with("roleStrict: true", "roleStrict needs role"),
        peer_with("holdTime: 30s, keepaliveTime: 30s", "keepaliveTime must be shorter than holdTime"),
        peer_with("maxRestartTime: 60s, gracefulRestart: {restartTime: 60s}",
                  "maxRestartTime and gracefulRestart.restartTime are the same setting"),
        peer_with("holdTime: 2s", "holdTime must be 0s or between 3s and 65535s"),
        peer_with("holdTime: 65536s", "holdTime must be 0s or between 3s and 65535s"),
        peer_with("connectRetryTime: 500ms", "connectRetryTime must be between 1s and 65535s"),
        peer_with("errorBackoff: {min: 0s}", "errorBackoff.min must be between 1s and 3600s"),
        peer_with("errorBackoff: {max: 2h}", "errorBackoff.max must be between 1s and 3600s"),
        peer_with("errorBackoff: {min: 1m, max: 30s}",
                  "errorBackoff.min must not be longer than errorBackoff.max"),
        peer_with("gracefulRestart: {restartTime: 4096s}",
                  "gracefulRestart.restartTime must be between 1s and 4095s"),
    };
}

std::vector<BadObject> bad_peer_values() {
    return {
        peer("peerIP: 192.0.2.1, asNumber: 0", "greater than or equal to 1"),
        peer("peerIP: 192.0.2.1, asNumber: 4294967296", "less than or equal to 4294967295"),
        peer("peerIP: 192.0.2.1, asNumber: '64512'", "spec.asNumber: expected numeric"),
        peer("peerIP: 192.0.2.256, asNumber: 1", "spec.peerIP in body should match"),
        peer("peerIP: '192.0.2.1:65536', asNumber: 1", "spec.peerIP in body should match"),
        peer("peerIP: router.example, asNumber: 1", "spec.peerIP in body should match"),
        peer_with("reachableBy: nowhere", "spec.reachableBy"),
        peer_with("ttlSecurity: 256", "less than or equal to 255"),
        peer_with("holdTime: 90", "spec.holdTime: expected string"),
        peer_with("holdTime: ninety", "spec.holdTime in body should match"),
        peer_with("keepaliveTime: -1s", "spec.keepaliveTime in body should match"),
        peer_with("nextHopMode: Mine", "supported values"),
        peer_with("adminState: Sideways", "supported values"),
        peer_with("families: [IPv4Unicast, IPv4Unicast]", "spec.families: duplicate entries"),
        peer_with("families: [L2VPN]", "supported values"),
        peer_with("families: []", "at least 1"),
        peer_with("maxPrefixes: {action: Warn}", "spec.maxPrefixes.limit: Required value"),
        peer_with("maxPrefixes: {limit: 0}", "greater than or equal to 1"),
        peer_with("password: {secretKeyRef: {name: s}}", "spec.password.secretKeyRef.key: Required value"),
        peer_with("password: {secretKeyRef: {name: s, key: ''}}", "at least 1 chars long"),
        peer_with("gracefulRestart: {mode: Half}", "supported values"),
        peer_with("role: Upstream", "supported values"),
        peer_with("sendCommunities: [Wide]", "supported values"),
        peer_with("nextPassword: {secretKeyRef: {name: s, key: k}}",
                  "nextPassword comes after password, which is not set"),
        peer_with("password: {secretKeyRef: {name: s, key: k}}, "
                  "tcpAO: {keys: [{sendID: 1, receiveID: 2, secretKeyRef: {name: s, key: k}}]}",
                  "tcpAO and password exclude each other"),
        peer_with("asNumbr: 5", "field not declared in schema"),
    };
}

std::vector<BadObject> bad_configurations() {
    return {
        settings("default",
                 "nodeToNodeMeshEnabled: false, nodeMeshPassword: {secretKeyRef: {name: s, key: k}}",
                 "nodeMeshPassword must not be set when nodeToNodeMeshEnabled is false"),
        settings("default", "nodeToNodeMeshEnabled: false, nodeMeshMaxRestartTime: 60s",
                 "nodeMeshMaxRestartTime must not be set when nodeToNodeMeshEnabled is false"),
        settings("default", "nodeMeshNextPassword: {secretKeyRef: {name: s, key: k}}",
                 "nodeMeshNextPassword comes after nodeMeshPassword, which is not set"),
        settings("default", "communities: [{name: a, value: '1:2'}]",
                 "communities must be used by a prefixAdvertisement"),
        settings("other", "listenPort: 179", "the name must be 'default', or 'node.' and the name of a node"),
        settings("node.a", "asNumber: 64512", "only the object 'default' may set"),
        settings("node.a", "confederation: {identifier: 1}", "only the object 'default' may set"),
        settings("default", "routerID: 192.0.2.1", "routerID belongs to one node"),
        settings("node.a", "routerID: 0.0.0.0", "routerID must not be 0.0.0.0"),
        settings("node.a", "routerID: one", "spec.routerID"),
        settings("default", "listenPort: 0", "greater than or equal to 1"),
        settings("default", "listenPort: 65536", "less than or equal to 65535"),
        settings("default", "asNumber: 0", "greater than or equal to 1"),
        settings("default", "bindMode: Everywhere", "supported values"),
        settings("default", "logSeverityScreen: Loud", "spec.logSeverityScreen in body should match"),
        settings("default", "serviceClusterIPs: [{cidr: ten}]", "spec.serviceClusterIPs[0].cidr"),
        settings("default", "ignoredInterfaces: ['*']", "spec.ignoredInterfaces[0] in body should match"),
        settings("default", "ipv4NormalRoutePriority: 0", "greater than or equal to 1"),
        settings("default", "prefixAdvertisements: [{cidr: 10.0.0.0/8, communities: []}]", "at least 1"),
        settings("default",
                 "communities: [{name: a, value: '65536:2'}], "
                 "prefixAdvertisements: [{cidr: 10.0.0.0/8, communities: [a]}]",
                 "spec.communities[0].value in body should match"),
    };
}

std::vector<BadObject> bad_filters() {
    std::vector<BadObject> all;
    // The four lists have a schema each, so each of them is asked.
    for (const std::string list : {"importV4", "importV6", "exportV4", "exportV6"}) {
        const bool v4 = list.ends_with("V4");
        const std::string cidr = v4 ? "10.0.0.0/8" : "'fd00::/8'";
        const auto rule = [&](const std::string& fields, const std::string& says) {
            all.push_back(
                {"BGPFilter", "bad", "", "{" + list + ": [{action: Reject, " + fields + "}]}", says});
        };
        rule("cidr: " + cidr, "cidr and matchOperator must both be set, or neither");
        rule("matchOperator: In", "cidr and matchOperator must both be set, or neither");
        rule("prefixLength: {min: 9}", "prefixLength needs cidr");
        rule("matchOperator: Equal, prefixLength: {min: 9}, cidr: " + cidr,
             "prefixLength has no meaning with matchOperator Equal and NotEqual: use In or NotIn");
        rule("matchOperator: In, prefixLength: {min: 9, max: 8}, cidr: " + cidr,
             "prefixLength.min must not be above prefixLength.max");
        rule("matchOperator: In, prefixLength: {max: " + std::string(v4 ? "33" : "129") + "}, cidr: " + cidr,
             v4 ? "less than or equal to 32" : "less than or equal to 128");
        rule("matchOperator: In, cidr: " + std::string(v4 ? "'fd00::/8'" : "10.0.0.0/8"), "[0].cidr");
        rule("operations: [{setMED: {value: 1}}]", "operations need action Accept");
        rule("operations: []", "at least 1");
        rule("operations: [{setMED: {value: 1}, setLocalPref: {value: 1}}]", "must have at most 1");
        rule("operations: [{}]", "at least 1");
        rule("communities: {values: ['1:2', '1:3']}", "must have at most 1");
        rule("communities: {values: ['1:65536']}", "in body should match");
        rule("interface: 'a-name-too-long*'", "may not be more than 15");
    }
    return all;
}

std::vector<BadObject> bad_pools_and_blocks() {
    const std::string claim = "{cidr: 10.9.0.0/26, node: a}";
    return {
        pool("cidr: 10.0.0.0/16, blockSize: 33", "blockSize must be 20 to 32 for IPv4, 116 to 128 for IPv6"),
        pool("cidr: 'fd00::/64', blockSize: 64", "blockSize must be 20 to 32 for IPv4, 116 to 128 for IPv6"),
        pool("cidr: 10.0.0.0/16, blockSize: 19", "greater than or equal to 20"),
        pool("cidr: 10.0.0.0/26, blockSize: 25",
             "blockSize must not be shorter than the prefix length of cidr (not set: 26 for IPv4, 122 for "
             "IPv6)"),
        pool("cidr: 10.0.0.0/27",
             "blockSize must not be shorter than the prefix length of cidr (not set: 26 for IPv4, 122 for "
             "IPv6)"),
        pool("cidr: 10.0.0.0/16, ipipMode: Always, vxlanMode: Always",
             "ipipMode and vxlanMode exclude each other"),
        pool("cidr: 'fd00::/64', ipipMode: Always", "ipipMode is for IPv4 pools only"),
        pool("cidr: 10.0.0.0/16, allowedUses: [LoadBalancer, Workload]",
             "allowedUses: LoadBalancer cannot be combined with another use"),
        pool("cidr: everything", "spec.cidr"),
        pool("blockSize: 26", "spec.cidr: Required value"),
        pool("cidr: 10.0.0.0/16, blocksPerNode: -1", "greater than or equal to 0"),
        {"IPPool", "kept", "{cidr: 10.8.0.0/16}", "{cidr: 10.9.0.0/16}", "cidr cannot be changed"},
        {"IPPool", "kept", "{cidr: 10.8.0.0/16}", "{cidr: 10.8.0.0/16, blockSize: 27}",
         "blockSize cannot be changed"},
        {"BlockAffinity", "10-9-0-0-26", claim, "{cidr: 10.9.0.64/26, node: a}", "cidr cannot be changed"},
        {"BlockAffinity", "10-9-0-0-26", claim, "{cidr: 10.9.0.0/26, node: b}", "node cannot be changed"},
        {"BlockAffinity", "bad", "", "{cidr: 10.9.0.0/26, node: ''}", "at least 1 chars long"},
        {"BlockAffinity", "bad", "", "{cidr: 10.9.0.0/26, node: a, state: maybe}", "supported values"},
        {"BlockAffinity", "bad", "", "{cidr: 10.9.0.0/26, node: a, deleted: 'true'}",
         "spec.deleted: expected boolean"},
    };
}

}  // namespace dunlin::test
