// Against the real kernel, in network namespaces of our own. Skipped, with a line that says so, without root.
#include "netlink/kernel.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "netlink/socket.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"

using namespace dunlin;
using namespace dunlin::netlink;
using namespace std::chrono_literals;

namespace {

bool can_run() {
    static const bool can = [] {
        if (test::NetNs::available()) {
            test::NetNs::clear_stale();
            return true;
        }
        std::puts("SKIPPED: tests against the kernel need root and network namespaces");
        return false;
    }();
    return can;
}

KernelRoute blackhole(const std::string& prefix, std::uint32_t priority = 0) {
    KernelRoute out;
    out.prefix = *Prefix::parse(prefix);
    out.priority = priority;
    out.kind = RouteKind::blackhole;
    return out;
}
KernelRoute via(const std::string& prefix, std::vector<NextHop> hops, std::uint32_t priority = 0) {
    KernelRoute out = blackhole(prefix, priority);
    out.kind = RouteKind::unicast;
    out.next_hops = std::move(hops);
    return out;
}
NextHop hop(const char* gateway, unsigned interface = 0, unsigned weight = 1) {
    return {IpAddress::parse(gateway), interface, weight, false};
}

// A namespace with a bridge of two subnets, up. A bridge has a carrier once it has a port with one.
struct Node {
    test::NetNs net;

    explicit Node(const std::string& name) : net(name) {
        net.add_bridge({"br0", {"192.0.2.10/24", "2001:db8::10/64"}});
        net.ip({"link", "add", "port0", "type", "veth", "peer", "name", "far0"});
        net.ip({"link", "set", "far0", "up"});
        net.ip({"link", "set", "port0", "master", "br0"});
        net.ip({"link", "set", "port0", "up"});
    }
    std::size_t lines(const test::Argv& words) const {
        const std::string out = net.ip(words);
        return static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n'));
    }
    std::string show(const std::string& prefix) const {
        const bool six = prefix.find(':') != std::string::npos;
        return net.ip({six ? "-6" : "-4", "route", "show", prefix});
    }
};

// What an agent is to the kernel. Sockets belong to the namespace that they were opened in.
struct Agent {
    boost::asio::io_context io;
    std::unique_ptr<Kernel> kernel;
    std::size_t changes = 0;
    std::vector<std::string> log;

    explicit Agent(const Node& node, KernelOptions options = {}) {
        kernel = std::make_unique<Kernel>(io, options);
        const auto inside = node.net.enter();
        const auto started = kernel->start(
            {[this] { ++changes; }, [this](Severity, const std::string& text) { log.push_back(text); }});
        REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message));
        REQUIRE(until([this] { return kernel->synced(); }));
    }
    template <class Predicate>
    bool until(Predicate predicate, std::chrono::milliseconds limit = 10s) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!predicate() && std::chrono::steady_clock::now() < end) io.run_one_for(20ms);
        return predicate();
    }
    RouteTable& routes() { return kernel->routes(); }
    void want(const KernelRoute& route) {
        routes().set_desired(route);
        kernel->flush();
    }
    bool installs(const KernelRoute& route) {
        want(route);
        const bool good = until([&] { return routes().in_kernel(route.key()); }, 3s);
        if (!good) {
            routes().for_each_failed(
                [](const RouteKey&, int error, const std::string& text) { MESSAGE(describe(error, text)); });
        }
        return good;
    }
    std::uint64_t operations() {
        const auto& stats = routes().stats();
        return stats.added + stats.replaced + stats.removed + stats.failures;
    }
    const Link* link(const std::string& name) {
        for (const auto& [index, link] : kernel->links()) {
            if (link.name == name) return &link;
        }
        return nullptr;
    }
    bool has_address(const char* address) {
        return std::any_of(kernel->addresses().begin(), kernel->addresses().end(),
                           [&](const LinkAddress& one) { return one.address.to_string() == address; });
    }
    unsigned bridge() { return link("br0")->index; }
    bool bridge_is_up() {
        return until([&] { return link("br0") != nullptr && link("br0")->up; });
    }
};

std::string nth(unsigned i) {
    return "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
           std::to_string(i & 255) + "/32";
}

}  // namespace

