#include "bgp/policy/import.h"

#include <algorithm>

namespace dunlin::bgp {
namespace {

template <class Range, class T>
bool holds(const Range& range, const T& value) {
    return std::find(range.begin(), range.end(), value) != range.end();
}

// RFC 4271 9.1.2; RFC 5065 4: the identifier wherever it stands, the member AS among members.
bool is_loop(const AsPath& path, const ImportContext& context) {
    const std::size_t found = context.confederation
                                  ? path.count(context.confederation->identifier) +
                                        path.count_in_confederation(context.confederation->member_as)
                                  : path.count(context.local_as);
    return found > context.allow_own_as;
}

// RFC 4271 6.3; RFC 5065 5 for a member of the confederation.
bool first_as_fits(const AsPath& path, const ImportContext& context) {
    if (context.session == SessionType::internal) return true;
    if (context.session == SessionType::external) return path.first() == context.peer_as;
    return !path.empty() && path.segments().front().type == SegmentType::confed_sequence &&
           path.segments().front().asns.front() == context.peer_as;
}

// RFC 9234 5, rules 1 and 2 of the receiving side.
bool is_leak(const PathAttributes& attributes, const ImportContext& context) {
    if (!attributes.only_to_customer || !context.role) return false;
    switch (*context.role) {
        case Role::provider:
        case Role::route_server:
            return true;
        case Role::peer:
            return *attributes.only_to_customer != context.peer_as;
        case Role::customer:
        case Role::route_server_client:
            return false;
    }
    return false;
}

}  // namespace

std::string_view name(ImportRefusal refusal) {
    switch (refusal) {
        case ImportRefusal::none:
            return "accepted";
        case ImportRefusal::as_loop:
            return "our AS is in AS_PATH";
        case ImportRefusal::first_as:
            return "AS_PATH does not begin with the neighbour's AS";
        case ImportRefusal::own_originator:
            return "we are its originator";
        case ImportRefusal::cluster_loop:
            return "our cluster is in CLUSTER_LIST";
        case ImportRefusal::own_next_hop:
            return "the next hop is an address of ours";
        case ImportRefusal::route_leak:
            return "route leak (OTC)";
    }
    return "";
}

ImportRefusal check_import(const PathAttributes& attributes, const ImportContext& context) {
    if (context.check_first_as && !first_as_fits(attributes.as_path, context)) return ImportRefusal::first_as;
    if (is_loop(attributes.as_path, context)) return ImportRefusal::as_loop;
    if (attributes.originator_id == context.router_id) return ImportRefusal::own_originator;
    if (holds(attributes.cluster_list, context.cluster_id)) return ImportRefusal::cluster_loop;
    if (is_leak(attributes, context)) return ImportRefusal::route_leak;
    if (holds(context.own_addresses, attributes.next_hop)) return ImportRefusal::own_next_hop;
    return ImportRefusal::none;
}

void adjust_import(PathAttributes& attributes, const ImportContext& context) {
    if (context.draining) {
        if (!has_community(attributes, kGracefulShutdown))
            attributes.communities.push_back(kGracefulShutdown);
        attributes.local_pref = 0;
    }
    if (context.session == SessionType::external && holds(attributes.communities, kGracefulShutdown)) {
        attributes.local_pref = 0;
    }
    if (attributes.only_to_customer || !context.role) return;
    const bool from_above_or_beside = *context.role == Role::customer || *context.role == Role::peer ||
                                      *context.role == Role::route_server_client;
    if (from_above_or_beside) attributes.only_to_customer = context.peer_as;  // rule 3
}

}  // namespace dunlin::bgp
