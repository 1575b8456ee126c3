#include "bgp/rib/decision.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dunlin;
using namespace dunlin::bgp;

namespace {

Candidate candidate(std::uint32_t path) {
    Candidate out;
    out.path = path;
    out.router_id = path;
    out.peer_address = IpAddress::v4(path);
    return out;
}

// In every order of arrival the same order comes out.
void check_all_orders(std::vector<Candidate> candidates, std::uint32_t best, DecisionStep step) {
    const auto by_path = [](const Candidate& a, const Candidate& b) { return a.path < b.path; };
    std::sort(candidates.begin(), candidates.end(), by_path);
    do {
        std::vector<Candidate> decided = candidates;
        decide(decided);
        CHECK(decided.front().path == best);
        CHECK(decided.front().lost_at == step);
    } while (std::next_permutation(candidates.begin(), candidates.end(), by_path));
}

template <class Change>
void check_step(DecisionStep step, Change better) {
    CAPTURE(text(step));
    std::vector<Candidate> candidates{candidate(1), candidate(2), candidate(3)};
    better(candidates[2]);  // which loses without it
    check_all_orders(candidates, 3, step);
}

}  // namespace

TEST_CASE("each step decides when all before it are equal") {
    using Step = DecisionStep;
    check_step(Step::preference, [](Candidate& c) { c.preference = 200; });
    check_step(Step::local_pref, [](Candidate& c) { c.local_pref = 101; });
    check_step(Step::ebgp, [](Candidate& c) { c.ebgp = true; });
    check_all_orders({candidate(1), candidate(2), candidate(3)}, 1, Step::router_id);
    std::vector<Candidate> same{candidate(1), candidate(2)};
    same[1].router_id = same[0].router_id = 5;
    check_all_orders(same, 1, Step::peer_address);
    same[0].cluster_list_length = 2;
    check_all_orders(same, 2, Step::cluster_list_length);
    same[0] = same[1] = candidate(7);
    same[0].path = 1;
    same[1].path = 2;
    same[0].path_id = 9;
    same[1].path_id = 3;
    check_all_orders(same, 2, Step::path_id);
}

TEST_CASE("what is worse loses at its step") {
    const auto check = [](DecisionStep step, auto worsen) {
        CAPTURE(text(step));
        std::vector<Candidate> two{candidate(1), candidate(2)};
        worsen(two[0]);
        check_all_orders(two, 2, step);
    };
    check(DecisionStep::next_hop, [](Candidate& c) { c.resolvable = false; });
    check(DecisionStep::llgr_stale, [](Candidate& c) { c.llgr_stale = true; });
    check(DecisionStep::as_path_length, [](Candidate& c) { c.as_path_length = 1; });
    check(DecisionStep::origin, [](Candidate& c) { c.origin = Origin::incomplete; });
    check(DecisionStep::med, [](Candidate& c) { c.med = 1; });
    check(DecisionStep::igp_metric, [](Candidate& c) { c.igp_metric = 1; });
}

TEST_CASE("a next hop that cannot be reached outweighs every preference") {
    std::vector<Candidate> two{candidate(1), candidate(2)};
    two[0].preference = 240;
    two[0].resolvable = false;
    check_all_orders(two, 2, DecisionStep::next_hop);
}

TEST_CASE("MED is compared only within a neighbour AS, so that the triangle has one answer in all orders") {
    // 1 beats 2 by the router id, 2 beats 3 by the router id, 3 beats 1 by MED.
    std::vector<Candidate> triangle{candidate(1), candidate(2), candidate(3)};
    triangle[0].neighbour_as = triangle[2].neighbour_as = 100;
    triangle[1].neighbour_as = 200;
    triangle[0].med = 10;
    triangle[2].med = 5;
    check_all_orders(triangle, 2, DecisionStep::router_id);
    std::vector<Candidate> decided = triangle;
    decide(decided);
    CHECK(decided.back().path == 1);
    CHECK(decided.back().lost_at == DecisionStep::med);
}

TEST_CASE("one path is decided by nothing, none is left alone") {
    std::vector<Candidate> one{candidate(1)};
    decide(one);
    CHECK(one.front().lost_at == DecisionStep::only_path);
    CHECK(equal_cost(one) == 1);
    std::vector<Candidate> none;
    decide(none);
    CHECK(equal_cost(none) == 0);
}

TEST_CASE("equal cost is what only ties were broken for, at most 16") {
    std::vector<Candidate> many;
    for (std::uint32_t i = 1; i <= 20; ++i) many.push_back(candidate(i));
    many[4].local_pref = 50;
    decide(many);
    CHECK(equal_cost(many) == 16);
    CHECK(equal_cost(many, 100) == 19);
}
