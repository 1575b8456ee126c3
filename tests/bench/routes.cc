// dunlind beside BIRD 2 under the same load, in turn, medians of several runs: the table of
// doc/performance.md. Usage: bench_routes [--runs N (5)] [--scale DIVISOR (1)] [--json FILE] [SCENARIO...]
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "bgp/wire/encode.h"
#include "tests/bench/lib/device.h"
#include "tests/bench/lib/load.h"
#include "tests/support/agent.h"
#include "tests/support/bird.h"
#include "tests/support/temp_dir.h"

namespace dunlin::bench {
namespace {

using bgp::Nlri;
using std::chrono::seconds;

constexpr std::uint32_t kFirstRoute = 0x10000000;  // 16.0.0.0/24 and on
constexpr std::uint32_t kFirstHost = 0x18000000;   // 24.0.0.0 and on
constexpr seconds kLimit(300);
constexpr seconds kMeshLimit(60);  // BIRD does not get there

IpAddress load_address(unsigned n) { return IpAddress::v4(0x0aff0002 + n); }

// The device and its load on one link.
struct Lab {
    explicit Lab(unsigned neighbours, bool internal = false) {
        test::NetNs::clear_stale();
        device.link({"eth0", {std::string(kDeviceAddress) + "/16"}}, load, {"eth0", {}});
        for (unsigned n = 0; n < neighbours; ++n) {
            load.add_address("eth0", load_address(n).to_string() + "/16");
            all.push_back({load_address(n), internal ? Asn(kDeviceAs) : Asn(65001 + n)});
        }
    }
    test::NetNs device{"dut"}, load{"load"};
    std::vector<DeviceNeighbour> all;
};

struct Table {
    unsigned first = 0, count = 0, per_update = 10;
    unsigned as = 65001;  // the first of the path
    unsigned path = 3;    // its length
};

Octets announcements(const Table& table, const IpAddress& next_hop) {
    Octets out, block;
    std::vector<Nlri> nlri;
    const bgp::PackContext pack;
    for (unsigned i = table.first; i < table.first + table.count; i += table.per_update) {
        const unsigned set = i / table.per_update;
        std::vector<Asn> path{Asn(table.as), Asn(1000 + set % 50000), Asn(70000 + set)};
        path.resize(table.path, Asn(64999));
        bgp::PathAttributes attributes;
        attributes.as_path = bgp::AsPath::sequence(path);
        attributes.communities = {0xfde80000 + set % 1000};
        block.clear();
        bgp::encode_attributes(attributes, {true, false}, block);
        nlri.clear();
        for (unsigned j = i; j < i + table.per_update && j < table.first + table.count; ++j)
            nlri.push_back({*Prefix::from(IpAddress::v4(kFirstRoute + (j << 8)), 24), PathId(0)});
        bgp::encode_announcements(nlri, block, {next_hop, std::nullopt}, pack, out);
    }
    return out;
}

Octets withdrawals(unsigned count) {
    Octets out;
    std::vector<Nlri> nlri;
    for (unsigned i = 0; i < count; ++i)
        nlri.push_back({*Prefix::from(IpAddress::v4(kFirstRoute + (i << 8)), 24), PathId(0)});
    bgp::encode_withdrawals(nlri, {}, out);
    return out;
}

// One measured step: wall time, processor time of the device, its peak so far.
struct Sample {
    double wall_s = 0, processor_s = 0, peak_mib = 0;
};
using Samples = std::map<std::string, Sample>;

class Stopwatch {
public:
    explicit Stopwatch(const Device& device) : device_(device), cost_(device.cost()), from_(Clock::now()) {}
    Sample stop() const {
        const double wall = std::chrono::duration<double>(Clock::now() - from_).count();
        const Cost now = device_.cost();
        return {wall, now.processor_s - cost_.processor_s, now.peak_mib};
    }

private:
    const Device& device_;
    Cost cost_;
    Clock::time_point from_;
};

using Start = std::unique_ptr<Device> (*)(const test::NetNs&, const std::vector<DeviceNeighbour>&,
                                          const DeviceRole&);

struct Run {
    Run(Start start, unsigned neighbours, const DeviceRole& role = {})
        : lab(neighbours),
          device(start(lab.device, lab.all, role)),
          inside(lab.load.enter()),
          load(*IpAddress::parse(kDeviceAddress)) {
        for (const DeviceNeighbour& each : lab.all) load.add({each.address, each.as});
        load.establish(seconds(60));
    }
    Neighbour& at(unsigned n) { return *load.neighbours().at(n); }

