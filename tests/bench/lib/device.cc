#include "tests/bench/lib/device.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/wait.h"

namespace dunlin::bench {
namespace {

double status_mib(pid_t pid, const std::string& field) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.rfind(field + ":", 0) == 0) return std::stod(line.substr(field.size() + 1)) / 1024;
    }
    throw std::runtime_error("bench: no " + field + ": has the device ended?");
}

std::string mesh_node(const std::string& name, const DeviceNeighbour& neighbour) {
    return test::node_yaml(name, "dunlin.io/ipv4-address: " + neighbour.address.to_string() +
                                     "/16, dunlin.io/as-number: '" + std::to_string(kDeviceAs) + "'");
}

// Objects as a directory before the agent starts: what BIRD has in its configuration.
class Dunlin : public Device {
public:
    Dunlin(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours, const DeviceRole& role) {
        write("node", device_node(role.reflector));
        write("config",
              std::string("apiVersion: dunlin.io/v1\nkind: BGPConfiguration\nmetadata: {name: default}\n"
                          "spec: {nodeToNodeMeshEnabled: ") +
                  (role.mesh ? "true" : "false") + "}\n");
        write("pool",
              "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: all}\nspec: {cidr: 16.0.0.0/4}\n");
        for (std::size_t i = 0; i < neighbours.size(); ++i) {
            const std::string name = "n" + std::to_string(i);
            write(name, role.mesh ? mesh_node(name, neighbours[i])
                                  : peer_object(name, neighbours[i], ", passive: true"));
        }
        if (role.mesh) {
            write("block",
                  std::string("apiVersion: dunlin.io/v1\nkind: BlockAffinity\nmetadata: {name: own}\n"
                              "spec: {node: dut, cidr: ") +
                      kDeviceBlock + ", state: confirmed}\n");
            write(
                "own-pool",
                "apiVersion: dunlin.io/v1\nkind: IPPool\nmetadata: {name: own}\nspec: {cidr: 9.9.0.0/16}\n");
        }
        test::Agent::Options options;
        options.resources = dir_.path();
        options.log_level = "info";
        options.flags = {"--block-source", "affinity", "--kernel", role.kernel ? "on" : "off"};
        agent_ = std::make_unique<test::Agent>(netns, "dut", options);
    }
    pid_t pid() const override { return agent_->pid(); }

private:
    void write(const std::string& name, const std::string& text) {
        test::write_file(dir_ / (name + ".yaml"), text);
    }

    test::TempDir dir_;
    std::unique_ptr<test::Agent> agent_;
};

class Bird : public Device {
public:
    Bird(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours, const DeviceRole& role) {
        std::ostringstream config;
        config << "router id " << kDeviceAddress << ";\nprotocol device {}\nprotocol direct { ipv4; }\n"
               << (role.kernel ? "protocol kernel { ipv4 { export where source = RTS_BGP; }; }\n" : "")
               << (role.mesh
                       ? std::string("protocol static own { ipv4; route ") + kDeviceBlock + " blackhole; }\n"
                       : std::string())
               << "template bgp n { local as " << kDeviceAs << "; passive yes; connect delay time 1; "
               << (role.reflector ? "rr client; " : "")
               << "ipv4 { import all; export where source = RTS_BGP || source = RTS_STATIC; }; }\n";
        for (std::size_t i = 0; i < neighbours.size(); ++i) {
            config << "protocol bgp n" << i << " from n { neighbor " << neighbours[i].address.to_string()
                   << " as " << neighbours[i].as.value() << "; }\n";
        }
        bird_ = std::make_unique<test::Bird>(netns, config.str());
        // It refuses connections before that.
        const bool ready = test::wait_until(std::chrono::seconds(30), [&] {
            const std::string protocols = bird_->birdc("show protocols");
            std::size_t passive = 0;
            for (std::size_t at = protocols.find("Passive"); at != std::string::npos;
                 at = protocols.find("Passive", at + 1))
                ++passive;
            return passive == neighbours.size();
        });
        if (!ready) throw std::runtime_error("bench: BIRD does not wait for its neighbours");
    }
    pid_t pid() const override { return bird_->pid(); }

private:
    std::unique_ptr<test::Bird> bird_;
};

}  // namespace

Cost cost_of(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream words(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) words >> skipped;  // proc(5): fields 14 and 15 follow
    double user = 0, system = 0;
    words >> user >> system;
    return {(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)), status_mib(pid, "VmHWM"),
            status_mib(pid, "VmRSS")};
}

std::string peer_object(const std::string& name, const DeviceNeighbour& neighbour, const std::string& rest) {
    return "apiVersion: dunlin.io/v1\nkind: BGPPeer\nmetadata: {name: " + name +
           "}\nspec: {peerIP: " + neighbour.address.to_string() +
           ", asNumber: " + std::to_string(neighbour.as.value()) + rest + "}\n";
}
std::string device_node(bool reflector) {
    return test::node_yaml(
        "dut", std::string("dunlin.io/ipv4-address: ") + kDeviceAddress + "/16, dunlin.io/as-number: '" +
                   std::to_string(kDeviceAs) + "'" +
                   (reflector ? ", dunlin.io/route-reflector-cluster-id: 10.255.0.1" : ""));
}

std::unique_ptr<Device> start_dunlin(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours,
                                     const DeviceRole& role) {
    return std::make_unique<Dunlin>(netns, neighbours, role);
}
std::unique_ptr<Device> start_bird(const test::NetNs& netns, const std::vector<DeviceNeighbour>& neighbours,
                                   const DeviceRole& role) {
    return std::make_unique<Bird>(netns, neighbours, role);
}

}  // namespace dunlin::bench
