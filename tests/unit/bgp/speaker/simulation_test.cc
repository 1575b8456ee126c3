// Random networks under random trouble, by seed: meshes, reflectors and chains of ASes whose links break,
// whose routers restart, stall and drain. When all is quiet again nothing may be wrong. DUNLIN_SEEDS says how
// many (100), DUNLIN_FIRST_SEED where to begin (1).
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "tests/unit/bgp/speaker/network.h"

using namespace dunlin;
using namespace dunlin::bgp;
using test::Network;
using test::prefix;

namespace {

unsigned number_from(const char* variable, unsigned otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class Simulation {
public:
    explicit Simulation(unsigned seed) : random_(seed) {
        build();
        net_.apply();
        net_.advance(Seconds(10));
    }

    void run() {
        for (unsigned steps = 5 + below(20); steps > 0; --steps) disturb();
        for (const auto& [a, b] : std::set(stalled_)) resume(a, b);
        for (const auto& [a, b] : links_) {
            for (const auto& [self, other] : {std::pair(a, b), std::pair(b, a)})
                net_.settings(self, other).policy.import_filter_ipv4 = FilterChain{};
        }
        net_.apply();
        net_.advance(Seconds(400));  // past every restart time, back-off and stale timer
    }

    void check() {
        check_sessions();
        for (unsigned n = 1; n <= size_; ++n) check_routes(n);
        for (const auto& [a, b] : links_) {
            check_agreement(a, b);
            check_agreement(b, a);
        }
    }

    // Without neighbours and routes nothing is kept but the one subnet.
    void check_nothing_is_left() {
        for (const auto& [a, b] : links_) net_.leave(a, b);
        for (auto& [n, texts] : announced_) {
            for (const std::string& text : texts) net_.withdraw(n, text);
        }
        net_.apply();
        for (unsigned n = 1; n <= size_; ++n) {
            CAPTURE(n);
            CHECK(net_.speaker(n).stats().attribute_sets == 1);
            CHECK(net_.fib(n).empty());
        }
    }

private:
    unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

    void build() {
        const unsigned kind = below(3);
        size_ = kind == 0 ? 3 + below(6) : 4 + below(17);
        for (unsigned n = 1; n <= size_; ++n) net_.add_router(n, kind == 2 ? 65000 + n : Network::kAs);
        if (kind == 0) {
            for (unsigned a = 1; a <= size_; ++a)
                for (unsigned b = a + 1; b <= size_; ++b) link(a, b);
        } else if (kind == 1) {
            build_reflectors();
        } else {
            for (unsigned n = 2; n <= size_; ++n) link(1 + below(n - 1), n);
            for (unsigned more = below(size_); more > 0; --more) link(1 + below(size_), 1 + below(size_));
        }
        for (unsigned n = 1; n <= size_; ++n) {
            for (unsigned k = below(3); k > 0; --k) announce(n);
        }
    }

    // 1 and 2 reflect to all others and know each other.
    void build_reflectors() {
        link(1, 2);
        for (unsigned n = 3; n <= size_; ++n) {
            for (const unsigned reflector : {1U, 2U}) {
                if (reflector == 2 && below(2) == 0) continue;
                link(reflector, n);
                net_.settings(reflector, n).policy.reflector_client = true;
            }
        }
    }

    void link(unsigned a, unsigned b) {
        if (a == b || links_.count({std::min(a, b), std::max(a, b)}) != 0) return;
        net_.join(std::min(a, b), std::max(a, b));
        links_.insert({std::min(a, b), std::max(a, b)});
        const auto mode = static_cast<RestartMode>(below(3));
        const bool all_paths = below(3) == 0;
        for (const auto& [self, other] : {std::pair(a, b), std::pair(b, a)}) {
            net_.settings(self, other).session.offer.restart = mode;
            net_.settings(self, other).session.offer.add_path_send = all_paths;
            net_.settings(self, other).session.offer.add_path_receive = all_paths;
            net_.settings(self, other).session.offer.restart_time_s =
                static_cast<std::uint16_t>(5 + below(90));
        }
    }

    std::pair<unsigned, unsigned> any_link() {
        auto at = links_.begin();
        std::advance(at, below(static_cast<unsigned>(links_.size())));
        return *at;
    }

    // Some prefixes are those of several routers.
    void announce(unsigned n) {
        const unsigned first = below(4) == 0 ? 200 : n;
        const std::string text = "10." + std::to_string(first) + "." + std::to_string(below(4)) + ".0/24";
        announced_[n].insert(text);
        net_.announce(n, text);
    }
    void withdraw(unsigned n) {
        auto& texts = announced_[n];
        if (texts.empty()) return;
        net_.withdraw(n, *texts.begin());
        texts.erase(texts.begin());
    }

    // Rejects some, marks others, or is gone. Nothing that the decision asks for: policies may never agree.
    void filter(unsigned n, unsigned neighbour) {
        FilterChain chain;
        for (unsigned rules = below(3); rules > 0; --rules) {
            FilterRule rule;
            const std::string cidr = "10." + std::to_string(below(8) * 4) + ".0.0/14";
            rule.prefix =
                PrefixMatch{MatchOperator::in, prefix(below(3) == 0 ? "10.200.0.0/16" : cidr), {}, {}};
            rule.accept = below(2) == 0;
            if (rule.accept) rule.operations = {AddCommunity{Community(below(100))}};
            rule.filter = "chaos";
            chain.push_back(std::move(rule));
        }
        net_.settings(n, neighbour).policy.import_filter_ipv4 = std::move(chain);
        net_.apply();
    }

    void disturb() {
        const auto [a, b] = any_link();
        const unsigned n = 1 + below(size_);
        switch (below(13)) {
            case 0:
            case 1:
                announce(n);
                break;
            case 2:
                withdraw(n);
                break;
            case 3:
                net_.cut(a, b);
                break;
            case 4:
                restart(n);
                break;
            case 5:
                if (net_.established(a, b) && stalled_.insert({a, b}).second) net_.stall(a, b);
                break;
            case 6:
                if (!stalled_.empty()) resume(stalled_.begin()->first, stalled_.begin()->second);
                break;
            case 7:
                net_.speaker(a).reset(Network::name(b), "chaos", net_.now());
                break;
            case 8:
                net_.settings(a, b).session.admin_state = below(2) == 0 ? AdminState::drain : AdminState::up;
                net_.apply();
                break;
            case 9:
            case 10:
                filter(a, b);
                break;
            case 11:
                filter(b, a);
                break;
            default:
                net_.advance(Seconds(1 + below(100)));
                break;
        }
        net_.settle();
    }

    void restart(unsigned n) {
        for (const auto& [a, b] : std::set(stalled_)) {
            if (a == n || b == n) resume(a, b);
        }
        net_.restart(n);
        net_.fib(n).clear();
        for (const std::string& text : announced_[n]) net_.announce(n, text);
        net_.apply();
    }
    void resume(unsigned a, unsigned b) {
        net_.resume(a, b);
        stalled_.erase({a, b});
    }

    void check_sessions() {
        for (const auto& [a, b] : links_) {
            CAPTURE(a);
            CAPTURE(b);
            CHECK(net_.established(a, b));
            CHECK(net_.established(b, a));
        }
    }

    // Every route that somebody announces is known everywhere, and no other.
    void check_routes(unsigned n) {
        std::set<std::string> wanted;
        for (const auto& [router, texts] : announced_) wanted.insert(texts.begin(), texts.end());
        std::set<std::string> known, in_kernel;
        net_.speaker(n).for_each_route(Family::ipv4, 0, 100000, [&](const RouteView& route) {
            if (route.prefix != prefix("192.0.2.0/24")) known.insert(route.prefix.to_string());
            for (const PathView& path : route.paths) CHECK_FALSE(path.stale);
        });
        CAPTURE(n);
        CHECK(known == wanted);
        for (const std::string& own : announced_[n]) wanted.erase(own);
        for (const auto& [its, route] : net_.fib(n)) in_kernel.insert(its.to_string());
        CHECK(in_kernel == wanted);
    }

    // What one says that it has sent is what the other has from there.
    void check_agreement(unsigned a, unsigned b) {
        std::set<Prefix> sent, received;
        std::size_t paths = 0;
        net_.speaker(a).for_each_exported(net_.view(a, b).id, Family::ipv4, 0, 100000,
                                          [&](const RouteView& route) { sent.insert(route.prefix); });
        net_.speaker(b).for_each_route(Family::ipv4, 0, 100000, [&](const RouteView& route) {
            for (const PathView& path : route.paths) {
                if (path.source != Network::name(a)) continue;
                received.insert(route.prefix);
                ++paths;
            }
        });
        // A looped path is refused by the one that gets it.
        for (const Prefix& each : received) CHECK(sent.count(each) == 1);
        CAPTURE(a);
        CAPTURE(b);
        CHECK(net_.view(b, a).ipv4.received == paths);
        CHECK(net_.view(a, b).ipv4.pending == 0);
    }

    std::mt19937 random_;
    Network net_;
    unsigned size_ = 0;
    std::set<std::pair<unsigned, unsigned>> links_, stalled_;
    std::map<unsigned, std::set<std::string>> announced_;
};

}  // namespace

TEST_CASE("simulation: whatever happens to a network, when it is quiet again it is right") {
    const unsigned first = number_from("DUNLIN_FIRST_SEED", 1);
    const unsigned seeds = number_from("DUNLIN_SEEDS", 300);
    for (unsigned seed = first; seed < first + seeds; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        simulation.run();
        simulation.check();
        simulation.check_nothing_is_left();
    }
}
