#include "bgp/policy/export_policy.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view interface) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches_wildcard(pattern, interface); });
}

std::optional<ExportStep> by_block(const ExportPolicy& policy, const ExportFacts& facts) {
    if (policy.blocks.contains(facts.prefix)) return ExportStep::block;
    if (!policy.blocks.covers(facts.prefix)) return std::nullopt;
    return facts.priority < policy.escape_below_priority ? ExportStep::block_escape
                                                         : ExportStep::inside_block;
}

ExportStep deciding_step(const ExportPolicy& policy, const ExportFacts& facts) {
    if (policy.accept_all) return ExportStep::accept_all;
    if (policy.reject_pools.covers(facts.prefix)) return ExportStep::reject_pool;
    if (facts.internal_session && matches_any(policy.internal_reject_interfaces, facts.interface)) {
        return ExportStep::internal_interface;
    }
    if (matches_any(policy.reject_interfaces, facts.interface)) return ExportStep::interface;
    if (const auto step = by_block(policy, facts)) return *step;
    if (policy.accept_services.covers(facts.prefix)) return ExportStep::service;
    if (policy.accept_services_as_reflector.covers(facts.prefix)) return ExportStep::service_as_reflector;
    if (policy.accept_pools.covers(facts.prefix)) return ExportStep::pool;
    return ExportStep::nothing_matched;
}

bool accepts(ExportStep step) {
    switch (step) {
        case ExportStep::reject_pool:
        case ExportStep::internal_interface:
        case ExportStep::interface:
        case ExportStep::inside_block:
        case ExportStep::nothing_matched:
            return false;
        case ExportStep::accept_all:
        case ExportStep::block:
        case ExportStep::block_escape:
        case ExportStep::service:
        case ExportStep::service_as_reflector:
        case ExportStep::pool:
            return true;
    }
    return false;
}

template <class T>
void add_missing(const std::vector<T>& from, std::vector<T>& to) {
    for (const T& each : from) {
        if (std::find(to.begin(), to.end(), each) == to.end()) to.push_back(each);
    }
}

}  // namespace

std::string_view name(ExportStep step) {
    switch (step) {
        case ExportStep::accept_all:
            return "everything is exported";
        case ExportStep::reject_pool:
            return "in a pool that is not exported";
        case ExportStep::internal_interface:
            return "its interface is not exported to iBGP neighbours";
        case ExportStep::interface:
            return "its interface is not exported";
        case ExportStep::block:
            return "a block of this node";
        case ExportStep::block_escape:
            return "inside a block of this node, of an elevated priority";
        case ExportStep::inside_block:
            return "inside a block of this node";
        case ExportStep::service:
            return "in a service range";
        case ExportStep::service_as_reflector:
            return "in a service range, as route reflector";
        case ExportStep::pool:
            return "in a pool";
        case ExportStep::nothing_matched:
            return "in no block, service range or pool";
    }
    return "";
}

ExportVerdict evaluate(const ExportPolicy& policy, const ExportFacts& facts) {
    ExportVerdict verdict;
    verdict.step = deciding_step(policy, facts);
    verdict.accept = accepts(verdict.step);
    if (!verdict.accept) return verdict;
    for (const PrefixCommunities& entry : policy.communities) {
        if (entry.prefix.contains(facts.prefix)) verdict.added.push_back(&entry);
    }
    return verdict;
}

void add_communities(const std::vector<const PrefixCommunities*>& added, PathAttributes& attributes) {
    for (const PrefixCommunities* entry : added) {
        add_missing(entry->communities, attributes.communities);
        add_missing(entry->large, attributes.large_communities);
    }
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    // Where the last star was, and how far its run reaches: on a mismatch the run grows by one.
    std::size_t star = std::string_view::npos;
    std::size_t run_end = 0;
    std::size_t p = 0;
    for (std::size_t t = 0; t < text.size();) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            run_end = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++run_end;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace dunlin::bgp
