// Calico's objects in a real API server: definitions of its group that are shaped like Calico's, agents with
// the rights of manifests/overlays/calico and no others.
#include <nlohmann/json.hpp>

#include "tests/e2e/rack.h"

namespace dunlin::test {
namespace {

using nlohmann::json;

std::string definition(const std::string& kind, const std::string& plural, bool status) {
    const std::string lower = [&] {
        std::string out = kind;
        for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return out;
    }();
    return "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: " + plural +
           ".projectcalico.org}\nspec:\n  group: projectcalico.org\n  scope: Cluster\n  names: {kind: " +
           kind + ", listKind: " + kind + "List, plural: " + plural + ", singular: " + lower +
           "}\n  versions:\n  - name: v3\n    served: true\n    storage: true\n" +
           (status ? "    subresources: {status: {}}\n" : "") +
           "    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n"
           "          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}\n" +
           (status ? "          status: {type: object, x-kubernetes-preserve-unknown-fields: true}\n" : "") +
           "---\n";
}

std::string definitions() {
    return definition("BGPPeer", "bgppeers", false) +
           definition("BGPConfiguration", "bgpconfigurations", false) +
           definition("BGPFilter", "bgpfilters", false) + definition("IPPool", "ippools", false) +
           definition("BlockAffinity", "blockaffinities", false) +
           definition("CalicoNodeStatus", "caliconodestatuses", true);
}

std::string calico(const std::string& kind, const std::string& name, const std::string& spec) {
    return "apiVersion: projectcalico.org/v3\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" +
           spec + "}\n---\n";
}

struct CalicoSite {
    CalicoSite() {
        cluster.check_kubectl(
            {"apply", "--server-side", "-k", (source_dir() / "manifests/overlays/calico").string()});
        cluster.apply(definitions());
        for (const char* kind : {"bgppeers", "bgpconfigurations", "bgpfilters", "ippools", "blockaffinities",
                                 "caliconodestatuses"}) {
            cluster.check_kubectl({"wait", "--for=condition=Established", "--timeout=60s",
                                   std::string("crd/") + kind + ".projectcalico.org"});
        }
        options.kubeconfig = cluster.service_account_kubeconfig("dunlin-system", "dunlin");
        options.flags = {"--namespace",       "dunlin-system",  "--api-group",
                         "projectcalico.org", "--node-address", "on"};
    }
    std::string get(const Argv& words) const {
        Argv argv{"get"};
        argv.insert(argv.end(), words.begin(), words.end());
        return cluster.kubectl(argv).out;
    }
    json object(const std::string& kind, const std::string& name) const {
        const json out = json::parse(get({kind, name, "-o", "json"}), nullptr, false);
        return out.is_discarded() ? json::object() : out;
    }
    std::string annotation(const std::string& node, const std::string& key) const {
        return object("node", node)
            .value(json::json_pointer("/metadata/annotations"), json::object())
            .value(key, "");
    }

