// The plan of one node of a large cluster: from all objects, and again after one of them changed; processor
// time and memory. Usage: bench_plan [nodes (5000)] [BGPPeers (2000)] [blocks (10000)] [Services (20000)]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/cluster.h"
#include "agent/desired/desired.h"

using namespace dunlin;
using namespace dunlin::agent;
using nlohmann::json;

namespace {

double milliseconds() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double resident_mib() {
    std::ifstream in("/proc/self/statm");
    long pages = 0;
    in >> pages >> pages;
    return static_cast<double>(pages) * 4096 / 1048576;
}

std::string address(std::uint32_t base, unsigned n) { return IpAddress::v4(base + n).to_string(); }

struct Named {
    ObjectRef ref;
    json object;
};

void add(std::vector<Named>& out, const std::string& kind, const std::string& name, json object) {
    object["metadata"]["name"] = name;
    out.push_back({{kind, name}, std::move(object)});
}

void add_nodes_and_peers(unsigned nodes, unsigned peers, std::vector<Named>& out) {
    for (unsigned i = 0; i < nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        add(out, "Node", name,
            {{"metadata",
              {{"labels", {{"rack", "rack-" + std::to_string(i / 40)}, {"zone", i % 3 == 0 ? "a" : "b"}}},
               {"annotations", {{"projectcalico.org/IPv4Address", address(0x0a000001, i) + "/16"}}}}}});
    }
    for (unsigned i = 0; i < peers; ++i) {
        add(out, "BGPPeer", "tor-" + std::to_string(i),
            {{"spec",
              {{"peerIP", address(0x0a010001, i)},
               {"asNumber", 64512 + i % 1000},
               {"nodeSelector", "rack == 'rack-" + std::to_string(i / 2) + "' && zone in {'a', 'b'}"}}}});
    }
}

json service(unsigned i, bool local) {
    const std::string cluster_ip = address(0x0a600001, i);
    return {{"metadata", {{"namespace", "default"}, {"name", "service-" + std::to_string(i)}}},
            {"spec",
             {{"type", "LoadBalancer"},
              {"clusterIP", cluster_ip},
              {"clusterIPs", {cluster_ip}},
              {"ipFamilies", {"IPv4"}},
              {"externalTrafficPolicy", local ? "Local" : "Cluster"}}}};
}

std::vector<Named> objects(unsigned nodes, unsigned peers, unsigned blocks, unsigned services) {
    std::vector<Named> out;
    add_nodes_and_peers(nodes, peers, out);
    add(out, "IPPool", "pods", json{{"spec", json{{"cidr", "10.128.0.0/9"}}}});
    add(out, "BGPConfiguration", "default",
        {{"spec", {{"nodeToNodeMeshEnabled", false}, {"serviceClusterIPs", {{{"cidr", "10.96.0.0/12"}}}}}}});
    for (unsigned i = 0; i < blocks; ++i) {
        add(out, "BlockAffinity", "block-" + std::to_string(i),
            {{"spec",
              {{"node", "node-" + std::to_string(i % nodes)},
               {"cidr", address(0x0a800000, 64 * i) + "/26"},
               {"state", "confirmed"},
               {"type", "host"},
               {"deleted", false}}}});
    }
    for (unsigned i = 0; i < services; ++i) {
        const std::string name = "service-" + std::to_string(i);
        add(out, "Service", name, service(i, i % 2 == 0));
        out.back().ref.name = "default/" + name;
        add(out, "EndpointSlice", name + "-1",
            {{"metadata", {{"namespace", "default"}, {"labels", {{"kubernetes.io/service-name", name}}}}},
             {"addressType", "IPv4"},
             {"endpoints",
              {{{"addresses", {"10.128.0.5"}},
                {"nodeName", "node-" + std::to_string(i % 100)},
                {"conditions", {{"ready", true}}}}}}});
        out.back().ref.name = "default/" + name + "-1";
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int n, int otherwise) {
        return static_cast<unsigned>(argc > n ? std::atoi(argv[n]) : otherwise);
    };
    const double before = resident_mib();
    std::vector<Named> all =
        objects(argument(1, 5000), argument(2, 2000), argument(3, 10000), argument(4, 20000));
    const double with_json = resident_mib();
    Options options;
    options.node = "node-0";
    options.api_group = ApiGroup::calico;
    Cluster cluster;
    const double start = milliseconds();
    for (const auto& [ref, object] : all) put(cluster, ref, parse_object(ref.kind, object));
    const double parsed = milliseconds();
    Desired desired = desired_state(cluster, options);
    const double planned = milliseconds();
    const ObjectRef changed{"Service", "default/service-0"};
    put(cluster, changed, parse_object("Service", service(0, false)));
    const Desired again = desired_state(cluster, options);
    const bool different = again != desired;
    const double done = milliseconds();
    std::printf("%zu objects, %zu refused; %zu sessions, %zu static routes\n", all.size(),
                cluster.refused.size(), desired.sessions.size(), desired.ipv4.statics.size());
    for (const auto& [ref, problems] : cluster.refused) {
        std::printf("%s %s: %s\n", ref.kind.c_str(), ref.name.c_str(), problems.front().to_string().c_str());
    }
    std::printf("checked in %.1f ms, planned in %.1f ms, together %.1f ms\n", parsed - start,
                planned - parsed, planned - start);
    std::printf("one Service changed: %.1f ms (%s)\n", done - planned,
                different ? "another plan" : "the same");
    std::printf("memory: %.0f MiB of JSON, %.0f MiB of values and plans\n", with_json - before,
                resident_mib() - with_json);
    return different && cluster.refused.empty() ? 0 : 1;
}
