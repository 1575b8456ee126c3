#include <doctest/doctest.h>

#include <random>

#include "tests/unit/bgp/speaker/network.h"

using namespace dunlin;
using namespace dunlin::bgp;
using test::Network;
using test::prefix;

namespace {

constexpr unsigned kHub = 1;
constexpr unsigned kFirst = 2;

// A reflector with clients 2, 3, …
void make_hub(Network& net, unsigned clients) {
    net.add_router(kHub);
    for (unsigned n = kFirst; n < kFirst + clients; ++n) {
        net.add_router(n);
        net.join(kHub, n);
        net.settings(kHub, n).policy.reflector_client = true;
        for (ExportPolicy* each : {&net.settings(kHub, n).policy.export_ipv4.edit(),
                                   &net.settings(n, kHub).policy.export_ipv4.edit()}) {
            each->accept_all = false;  // the subnet stays at home
            each->accept_pools = {prefix("10.0.0.0/8")};
        }
    }
    net.apply();
    net.advance(Seconds(10));
}

// Whether a client has the prefix from the hub.
bool has(Network& net, unsigned client, std::string_view text) {
    const auto route = net.speaker(client).lookup(prefix(text));
    if (!route) return false;
    return std::any_of(route->paths.begin(), route->paths.end(),
                       [](const PathView& path) { return path.source == Network::name(kHub); });
}

}  // namespace

TEST_CASE("clients of a reflector are one update group, and none is sent its own route") {
    Network net;
    make_hub(net, 4);
    CHECK(net.speaker(kHub).stats().update_groups == 1);
    for (unsigned n = kFirst; n < kFirst + 4; ++n) net.announce(n, "10." + std::to_string(n) + ".0.0/24");
    net.settle();
    for (unsigned n = kFirst; n < kFirst + 4; ++n) {
        CHECK(net.view(n, kHub).ipv4.received == 3);
        CHECK(net.view(kHub, n).ipv4.exported == 3);
        CHECK_FALSE(has(net, n, "10." + std::to_string(n) + ".0.0/24"));
        CHECK(net.view(n, kHub).updates.withdrawn == 0);
    }
    net.withdraw(2, "10.2.0.0/24");
    net.settle();
    CHECK(net.view(2, kHub).updates.withdrawn == 0);  // it never had it
    CHECK(net.view(3, kHub).updates.withdrawn == 1);
}

TEST_CASE("a route that moves from one member to another is withdrawn from the new owner") {
    Network net;
    make_hub(net, 3);
    net.announce(2, "10.9.0.0/24");
    net.settle();
    CHECK(has(net, 3, "10.9.0.0/24"));
    CHECK(has(net, 4, "10.9.0.0/24"));
    net.withdraw(2, "10.9.0.0/24");
    net.announce(3, "10.9.0.0/24");
    net.settle();
    CHECK(has(net, 2, "10.9.0.0/24"));
    CHECK_FALSE(has(net, 3, "10.9.0.0/24"));
    CHECK(has(net, 4, "10.9.0.0/24"));
    // Both have it: the lower router id wins, and the other is sent that one.
    net.announce(2, "10.9.0.0/24");
    net.settle();
    CHECK_FALSE(has(net, 2, "10.9.0.0/24"));
    CHECK(has(net, 3, "10.9.0.0/24"));
}

TEST_CASE("a member that comes later is sent what the others have, and they nothing") {
    Network net;
    make_hub(net, 3);
    for (unsigned i = 0; i < 100; ++i) net.announce(2, "10.2." + std::to_string(i) + ".0/24");
    net.settle();
    const std::uint64_t others = net.view(3, kHub).updates.updates_received;
    net.speaker(kHub).reset(Network::name(4), "", net.now());
    net.settle();
    net.advance(Seconds(60));
    REQUIRE(net.established(kHub, 4));
    CHECK(net.view(4, kHub).ipv4.received == 100);
    CHECK(net.view(4, kHub).ipv4.end_of_rib_received);
    CHECK(net.view(3, kHub).updates.updates_received == others);
    CHECK(net.speaker(kHub).stats().update_groups == 1);
}

TEST_CASE("a refresh is for the one that asked") {
    Network net;
    make_hub(net, 3);
    for (unsigned i = 0; i < 10; ++i) net.announce(2, "10.2." + std::to_string(i) + ".0/24");
    net.settle();
    const std::uint64_t before = net.view(3, kHub).updates.announced;
    CHECK(net.speaker(4).request_refresh(Network::name(kHub), net.now()));
    net.settle();
    CHECK(net.view(4, kHub).updates.announced == 20);
    CHECK(net.view(3, kHub).updates.announced == before);
    CHECK(net.view(4, kHub).ipv4.received == 10);
}