TEST_CASE("kernel: ten thousand routes and blackholes go in, are adopted by the next run, and go out") {
    if (!can_run()) return;
    Node node("many");
    const auto wanted = [](unsigned i) {
        return i % 2 == 0 ? via(nth(i), {hop("192.0.2.1")}, 32) : blackhole(nth(i), 32);
    };
    {
        Agent agent(node);
        for (unsigned i = 0; i < 10'000; ++i) agent.routes().set_desired(wanted(i));
        agent.kernel->flush();
        REQUIRE(agent.until([&] { return agent.routes().installed_count() == 10'000; }, 30s));
        CHECK(agent.kernel->stats().losses == 0);
        CHECK(agent.operations() == 10'000);
    }
    CHECK(node.lines({"route", "show", "proto", "178"}) == 10'000);
    Agent next(node);
    CHECK(next.routes().own_count() == 10'000);
    for (unsigned i = 0; i < 9'000; ++i) next.routes().set_desired(wanted(i));
    next.kernel->flush();
    CHECK(next.routes().installed_count() == 9'000);
    CHECK(next.routes().stats().adopted == 9'000);
    CHECK_FALSE(next.routes().has_pending());
    CHECK(next.operations() == 0);
    next.routes().allow_removal();
    next.kernel->flush();
    REQUIRE(next.until([&] { return next.routes().own_count() == 9'000; }, 30s));
    CHECK(next.routes().stats().removed == 1'000);
    CHECK(node.lines({"route", "show", "proto", "178"}) == 9'000);
}

TEST_CASE("kernel: a route that is deleted or changed behind our back is put back") {
    if (!can_run()) return;
    Node node("drift");
    Agent agent(node);
    const auto wanted = via("10.1.0.0/16", {hop("192.0.2.1")});
    const auto six = blackhole("2001:db8:f::/64");
    REQUIRE(agent.installs(wanted));
    REQUIRE(agent.installs(six));
    const auto settled = [&](std::uint64_t drift) {
        return agent.routes().stats().drift >= drift && agent.routes().installed_count() == 2;
    };
    node.net.ip({"route", "del", "10.1.0.0/16"});
    CHECK(agent.until([&] { return settled(1); }));
    node.net.ip({"route", "replace", "10.1.0.0/16", "via", "192.0.2.77", "proto", "178"});
    CHECK(agent.until([&] { return settled(2); }));
    node.net.ip({"-6", "route", "del", "blackhole", "2001:db8:f::/64"});
    CHECK(agent.until([&] { return settled(3); }));
    CHECK(node.show("10.1.0.0/16").find("via 192.0.2.1 ") != std::string::npos);
    CHECK(node.show("2001:db8:f::/64").find("blackhole") != std::string::npos);
}

TEST_CASE("kernel: another owner's route with our key stays, and ours comes when it goes") {
    if (!can_run()) return;
    Node node("conflict");
    node.net.ip({"route", "add", "10.1.0.0/16", "via", "192.0.2.9", "proto", "static"});
    node.net.ip({"-6", "route", "add", "2001:db8:1::/64", "via", "2001:db8::9", "proto", "static"});
    Agent agent(node);
    const auto four = via("10.1.0.0/16", {hop("192.0.2.1")});
    const auto six = via("2001:db8:1::/64", {hop("2001:db8::1")});
    const auto late = via("10.2.0.0/16", {hop("192.0.2.1")});
    agent.want(four);
    agent.want(six);
    CHECK(agent.routes().state(four.key()) == RouteState::conflict);
    CHECK(agent.routes().state(six.key()) == RouteState::conflict);
    // Made in the moment before ours: the kernel refuses ours, and then we hear of it.
    node.net.ip({"route", "add", "10.2.0.0/16", "via", "192.0.2.9", "proto", "static"});
    agent.routes().set_desired(late);
    agent.kernel->flush();
    CHECK(agent.until([&] { return agent.routes().state(late.key()) == RouteState::conflict; }));
    CHECK(node.show("10.1.0.0/16").find("192.0.2.9") != std::string::npos);
    node.net.ip({"route", "del", "10.1.0.0/16"});
    node.net.ip({"route", "del", "10.2.0.0/16"});
    node.net.ip({"-6", "route", "del", "2001:db8:1::/64"});
    CHECK(agent.until([&] { return agent.routes().installed_count() == 3; }));
    CHECK(agent.routes().conflict_count() == 0);
}

TEST_CASE("kernel: what others have is learned, what the kernel makes for addresses is not") {
    if (!can_run()) return;
    Node node("alien");
    Agent agent(node);
    const auto aliens = [&] {
        std::vector<std::string> out;
        agent.routes().for_each_alien(
            [&](const KernelRoute& route) { out.push_back(route.prefix.to_string()); });
        std::sort(out.begin(), out.end());
        return out;
    };
    CHECK(aliens().empty());
    node.net.ip({"route", "add", "default", "via", "192.0.2.1"});
    node.net.ip({"-6", "route", "add", "2001:db8:9::/48", "via", "2001:db8::1"});
    const auto before = agent.changes;
    CHECK(agent.until([&] { return aliens() == std::vector<std::string>{"0.0.0.0/0", "2001:db8:9::/48"}; }));
    CHECK(agent.until([&] { return agent.changes > before; }));
    node.net.ip({"route", "del", "default"});
    CHECK(agent.until([&] { return aliens().size() == 1; }));
}

TEST_CASE("kernel: addresses and links are known as they come and go") {
    if (!can_run()) return;
    Node node("links");
    Agent agent(node);
    REQUIRE(agent.link("br0") != nullptr);
    CHECK(agent.link("lo")->loopback);
    CHECK(agent.bridge_is_up());
    CHECK(agent.has_address("192.0.2.10/24"));
    CHECK(agent.has_address("2001:db8::10/64"));
    node.net.add_address("br0", "198.51.100.1/24");
    CHECK(agent.until([&] { return agent.has_address("198.51.100.1/24"); }));
    node.net.ip({"address", "del", "198.51.100.1/24", "dev", "br0"});
    CHECK(agent.until([&] { return !agent.has_address("198.51.100.1/24"); }));
    node.net.ip({"link", "add", "new0", "type", "bridge"});
    CHECK(agent.until([&] { return agent.link("new0") != nullptr; }));
    node.net.ip({"link", "del", "new0"});
    CHECK(agent.until([&] { return agent.link("new0") == nullptr; }));
}

TEST_CASE("kernel: routes that go with their link are missed, and come back with it") {
    if (!can_run()) return;
    Node node("down");
    Agent agent(node);
    REQUIRE(agent.bridge_is_up());
    const auto four = via("10.1.0.0/16", {hop("192.0.2.1")});
    const auto six = via("2001:db8:1::/64", {hop("2001:db8::1")});
    const auto hole = blackhole("10.244.0.0/26");
    for (const auto& route : {four, six, hole}) REQUIRE(agent.installs(route));
    node.net.ip({"link", "set", "br0", "down"});
    CHECK(agent.until([&] { return !agent.link("br0")->up; }));
    CHECK(agent.until([&] { return agent.routes().state(four.key()) == RouteState::failed; }));
    CHECK_FALSE(agent.routes().in_kernel(six.key()));
    CHECK(agent.routes().in_kernel(hole.key()));
    std::string why;
    agent.routes().for_each_failed([&](const RouteKey& key, int error, const std::string& text) {
        if (key == four.key()) why = describe(error, text);
    });
    CHECK(why.find("unreachable") != std::string::npos);
    node.net.ip({"link", "set", "br0", "up"});
    node.net.ip({"address", "replace", "2001:db8::10/64", "dev", "br0", "nodad"});
    CHECK(agent.until([&] { return agent.routes().installed_count() == 3; }));
}

TEST_CASE("kernel: next hops of all kinds read back as they were wanted") {
    if (!can_run()) return;
    Node node("hops");
    Agent agent(node);
    REQUIRE(agent.bridge_is_up());
    const unsigned bridge = agent.bridge();
    NextHop onlink = hop("203.0.113.1", bridge);
    onlink.onlink = true;
    const std::vector<KernelRoute> all = {
        via("10.1.0.0/16", {hop("192.0.2.1")}),
        via("10.2.0.0/16", {hop("2001:db8::1")}),  // RFC 8950
        via("10.3.0.0/16", {hop("fe80::1", bridge)}),
        via("10.4.0.0/16", {hop("192.0.2.1"), hop("192.0.2.2", 0, 3), hop("2001:db8::1", bridge)}),
        via("10.5.0.0/16", {onlink}),
        via("10.6.0.0/16", {{std::nullopt, bridge, 1, false}}),
        via("10.7.0.0/16", {hop("192.0.2.1"), hop("192.0.2.2")}, 77),
        blackhole("10.8.0.0/26"),
        via("2001:db8:1::/64", {hop("2001:db8::1")}),
        via("2001:db8:2::/64", {hop("fe80::1", bridge)}),
        via("2001:db8:3::/64", {hop("2001:db8::1"), hop("2001:db8::2")}),
        via("2001:db8:4::/64", {hop("2001:db8::1", 0, 2), hop("fe80::2", bridge)}, 77),
        blackhole("2001:db8:5::/122"),
        blackhole("2001:db8:6::/122", 77),
        via("::/0", {hop("2001:db8::1")}),
        via("0.0.0.0/0", {hop("192.0.2.1")}),
    };
    for (const auto& route : all) {
        CAPTURE(route.prefix.to_string());
        CHECK(agent.installs(route));
    }
    CHECK(agent.operations() == all.size());

    // Read once more from the start, by a dump instead of events.
    Agent next(node);
    for (const auto& route : all) next.want(route);
    next.routes().allow_removal();
    CHECK_FALSE(next.routes().has_pending());
    for (const auto& route : all) {
        CAPTURE(route.prefix.to_string());
        CHECK(next.routes().in_kernel(route.key()));
    }
}

TEST_CASE("kernel: next hops change in place, more and fewer, both families") {
    if (!can_run()) return;
    Node node("change");
    Agent agent(node);
    agent.routes().allow_removal();
    REQUIRE(agent.bridge_is_up());
    const std::vector<std::pair<const char*, std::vector<const char*>>> cases = {
        {"10.1.0.0/16", {"192.0.2.1", "192.0.2.2", "192.0.2.3"}},
        {"2001:db8:1::/64", {"2001:db8::1", "2001:db8::2", "2001:db8::3"}}};
    for (const auto& one : cases) {
        const char* const prefix = one.first;
        const auto& gateways = one.second;
        CAPTURE(one.first);
        const auto with = [&, text = std::string(prefix), all = gateways](std::initializer_list<int> which) {
            std::vector<NextHop> hops;
            for (const int i : which) hops.push_back(hop(all[static_cast<std::size_t>(i)]));
            return via(text, hops);
        };
        for (const auto& route : {with({0}), with({0, 1}), with({2}), with({0, 1, 2}), with({1, 2})}) {
            CHECK(agent.installs(route));
        }
        CHECK(agent.installs(blackhole(prefix)));
        CHECK(agent.installs(with({0, 2})));
        // One of two is taken away by hand.
        const auto drift = agent.routes().stats().drift;
        node.net.ip({"route", "replace", prefix, "via", gateways[0], "proto", "178"});
        const auto again = [&] {
            return agent.routes().stats().drift > drift && agent.routes().in_kernel(with({0}).key());
        };
        CHECK(agent.until(again));
        agent.routes().remove_desired(with({0}).key());
        agent.kernel->flush();
        CHECK(agent.until([&] { return agent.routes().own_count() == 0; }));
        CHECK(node.show(prefix).empty());
    }
    CHECK(agent.routes().stats().failures == 0);
}

TEST_CASE("kernel: one bad route of a batch is refused by name, the others go in") {
    if (!can_run()) return;
    Node node("refused");
    Agent agent(node);
    for (unsigned i = 0; i < 400; ++i) {
        agent.routes().set_desired(via(nth(i), {hop(i % 100 == 7 ? "203.0.113.9" : "192.0.2.1")}));
    }
    agent.kernel->flush();
    REQUIRE(agent.until([&] { return agent.routes().installed_count() == 396; }));
    CHECK(agent.until([&] { return agent.routes().failed_count() == 4; }));
    std::vector<RouteKey> refused;
    agent.routes().for_each_failed([&](const RouteKey& key, int error, const std::string& text) {
        refused.push_back(normalised(key));
        CHECK(error == ENETUNREACH);
        CHECK(text == "Nexthop has invalid gateway");
    });
    std::sort(refused.begin(), refused.end());
    REQUIRE(refused.size() == 4);
    CHECK(refused[1].prefix.to_string() == nth(107));
    CHECK(agent.until([&] { return !agent.log.empty(); }));
    CHECK(agent.log.front().find("the kernel refused") != std::string::npos);
    CHECK(agent.log.front().find(": Network is unreachable: Nexthop has invalid gateway") !=
          std::string::npos);
    // The subnet comes, and with it the reason to try again.
    node.net.add_address("br0", "203.0.113.1/24");
    CHECK(agent.until([&] { return agent.routes().installed_count() == 400; }));
}

TEST_CASE("kernel: a whole batch of refusals is told one by one") {
    if (!can_run()) return;
    Node node("allbad");
    Agent agent(node);
    for (unsigned i = 0; i < 1000; ++i) agent.routes().set_desired(via(nth(i), {hop("203.0.113.9")}));
    agent.kernel->flush();
    CHECK(agent.until([&] { return agent.routes().failed_count() == 1000; }));
    CHECK(agent.kernel->stats().losses == 0);
}

TEST_CASE("kernel: another table than main, one above 255") {
    if (!can_run()) return;
    Node node("table");
    KernelOptions options;
    options.table = 100'000;
    Agent agent(node, options);  // absent as yet: an empty one
    KernelRoute route = blackhole("10.9.0.0/24");
    route.table = options.table;
    CHECK(agent.installs(route));
    CHECK(node.net.ip({"route", "show", "table", "100000"}).find("blackhole 10.9.0.0/24") !=
          std::string::npos);
    CHECK(node.show("10.9.0.0/24").empty());
}

TEST_CASE("kernel: events that were lost in a flood are made up for by a scan") {
    if (!can_run()) return;
    Node node("flood");
    KernelOptions options;
    options.event_buffer = 64 * 1024;
    Agent agent(node, options);
    REQUIRE(agent.installs(blackhole("10.244.0.0/26")));
    std::string commands = "route flush proto 178\n";
    for (unsigned i = 0; i < 5'000; ++i) commands += "route add blackhole " + nth(i) + "\n";
    test::RunOptions input;
    input.input = commands;
    REQUIRE(node.net.exec({"ip", "-batch", "-"}, input).ok());
    const auto aliens = [&] {
        std::size_t count = 0;
        agent.routes().for_each_alien([&](const KernelRoute&) { ++count; });
        return count;
    };
    CHECK(agent.until([&] { return aliens() == 5'000 && agent.routes().installed_count() == 1; }));
    CHECK(agent.kernel->stats().losses > 0);
    // And our own: more than the buffer holds at a time, so that their events are lost too.
    for (unsigned i = 10'000; i < 15'000; ++i) agent.routes().set_desired(blackhole(nth(i)));
    agent.kernel->flush();
    CHECK(agent.until([&] { return agent.routes().installed_count() == 5'001; }));
}

// Wishes, meddling by hand and bad luck in any order: when it is quiet again, the kernel has what was wished
// last, and nothing else of ours.
TEST_CASE("kernel: after any storm the kernel has the last wishes") {
    if (!can_run()) return;
    Node node("storm");
    const char* const given = std::getenv("DUNLIN_TEST_SEED");
    std::uint32_t seed =
        given == nullptr ? 4711u : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
    const auto roll = [&seed](std::uint32_t sides) {
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 8) % sides;
    };
    KernelOptions options;
    options.event_buffer = 16 * 1024;
    options.retry_interval = 1s;
    Agent agent(node, options);
    agent.routes().allow_removal();
    const std::vector<const char*> four = {"192.0.2.1", "192.0.2.2"}, six = {"2001:db8::1", "2001:db8::2"};
    for (int step = 0; step < 60; ++step) {
        std::string commands;
        for (int i = 0; i < 40; ++i) {
            const unsigned number = roll(50);
            const bool is_six = roll(2) == 0;
            const auto prefix = is_six ? "2001:db8:" + std::to_string(number + 1) + "::/64" : nth(number);
            const auto& gateways = is_six ? six : four;
            switch (roll(6)) {
                case 0:
                    agent.routes().set_desired(via(prefix, {hop(gateways[roll(2)])}));
                    break;
                case 1:
                    agent.routes().set_desired(via(prefix, {hop(gateways[0]), hop(gateways[1])}));
                    break;
                case 2:
                    agent.routes().remove_desired(via(prefix, {}).key());
                    break;
                case 3:
                    commands += "route replace " + prefix + " via " + gateways[roll(2)] + " proto 178\n";
                    break;
                default:
                    commands += "route del " + prefix + " proto 178\n";
            }
        }
        agent.kernel->flush();
        test::RunOptions input;
        input.input = commands;
        (void)node.net.exec({"ip", "-force", "-batch", "-"}, input);
        for (unsigned i = roll(8); i > 0; --i) agent.io.run_one_for(20ms);
    }
    const auto settled = [&] {
        const auto& routes = agent.routes();
        return routes.installed_count() == routes.desired_count() &&
               routes.own_count() == routes.desired_count();
    };
    CHECK(agent.until(settled));
    agent.routes().for_each_failed([](const RouteKey& key, int error, const std::string& text) {
        MESSAGE(key.prefix.to_string() << ": " << describe(error, text));
    });
    Agent witness(node);
    CHECK(witness.routes().own_count() == agent.routes().desired_count());
    agent.routes().for_each_desired(
        [&](const KernelRoute& route, RouteState) { witness.routes().set_desired(route); });
    witness.kernel->flush();
    CHECK(witness.routes().installed_count() == agent.routes().desired_count());
    CHECK_FALSE(witness.routes().has_pending());
}

TEST_CASE("kernel: a socket that another opened while the first dump runs hears what comes between") {
    if (!can_run()) return;
    Node node("between");
    boost::asio::io_context io;
    Kernel kernel(io);
    {
        const auto inside = node.net.enter();
        REQUIRE(kernel.start({}).has_value());
    }
    node.net.ip({"route", "add", "10.1.0.0/16", "via", "192.0.2.9", "proto", "static"});
    std::size_t aliens = 0;
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (aliens == 0 && std::chrono::steady_clock::now() < end) {
        io.run_one_for(20ms);
        kernel.routes().for_each_alien([&](const KernelRoute&) { ++aliens; });
    }
    CHECK(aliens == 1);
}

TEST_CASE("kernel: without the right to change routes, start says what is needed") {
    if (!can_run()) return;
    Node node("right");
    std::string said;
    // Capabilities are a thread's own; this one goes without.
    std::thread([&] {
        const auto inside = node.net.enter();
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, 2> sets{};
        if (syscall(SYS_capget, &header, sets.data()) != 0) return;
        const auto all = sets;
        sets[0].effective &= ~(1u << CAP_NET_ADMIN);
        if (syscall(SYS_capset, &header, sets.data()) != 0) return;
        boost::asio::io_context io;
        Kernel kernel(io);
        const auto started = kernel.start({});
        said = started ? "started" : started.error().message;
        syscall(SYS_capset, &header, all.data());
    }).join();
    CHECK(said == "may not change the kernel's routes: needs CAP_NET_ADMIN");
}

TEST_CASE("kernel: an end in the middle of everything touches nothing that is gone") {
    if (!can_run()) return;
    Node node("end");
    for (int turns = 0; turns < 12; ++turns) {
        Agent agent(node);
        for (unsigned i = 0; i < 2000; ++i) agent.routes().set_desired(blackhole(nth(i)));
        agent.kernel->flush();
        agent.kernel->resync();
        for (int i = 0; i < turns; ++i) agent.io.run_one_for(20ms);
        agent.kernel.reset();
        agent.io.run_for(30ms);
    }
}