    Rack rack;
    KubeCluster cluster{
        KubeCluster::Options{&rack.tor, "192.0.2.1", {"--service-cluster-ip-range=10.96.0.0/16"}}};
    Agent::Options options;
};

TEST_CASE("Calico's objects: addresses are found, the mesh comes up, Services are told, reports are filled") {
    if (agents_skipped()) return;
    CalicoSite site;
    for (int i = 0; i < 2; ++i) site.cluster.apply(node_yaml(Rack::name(i), ""));
    site.cluster.apply(
        calico("IPPool", "pods", "cidr: 10.244.0.0/16") +
        calico("BlockAffinity", "n1-block",
               "node: n1, cidr: 10.244.0.0/26, state: confirmed, type: host, deleted: false") +
        calico("BlockAffinity", "n2-block",
               "node: n2, cidr: 10.244.0.64/26, state: confirmed, type: host, deleted: false") +
        calico("CalicoNodeStatus", "report",
               "node: n1, classes: [Agent, BGP, Routes], updatePeriodSeconds: 1"));
    std::vector<std::unique_ptr<Agent>> agents;
    for (int i = 0; i < 2; ++i) {
        agents.push_back(std::make_unique<Agent>(*site.rack.nodes.at(i), Rack::name(i), site.options));
    }
    // Nobody gave the nodes an address: each looked for its own.
    for (int i = 0; i < 2; ++i) {
        CHECK(wait_until(seconds(60), [&] {
            return site.annotation(Rack::name(i), "projectcalico.org/IPv4Address") ==
                   Rack::address(i) + "/24";
        }));
    }
    CHECK(agents[0]->wait_established("Mesh_192_0_2_12", seconds(90)));
    CHECK(wait_until(seconds(30), [&] {
        return has(site.rack.nodes[1]->ip({"route", "show"}), "10.244.0.0/26 via 192.0.2.11");
    }));

    // A Service of Local policy: its address goes to the other node of the mesh, until its endpoint leaves.
    site.cluster.apply(calico("BGPConfiguration", "default", "serviceClusterIPs: [{cidr: 10.96.0.0/16}]"));
    CHECK(agents[1]->wait_for({"show", "route", "10.96.0.0/16"}, "Mesh_192_0_2_11"));
    site.cluster.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\n"
        "spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}], selector: {a: b}}\n"
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}\n"
        "addressType: IPv4\nendpoints: [{addresses: [10.244.0.5], nodeName: n1}]\nports: []\n");
    const std::string address = site.object("service", "web").at("spec").at("clusterIP");
    CHECK(agents[1]->wait_for({"show", "route", address + "/32"}, "Mesh_192_0_2_11"));
    site.cluster.check_kubectl({"delete", "endpointslice", "web-1"});
    CHECK(wait_until(seconds(30), [&] {
        return has(agents[1]->ctl({"show", "route", address + "/32"}).err, "Network not found");
    }));

    CHECK(wait_until(seconds(60), [&] {
        const json status = site.object("caliconodestatus", "report").value("status", json::object());
        return status.value(json::json_pointer("/bgp/numberEstablishedV4"), 0) == 1 &&
               status.value(json::json_pointer("/agent/birdV4/state"), "") == "Ready" &&
               has(status.value(json::json_pointer("/routes/routesV4"), json::array()).dump(),
                   R"({"peerIP":"192.0.2.12","sourceType":"NodeMesh"})");
    }));
    // Rights and kinds suffice: nothing was refused.
    for (const auto& agent : agents) CHECK_FALSE(has(agent->log(), "forbidden"));
}

TEST_CASE("Calico's objects: an address that another node has is not taken") {
    if (agents_skipped()) return;
    CalicoSite site;
    site.cluster.apply(node_yaml("n1", ""));
    site.cluster.apply(node_yaml("n9", "projectcalico.org/IPv4Address: 192.0.2.11/24"));
    const Agent agent(*site.rack.nodes.at(0), "n1", site.options);
    CHECK(wait_until(seconds(60), [&] { return has(agent.log(), "192.0.2.11 is the address of node n9"); }));
    CHECK(site.annotation("n1", "projectcalico.org/IPv4Address").empty());
    // One that was given is a mistake that somebody has to mend: the agent ends.
    Argv argv{"timeout",
              "60",
              "env",
              "IP=192.0.2.11/24",
              std::string(DUNLIN_BINARY_DIR) + "/dunlind",
              "--node-name",
              "n1",
              "--kubeconfig",
              site.options.kubeconfig};
    argv.insert(argv.end(), site.options.flags.begin(), site.options.flags.end());
    const TempDir dir;
    for (const std::string& word :
         {std::string("--control-socket"), dir / "c.ctl", std::string("--state-dir"), dir / "state"})
        argv.push_back(word);
    RunOptions limit;
    limit.limit = std::chrono::seconds(90);
    const Completed done = site.rack.nodes.at(1)->exec(argv, limit);
    CAPTURE(done.err);
    CHECK(done.exit_code == 1);
    CHECK(has(done.err + done.out, "192.0.2.11 is the address of node n9"));
}

}  // namespace
}  // namespace dunlin::test
