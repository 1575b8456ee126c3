#include "bgp/rib/decision.h"

#include <algorithm>
#include <functional>

namespace dunlin::bgp {
namespace {

// The candidates that are still in are [0, left_); those that fell stand behind, the last fallen first.
class Elimination {
public:
    explicit Elimination(std::vector<Candidate>& all) : all_(all), left_(all.size()) {}

    bool decided() const { return left_ <= 1; }
    DecisionStep last() const { return last_; }

    template <class Order, class Key>
    void keep(DecisionStep step, Order order, Key key) {
        if (decided()) return;
        const auto begin = all_.begin();
        const auto end = begin + static_cast<std::ptrdiff_t>(left_);
        const auto by_key = [&](const Candidate& a, const Candidate& b) {
            return order(std::invoke(key, a), std::invoke(key, b));
        };
        const auto best = std::invoke(key, *std::min_element(begin, end, by_key));
        drop(step, [&](const Candidate& c) { return std::invoke(key, c) != best; });
    }

    // c: a candidate falls to one of its own neighbour AS.
    void drop_worse_med() {
        if (decided()) return;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> lowest;  // neighbour AS, MED
        for (std::size_t i = 0; i < left_; ++i) {
            const auto same = std::find_if(lowest.begin(), lowest.end(), [&](const auto& each) {
                return each.first == all_[i].neighbour_as;
            });
            if (same == lowest.end()) {
                lowest.emplace_back(all_[i].neighbour_as, all_[i].med);
            } else {
                same->second = std::min(same->second, all_[i].med);
            }
        }
        drop(DecisionStep::med, [&](const Candidate& c) {
            return std::any_of(lowest.begin(), lowest.end(), [&](const auto& each) {
                return each.first == c.neighbour_as && each.second < c.med;
            });
        });
    }

private:
    template <class Loses>
    void drop(DecisionStep step, Loses loses) {
        const auto begin = all_.begin();
        const auto end = begin + static_cast<std::ptrdiff_t>(left_);
        const auto fallen = std::stable_partition(begin, end, [&](const Candidate& c) { return !loses(c); });
        if (fallen == end) return;
        for (auto each = fallen; each != end; ++each) each->lost_at = step;
        last_ = step;
        left_ = static_cast<std::size_t>(fallen - begin);
    }

    std::vector<Candidate>& all_;
    std::size_t left_;
    DecisionStep last_ = DecisionStep::only_path;
};

}  // namespace

void decide(std::vector<Candidate>& candidates) {
    constexpr std::less<> lowest;
    constexpr std::greater<> highest;
    using Step = DecisionStep;
    for (Candidate& each : candidates) each.lost_at = Step::only_path;
    if (candidates.size() < 2) return;
    Elimination all(candidates);
    all.keep(Step::next_hop, highest, &Candidate::resolvable);  // 9.1.2: others are excluded
    all.keep(Step::preference, highest, &Candidate::preference);
    all.keep(Step::llgr_stale, lowest, &Candidate::llgr_stale);
    all.keep(Step::local_pref, highest, &Candidate::local_pref);                   // 9.1.1
    all.keep(Step::as_path_length, lowest, &Candidate::as_path_length);            // 9.1.2.2 a
    all.keep(Step::origin, lowest, &Candidate::origin);                            // b
    all.drop_worse_med();                                                          // c
    all.keep(Step::ebgp, highest, &Candidate::ebgp);                               // d
    all.keep(Step::igp_metric, lowest, &Candidate::igp_metric);                    // e
    all.keep(Step::router_id, lowest, &Candidate::router_id);                      // f, RFC 4456 9
    all.keep(Step::cluster_list_length, lowest, &Candidate::cluster_list_length);  // RFC 4456 9
    all.keep(Step::peer_address, lowest, &Candidate::peer_address);                // g
    all.keep(Step::path_id, lowest, &Candidate::path_id);
    candidates.front().lost_at = all.last();
}

std::size_t equal_cost(const std::vector<Candidate>& decided, std::size_t most) {
    const std::size_t size = std::min(decided.size(), most);
    std::size_t count = 1;
    while (count < size && decided[count].lost_at >= DecisionStep::router_id) ++count;
    return std::min(count, size);
}

}  // namespace dunlin::bgp