TEST_CASE(
    "policy that changes for all keeps them together, for one parts it, and only the difference is sent") {
    Network net;
    make_hub(net, 4);
    for (unsigned i = 0; i < 10; ++i) net.announce(2, "10.2." + std::to_string(i) + ".0/24");
    net.settle();
    for (unsigned n = kFirst; n < kFirst + 4; ++n) {
        net.settings(kHub, n).policy.export_ipv4.edit().reject_pools = {prefix("10.2.0.0/24")};
    }
    net.apply();
    CHECK(net.speaker(kHub).stats().update_groups == 1);
    CHECK(net.view(3, kHub).ipv4.received == 9);
    CHECK(net.view(3, kHub).updates.announced == 10);

    net.settings(kHub, 5).policy.export_ipv4.edit().reject_pools = {prefix("10.2.1.0/24")};
    net.apply();
    CHECK(net.speaker(kHub).stats().update_groups == 2);
    CHECK(net.view(3, kHub).ipv4.received == 9);
    CHECK(net.view(5, kHub).ipv4.received == 9);
    CHECK(has(net, 5, "10.2.0.0/24"));
    CHECK_FALSE(has(net, 5, "10.2.1.0/24"));
    CHECK(net.view(5, kHub).updates.announced == 11);
    CHECK(net.view(kHub, 5).session.counters.downs == 0);
    net.withdraw(2, "10.2.5.0/24");
    net.settle();
    CHECK(net.view(3, kHub).ipv4.received == 8);
    CHECK(net.view(5, kHub).ipv4.received == 8);
}

TEST_CASE("a member that takes nothing costs the others nothing, and has all in the end") {
    Network net;
    make_hub(net, 3);
    net.stall(kHub, 4);
    for (unsigned round = 0; round < 200; ++round) {
        net.announce(2, "10.2." + std::to_string(round) + ".0/24");
        if (round >= 50) net.withdraw(2, "10.2." + std::to_string(round - 50) + ".0/24");
        net.settle();
    }
    CHECK(net.view(3, kHub).ipv4.received == 50);
    CHECK(net.view(4, kHub).ipv4.received == 0);
    CHECK(net.speaker(kHub).stats().update_groups == 2);
    net.resume(kHub, 4);
    CHECK(net.view(4, kHub).ipv4.received == 50);
    CHECK(has(net, 4, "10.2.199.0/24"));
    CHECK_FALSE(has(net, 4, "10.2.149.0/24"));
}

namespace {

// Does one thing at random; keeps in mind who announces what, and whom the policy refuses what.
struct Chaos {
    Network net;
    std::mt19937 random;
    unsigned clients;
    std::map<std::string, std::set<unsigned>> owners;
    std::map<unsigned, std::string> refused;
    std::set<unsigned> stalled;

    Chaos(unsigned seed, unsigned number) : random(seed), clients(number) { make_hub(net, number); }
    unsigned any(unsigned below) { return static_cast<unsigned>(random() % below); }
    std::string any_prefix() { return "10." + std::to_string(any(30)) + ".0.0/24"; }

    void step() {
        const unsigned client = kFirst + any(clients);
        const std::string text = any_prefix();
        switch (any(12)) {
            case 0:
                if (stalled.erase(client) != 0) return net.resume(kHub, client);
                if (net.established(kHub, client)) {
                    net.stall(kHub, client);
                    stalled.insert(client);
                }
                return;
            case 1:
                refused[client] = text;
                net.settings(kHub, client).policy.export_ipv4.edit().reject_pools = {prefix(text)};
                return net.apply();
            case 2:
                if (any(4) != 0 || stalled.count(client) != 0) return;
                net.speaker(kHub).reset(Network::name(client), "", net.now());
                return net.settle();
            case 3:
                net.speaker(client).request_refresh(Network::name(kHub), net.now());
                return net.settle();
            case 4:
            case 5:
            case 6:
                net.withdraw(client, text);
                owners[text].erase(client);
                return;
            default:
                net.announce(client, text);
                owners[text].insert(client);
                if (any(2) == 0) net.settle();
        }
    }
    void finish() {
        for (const unsigned client : stalled) net.resume(kHub, client);
        net.settle();
        net.advance(Seconds(200));
    }
    void check() {
        for (unsigned client = kFirst; client < kFirst + clients; ++client) {
            CAPTURE(client);
            REQUIRE(net.established(kHub, client));
            std::uint32_t expected = 0;
            for (const auto& [text, from] : owners) {
                CAPTURE(text);
                const bool wanted = !from.empty() && *from.begin() != client && refused[client] != text;
                expected += wanted ? 1 : 0;
                REQUIRE(has(net, client, text) == wanted);
            }
            REQUIRE(net.view(kHub, client).ipv4.exported == expected);
        }
    }
};

}  // namespace

TEST_CASE(
    "after any order of announcements, resets, stalls, refreshes and policies all have what they should") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Chaos chaos(seed, 2 + seed % 4);
        for (int step = 0; step < 400; ++step) chaos.step();
        chaos.finish();
        chaos.check();
        for (unsigned client = kFirst; client < kFirst + chaos.clients; ++client)
            chaos.net.leave(kHub, client);
        chaos.net.apply();
        CHECK(chaos.net.speaker(kHub).stats().sent_sets == 0);
        CHECK(chaos.net.speaker(kHub).stats().update_groups == 0);
        CHECK(chaos.net.speaker(kHub).stats().tables[0].prefixes == 1);
    }
}
