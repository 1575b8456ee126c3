#include "bgp/policy/filter.h"

#include <algorithm>

#include "bgp/policy/export_policy.h"
#include "bgp/policy/propagate.h"

namespace dunlin::bgp {
namespace {

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool has(const PathAttributes& attributes, const Community& community) {
    if (const auto* large = std::get_if<LargeCommunity>(&community)) {
        return holds(attributes.large_communities, *large);
    }
    return holds(attributes.communities, std::get<std::uint32_t>(community));
}

bool begins_with(const AsPath& path, const std::vector<Asn>& wanted) {
    std::size_t at = 0;
    for (const auto& segment : path.segments()) {
        if (segment.type != SegmentType::sequence) break;
        for (const Asn as : segment.asns) {
            if (at == wanted.size()) return true;
            if (as != wanted[at++]) return false;
        }
    }
    return at == wanted.size();
}

bool matches(const FilterRule& rule, const FilterFacts& facts) {
    if (rule.prefix && !rule.prefix->matches(facts.prefix)) return false;
    if (rule.from_bgp_peers && !facts.from_bgp_peer) return false;
    if (!rule.interface.empty() && !matches_wildcard(rule.interface, facts.interface)) return false;
    if (rule.internal_peer && *rule.internal_peer != facts.internal_session) return false;
    if (rule.priority && *rule.priority != facts.priority) return false;
    if (rule.community && !has(facts.attributes, *rule.community)) return false;
    return rule.as_path_prefix.empty() || begins_with(facts.attributes.as_path, rule.as_path_prefix);
}

bool fits(const std::optional<std::uint32_t>& wanted, std::uint32_t value) {
    return !wanted || *wanted == value;
}

template <class T, class Fits>
void remove_fitting(std::vector<T>& list, Fits is_meant) {
    list.erase(std::remove_if(list.begin(), list.end(), is_meant), list.end());
}

struct Apply {
    PathAttributes& attributes;

    void operator()(const AddCommunity& operation) const {
        if (has(attributes, operation.value)) return;
        if (const auto* large = std::get_if<LargeCommunity>(&operation.value)) {
            attributes.large_communities.push_back(*large);
        } else {
            attributes.communities.push_back(std::get<std::uint32_t>(operation.value));
        }
    }
    void operator()(const DeleteCommunity& operation) const {
        const auto& parts = operation.value.parts;
        if (parts.size() == 2) {
            remove_fitting(attributes.communities, [&](std::uint32_t community) {
                return fits(parts[0], community >> 16) && fits(parts[1], community & 0xffff);
            });
        } else {
            remove_fitting(attributes.large_communities, [&](const LargeCommunity& community) {
                return fits(parts[0], community.global) && fits(parts[1], community.local1) &&
                       fits(parts[2], community.local2);
            });
        }
    }
    void operator()(const PrependAsPath& operation) const {
        for (auto as = operation.prefix.rbegin(); as != operation.prefix.rend(); ++as) {
            attributes.as_path.prepend(*as);
        }
    }
    void operator()(const SetPriority& operation) const {
        attributes.local_pref = local_pref_of_priority(operation.value);
    }
    void operator()(const SetMed& operation) const { attributes.med = operation.value; }
    void operator()(const SetLocalPref& operation) const { attributes.local_pref = operation.value; }
};

}  // namespace

bool PrefixMatch::matches(const Prefix& other) const {
    switch (op) {
        case MatchOperator::equal:
            return other == prefix;
        case MatchOperator::not_equal:
            return other != prefix;
        case MatchOperator::in:
        case MatchOperator::not_in:
            break;
    }
    const bool inside = prefix.contains(other) && other.length() >= min() && other.length() <= max();
    return inside == (op == MatchOperator::in);
}

const FilterRule* deciding_rule(const FilterChain& chain, const FilterFacts& facts) {
    const auto found = std::find_if(chain.begin(), chain.end(),
                                    [&](const FilterRule& rule) { return matches(rule, facts); });
    return found == chain.end() ? nullptr : &*found;
}

void apply_operations(const std::vector<FilterOperation>& operations, PathAttributes& attributes) {
    for (const FilterOperation& operation : operations) std::visit(Apply{attributes}, operation);
}

}  // namespace dunlin::bgp