    Lab lab;
    std::unique_ptr<Device> device;
    test::NetNs::Inside inside;
    Load load;
};

// One in, one out; then all withdrawn.
Samples one_to_one(Start start, unsigned scale) {
    const unsigned count = 1000000 / scale;
    const Octets in = announcements({.count = count}, load_address(0));
    const Octets out = withdrawals(count);
    Run run(start, 2);
    Samples result;
    {
        const Stopwatch watch(*run.device);
        run.at(0).send(in);
        run.load.run("the table", kLimit, [&] { return run.at(1).prefixes().size() >= count; });
        result["1 M routes, 1 in, 1 out"] = watch.stop();
    }
    const Stopwatch watch(*run.device);
    run.at(0).send(out);
    run.load.run("the withdrawals", kLimit, [&] { return run.at(1).prefixes().size() == 0; });
    result["withdraw them all"] = watch.stop();
    return result;
}

Samples fan_out(Start start, unsigned scale) {
    const unsigned count = 100000 / scale;
    std::vector<Octets> in;
    for (unsigned n = 0; n < 10; ++n)
        in.push_back(announcements({.first = n * count, .count = count, .as = 65001 + n}, load_address(n)));
    Run run(start, 20);
    const Stopwatch watch(*run.device);
    for (unsigned n = 0; n < 10; ++n) run.at(n).send(in[n]);
    run.load.run("the tables", kLimit, [&] {
        for (unsigned n = 0; n < 20; ++n) {
            if (run.at(n).prefixes().size() < (n < 10 ? 9 : 10) * std::size_t{count}) return false;
        }
        return true;
    });
    return {{"10 in x 100 k, 20 out", watch.stop()}};
}

// A table, the same over a shorter path from another neighbour, which is then lost.
Samples better_path(Start start, unsigned scale) {
    const unsigned count = 500000 / scale;
    const Octets first = announcements({.count = count}, load_address(0));
    const Octets better = announcements({.count = count, .as = 65002, .path = 2}, load_address(1));
    Run run(start, 3);
    run.at(0).send(first);
    run.load.run("the first table", kLimit, [&] { return run.at(2).prefixes().size() >= count; });
    Samples result;
    std::uint64_t mark = run.at(2).announcements();
    {
        const Stopwatch watch(*run.device);
        run.at(1).send(better);
        run.load.run("the better paths", kLimit, [&] { return run.at(2).announcements() >= mark + count; });
        result["500 k: a better path comes"] = watch.stop();
    }
    mark = run.at(2).announcements();
    const Stopwatch watch(*run.device);
    run.at(1).close();
    run.load.run("the first table again", kLimit, [&] { return run.at(2).announcements() >= mark + count; });
    result["500 k: its neighbour is lost"] = watch.stop();
    return result;
}

Samples sessions(Start start, unsigned) {
    Lab lab(100);
    const auto device = start(lab.device, lab.all, {});
    const test::NetNs::Inside inside = lab.load.enter();
    Load load(*IpAddress::parse(kDeviceAddress));
    for (const DeviceNeighbour& each : lab.all) load.add({each.address, each.as});
    const Stopwatch watch(*device);
    load.establish(seconds(60));
    Sample sample = watch.stop();
    sample.peak_mib = device->cost().now_mib;
    return {{"100 sessions up, idle memory", sample}};
}

// What a node of a cluster announces: blocks, and addresses that others of its block do not have.
Octets node_routes(unsigned n, unsigned blocks, unsigned hosts) {
    std::vector<Nlri> nlri;
    for (unsigned i = 0; i < blocks; ++i)
        nlri.push_back({*Prefix::from(IpAddress::v4(kFirstRoute + (n * blocks + i) * 64), 26), PathId(0)});
    // Of other /26s, by which the load knows them.
    for (unsigned i = 0; i < hosts; ++i)
        nlri.push_back({*Prefix::from(IpAddress::v4(kFirstHost + (n * hosts + i) * 64), 32), PathId(0)});
    bgp::PathAttributes attributes;
    attributes.local_pref = 100;
    Octets out, block;
    bgp::encode_attributes(attributes, {true, true}, block);
    bgp::encode_announcements(nlri, block, {load_address(n), std::nullopt}, {}, out);
    return out;
}

// 200 nodes behind a reflector, from the first session to the moment when each has the routes of all others.
Samples reflector(Start start, unsigned) {
    constexpr unsigned kClients = 200, kBlocks = 4, kHosts = 2;
    Lab lab(kClients, true);
    const auto device = start(lab.device, lab.all, {.reflector = true});
    const test::NetNs::Inside inside = lab.load.enter();
    Load load(*IpAddress::parse(kDeviceAddress));
    std::vector<Octets> routes;
    for (unsigned n = 0; n < kClients; ++n) {
        load.add({lab.all[n].address, lab.all[n].as});
        routes.push_back(node_routes(n, kBlocks, kHosts));
    }
    load.establish(seconds(60));
    const Stopwatch watch(*device);
    for (unsigned n = 0; n < kClients; ++n) load.neighbours()[n]->send(routes[n]);
    load.run("the routes of all clients", kLimit, [&] {
        return std::all_of(load.neighbours().begin(), load.neighbours().end(), [](const auto& each) {
            return each->prefixes().size() >= (kClients - 1) * (kBlocks + kHosts);
        });
    });
    return {{"reflector, 200 clients x 6", watch.stop()}};
}

// A node of a full mesh of 1,000: until all sessions are up, it has a block of each and each has its own.
Samples mesh(Start start, unsigned) {
    constexpr unsigned kNodes = 1000;
    Lab lab(kNodes, true);
    const auto device = start(lab.device, lab.all, {.mesh = true});
    const test::NetNs::Inside inside = lab.load.enter();
    Load load(*IpAddress::parse(kDeviceAddress));
    std::vector<Octets> routes;
    for (unsigned n = 0; n < kNodes; ++n) {
        load.add({lab.all[n].address, lab.all[n].as});
        routes.push_back(node_routes(n, 1, 0));
    }
    const Stopwatch watch(*device);
    load.establish(kMeshLimit);
    for (unsigned n = 0; n < kNodes; ++n) load.neighbours()[n]->send(routes[n]);
    load.run("the node's block at all others", kMeshLimit, [&] {
        return std::all_of(load.neighbours().begin(), load.neighbours().end(),
                           [](const auto& each) { return each->prefixes().size() >= 1; });
    });
    return {{"mesh node, 1,000 neighbours", watch.stop()}};
}

// Of the namespace that the thread is in, by the kernel's own count.
std::size_t kernel_route_count() {
    std::ifstream in("/proc/thread-self/net/fib_triestat");
    std::size_t sum = 0;
    for (std::string line; std::getline(in, line);) {
        const std::size_t at = line.find("Prefixes:");
        if (at != std::string::npos) sum += std::stoul(line.substr(at + 9));
    }
    return sum;
}

// 200,000 routes of one neighbour into the kernel, and out again when it withdraws them.
Samples kernel(Start start, unsigned scale) {
    const unsigned count = 200000 / scale;
    const Octets in = announcements({.count = count}, load_address(0));
    const Octets out = withdrawals(count);
    Run run(start, 1, {.kernel = true});
    const auto in_kernel = [&] {
        const test::NetNs::Inside inside = run.lab.device.enter();
        return kernel_route_count();
    };
    // To count is work, too.
    auto asked = Clock::now();
    const auto reached = [&](auto good) {
        if (Clock::now() - asked < std::chrono::milliseconds(20)) return false;
        const bool yes = good(in_kernel());
        asked = Clock::now();
        return yes;
    };
    Samples result;
    {
        const Stopwatch watch(*run.device);
        run.at(0).send(in);
        run.load.run("routes in the kernel", kLimit,
                     [&] { return reached([&](std::size_t n) { return n >= count; }); });
        result["200 k routes into the kernel"] = watch.stop();
    }
    const Stopwatch watch(*run.device);
    run.at(0).send(out);
    run.load.run("routes out of the kernel", kLimit,
                 [&] { return reached([&](std::size_t n) { return n < 100; }); });
    result["200 k routes out of the kernel"] = watch.stop();
    return result;
}

// From a BGPPeer in the directory to the OPEN at the neighbour, in milliseconds. BIRD has nothing to compare
// it with.
double peer_to_open_ms() {
    Lab lab(1);
    test::TempDir objects;
    test::write_file(objects / "node.yaml", device_node());
    test::Agent::Options options;
    options.resources = objects.path();
    options.log_level = "info";
    options.flags = {"--kernel", "off", "--block-source", "affinity"};
    const test::Agent agent(lab.device, "dut", options);
    const test::NetNs::Inside inside = lab.load.enter();
    const Listener listener(lab.all.front().address);
    const auto from = Clock::now();
    agent.apply("peer", peer_object("peer", lab.all.front(), ""));
    listener.wait_for_octets(seconds(10));
    return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

struct Scenario {
    const char* name;
    Samples (*run)(Start, unsigned scale);
};
constexpr Scenario kScenarios[] = {{"one", one_to_one},    {"fan-out", fan_out},     {"better", better_path},
                                   {"sessions", sessions}, {"reflector", reflector}, {"mesh", mesh},
                                   {"kernel", kernel}};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Sample median(const std::vector<Sample>& all) {
    const auto of = [&](double Sample::*field) {
        std::vector<double> values;
        for (const Sample& each : all) values.push_back(each.*field);
        return median(values);
    };
    return {of(&Sample::wall_s), of(&Sample::processor_s), of(&Sample::peak_mib)};
}

using Results = std::map<std::string, std::map<std::string, std::vector<Sample>>>;  // step, device

nlohmann::json to_json(const Sample& sample) {
    return {{"wall_s", sample.wall_s}, {"processor_s", sample.processor_s}, {"peak_mib", sample.peak_mib}};
}

void print(const Results& results, nlohmann::json& out) {
    std::printf("%-30s %28s   %28s   %s\n", "", "dunlind", "BIRD 2", "ratio");
    std::printf("%-30s %9s %9s %8s   %9s %9s %8s   %5s %5s %5s\n", "", "wall s", "cpu s", "MiB", "wall s",
                "cpu s", "MiB", "wall", "cpu", "mem");
    for (const auto& [step, devices] : results) {
        const Sample us = median(devices.at("dunlind"));
        if (!devices.contains("bird")) {
            std::printf("%-30s %9.3f %9.2f %8.1f   %28s\n", step.c_str(), us.wall_s, us.processor_s,
                        us.peak_mib, "did not get there");
            out[step] = {{"dunlind", to_json(us)}};
            continue;
        }
        const Sample them = median(devices.at("bird"));
        std::printf("%-30s %9.3f %9.2f %8.1f   %9.3f %9.2f %8.1f   %5.2f %5.2f %5.2f\n", step.c_str(),
                    us.wall_s, us.processor_s, us.peak_mib, them.wall_s, them.processor_s, them.peak_mib,
                    us.wall_s / them.wall_s, us.processor_s / std::max(them.processor_s, 0.01),
                    us.peak_mib / them.peak_mib);
        out[step] = {{"runs", devices.at("bird").size()}, {"dunlind", to_json(us)}, {"bird", to_json(them)}};
    }
}

int run(int argc, char** argv) {
    unsigned runs = 5, scale = 1;
    std::string json_file;
    std::vector<std::string> chosen;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--runs" && i + 1 < argc) {
            runs = static_cast<unsigned>(std::stoul(argv[++i]));
        } else if (word == "--scale" && i + 1 < argc) {
            scale = static_cast<unsigned>(std::stoul(argv[++i]));
        } else if (word == "--json" && i + 1 < argc) {
            json_file = argv[++i];
        } else {
            chosen.push_back(word);
        }
    }
    auto why = test::Agent::unavailable();
    if (!why) why = test::Bird::unavailable();
    if (why) {
        std::printf("bench_routes: skipped: %s\n", why->c_str());
        return 0;
    }
    Results results;
    for (const Scenario& scenario : kScenarios) {
        if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), scenario.name) == chosen.end())
            continue;
        bool bird_does_it = true;
        for (unsigned n = 0; n < runs; ++n) {
            for (const auto& [step, sample] : scenario.run(start_dunlin, scale))
                results[step]["dunlind"].push_back(sample);
            if (!bird_does_it) continue;
            try {
                for (const auto& [step, sample] : scenario.run(start_bird, scale))
                    results[step]["bird"].push_back(sample);
            } catch (const std::runtime_error& failure) {
                std::printf("BIRD 2, %s: %s\n", scenario.name, failure.what());
                bird_does_it = false;
            }
        }
    }
    nlohmann::json json;
    if (!results.empty()) print(results, json);
    if (chosen.empty() || std::find(chosen.begin(), chosen.end(), "open") != chosen.end()) {
        std::vector<double> all;
        for (unsigned n = 0; n < runs; ++n) all.push_back(peer_to_open_ms());
        std::printf("BGPPeer written to OPEN received: %.1f ms\n", median(all));
        json["BGPPeer written to OPEN received"] = {{"runs", runs}, {"ms", median(all)}};
    }
    if (!json_file.empty()) std::ofstream(json_file) << json.dump(2) << "\n";
    return 0;
}

}  // namespace
}  // namespace dunlin::bench

int main(int argc, char** argv) {
    try {
        return dunlin::bench::run(argc, argv);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
