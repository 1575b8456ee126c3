#include "bgp/policy/propagate.h"

#include <doctest/doctest.h>

namespace dunlin::bgp {
namespace {

constexpr auto kInternal = SessionType::internal;
constexpr auto kExternal = SessionType::external;
constexpr auto kConfederation = SessionType::confederation;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
RouteSource from(SessionType session, bool client = false) { return {session, client, RouterId(7), 1}; }
Target to(SessionType session, bool client = false) { return {session, client, {}, false, RouterId(8), 2}; }

PathAttributes received() {
    PathAttributes a;
    a.as_path = AsPath::sequence({Asn(65001)});
    a.next_hop = address("192.0.2.1");
    a.med = 5;
    return a;
}
OutgoingContext context(SessionType session, NextHopMode next_hop = NextHopMode::automatic) {
    OutgoingContext out;
    out.session = session;
    out.local_as = Asn(64512);
    out.own_address = address("10.0.0.1");
    out.next_hop = next_hop;
    out.cluster_id = 99;
    return out;
}

TEST_CASE("propagation: the iBGP rule and the reflector's exceptions (RFC 4271 9.2, RFC 4456 6)") {
    const PathAttributes a = received();
    CHECK(may_advertise(a, from(kInternal), to(kInternal)) == ExportRefusal::internal_to_internal);
    CHECK(may_advertise(a, from(kInternal, true), to(kInternal)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kInternal), to(kInternal, true)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kInternal, true), to(kInternal, true)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kInternal), to(kExternal)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kExternal), to(kInternal)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kConfederation), to(kInternal)) == ExportRefusal::none);
    CHECK(may_advertise(a, RouteSource{}, to(kInternal)) == ExportRefusal::none);
}

TEST_CASE("propagation: nothing goes back to where it came from, nor to its originator") {
    PathAttributes a = received();
    Target back = to(kExternal);
    back.peer = 1;
    CHECK(may_advertise(a, from(kExternal), back) == ExportRefusal::split_horizon);
    a.originator_id = RouterId(8);
    CHECK(may_advertise(a, from(kInternal, true), to(kInternal, true)) == ExportRefusal::originator);
    CHECK(group_refusal(a, from(kInternal, true), to(kInternal, true)) == ExportRefusal::none);
    CHECK(may_advertise(a, from(kInternal), to(kExternal)) == ExportRefusal::none);
}

TEST_CASE("propagation: the well-known communities (RFC 1997) bind received routes, not our own") {
    struct Row {
        std::uint32_t community;
        SessionType session;
        ExportRefusal refusal;
    };
    for (const Row& row : {Row{kNoAdvertise, kInternal, ExportRefusal::no_advertise},
                           {kNoAdvertise, kExternal, ExportRefusal::no_advertise},
                           {kNoExport, kInternal, ExportRefusal::none},
                           {kNoExport, kConfederation, ExportRefusal::none},
                           {kNoExport, kExternal, ExportRefusal::no_export},
                           {kNoExportSubconfed, kInternal, ExportRefusal::none},
                           {kNoExportSubconfed, kConfederation, ExportRefusal::no_export_subconfed},
                           {kNoExportSubconfed, kExternal, ExportRefusal::no_export_subconfed}}) {
        PathAttributes a = received();
        a.communities = {row.community};
        CHECK(may_advertise(a, from(kExternal), to(row.session)) == row.refusal);
        CHECK(may_advertise(a, RouteSource{}, to(row.session)) == ExportRefusal::none);
    }
}

TEST_CASE("propagation: what bears OTC goes only downwards (RFC 9234 5)") {
    PathAttributes a = received();
    a.only_to_customer = Asn(1);
    const auto refusal = [&a](Role ours) {
        Target target = to(kExternal);
        target.role = ours;
        return may_advertise(a, from(kExternal), target);
    };
    CHECK(refusal(Role::customer) == ExportRefusal::only_to_customer);
    CHECK(refusal(Role::peer) == ExportRefusal::only_to_customer);
    CHECK(refusal(Role::route_server_client) == ExportRefusal::only_to_customer);
    CHECK(refusal(Role::provider) == ExportRefusal::none);
    CHECK(refusal(Role::route_server) == ExportRefusal::none);
    OutgoingContext c = context(kExternal);
    c.role = Role::provider;
    CHECK(outgoing(received(), from(kExternal), 0, c).only_to_customer == Asn(64512));
    c.role = Role::customer;
    CHECK_FALSE(outgoing(received(), from(kExternal), 0, c).only_to_customer.has_value());
}

TEST_CASE("outgoing: the next hop in every mode") {
    const IpAddress own = address("10.0.0.1");
    const IpAddress gateway = address("192.0.2.1");
    struct Row {
        RouteSource source;
        bool has_gateway;
        SessionType session;
        IpAddress automatic, self, keep;
    };
    for (const Row& row : {Row{{}, false, kInternal, own, own, own},
                           {{}, false, kExternal, own, own, own},
                           {{}, true, kInternal, gateway, own, gateway},
                           {{}, true, kExternal, own, own, gateway},
                           {from(kExternal), true, kInternal, gateway, own, gateway},
                           {from(kInternal, true), true, kInternal, gateway, own, gateway},
                           {from(kInternal), true, kExternal, own, own, gateway}}) {
        PathAttributes a = received();
        if (!row.has_gateway) a.next_hop = {};
        const auto next_hop = [&](NextHopMode mode) {
            return outgoing(a, row.source, 1024, context(row.session, mode)).next_hop;
        };
        CHECK(next_hop(NextHopMode::automatic) == row.automatic);
        CHECK(next_hop(NextHopMode::self) == row.self);
        CHECK(next_hop(NextHopMode::keep) == row.keep);
    }
}

TEST_CASE("outgoing: our link-local address goes with our own IPv6 next hop only") {
    OutgoingContext c = context(kInternal);
    c.own_address = address("2001:db8::1");
    c.own_link_local = address("fe80::1");
    PathAttributes a = received();
    a.next_hop = IpAddress::any(Family::ipv6);
    CHECK(outgoing(a, {}, 1024, c).link_local_next_hop == address("fe80::1"));
    a.next_hop = address("2001:db8::9");
    a.link_local_next_hop = address("fe80::9");
    CHECK_FALSE(outgoing(a, from(kExternal), 1024, c).link_local_next_hop.has_value());
    a.next_hop = address("fe80::9");
    CHECK(outgoing(a, from(kExternal), 1024, c).next_hop == address("2001:db8::1"));
}

TEST_CASE("outgoing: AS_PATH grows at the border of the AS and of the member AS") {
    PathAttributes a = received();
    CHECK(outgoing(a, from(kExternal), 0, context(kInternal)).as_path.to_string() == "65001");
    CHECK(outgoing(a, from(kExternal), 0, context(kExternal)).as_path.to_string() == "64512 65001");
    CHECK(outgoing(a, from(kExternal), 0, context(kConfederation)).as_path.to_string() == "(64512) 65001");
    a.as_path.prepend_confederation(Asn(64999));
    CHECK(outgoing(a, from(kConfederation), 0, context(kConfederation)).as_path.to_string() ==
          "(64512 64999) 65001");
    CHECK(outgoing(a, from(kConfederation), 0, context(kExternal)).as_path.to_string() == "64512 65001");
}

TEST_CASE("outgoing: LOCAL_PREF and MED stay inside the AS, and ours is made of the priority") {
    PathAttributes a = received();
    const PathAttributes own;
    CHECK(outgoing(own, {}, 1024, context(kInternal)).local_pref == 2147482623u);
    CHECK(outgoing(own, {}, 512, context(kInternal)).local_pref == 2147483135u);
    OutgoingContext plain = context(kInternal);
    plain.local_pref_from_priority = false;
    CHECK(outgoing(own, {}, 1024, plain).local_pref == kDefaultLocalPref);
    CHECK(outgoing(a, from(kExternal), 1024, context(kInternal)).local_pref == kDefaultLocalPref);
    a.local_pref = 200;
    CHECK(outgoing(a, from(kInternal, true), 1024, context(kInternal)).local_pref == 200u);
    CHECK_FALSE(outgoing(a, from(kInternal), 1024, context(kExternal)).local_pref.has_value());
    CHECK(outgoing(a, from(kExternal), 0, context(kInternal)).med == 5u);
    CHECK_FALSE(outgoing(a, from(kExternal), 0, context(kExternal)).med.has_value());
    CHECK(outgoing(a, {}, 0, context(kExternal)).med == 5u);
}

TEST_CASE("outgoing: a reflected route bears originator and cluster, others do not (RFC 4456 8)") {
    PathAttributes a = received();
    auto out = outgoing(a, from(kInternal, true), 0, context(kInternal));
    CHECK(out.originator_id == RouterId(7));
    CHECK(out.cluster_list == std::vector<std::uint32_t>{99});
    a.originator_id = RouterId(3);
    a.cluster_list = {55};
    out = outgoing(a, from(kInternal, true), 0, context(kInternal));
    CHECK(out.originator_id == RouterId(3));
    CHECK(out.cluster_list == std::vector<std::uint32_t>{99, 55});
    out = outgoing(a, from(kInternal, true), 0, context(kExternal));
    CHECK_FALSE(out.originator_id.has_value());
    CHECK(out.cluster_list.empty());
    CHECK_FALSE(outgoing(received(), from(kExternal), 0, context(kInternal)).originator_id.has_value());
}

TEST_CASE("outgoing: non-transitive extended communities end at the AS border (RFC 4360 6)") {
    PathAttributes a = received();
    a.extended_communities = {0x0002fde900000007, 0x4002fde900000007};
    CHECK(outgoing(a, from(kInternal), 0, context(kExternal)).extended_communities.size() == 1);
    CHECK(outgoing(a, from(kInternal), 0, context(kConfederation)).extended_communities.size() == 2);
    CHECK(outgoing(a, from(kExternal), 0, context(kInternal)).extended_communities.size() == 2);
}

TEST_CASE("outgoing: Partial is set on what we do not know, and communities can be held back") {
    PathAttributes a = received();
    a.unknown = {{0xc0, 25, {}}, {0xc0, 99, {1}}};
    a.communities = {1};
    a.large_communities = {{1, 2, 3}};
    OutgoingContext c = context(kExternal);
    c.send_communities = {false, true, false};
    const auto out = outgoing(a, from(kExternal), 0, c);
    CHECK(out.unknown[0].flags == 0xc0);
    CHECK(out.unknown[1].flags == 0xe0);
    CHECK(out.communities.empty());
    CHECK(out.large_communities.empty());
    c.send_communities = {true, false, false};
    a.extended_communities = {0x0002000100000002u};
    CHECK(outgoing(a, from(kExternal), 0, c).communities == a.communities);
    CHECK(outgoing(a, from(kExternal), 0, c).extended_communities.empty());
}

TEST_CASE("priority and LOCAL_PREF are each other's mirror and saturate") {
    CHECK(priority_of_local_pref(local_pref_of_priority(1024)) == 1024);
    CHECK(local_pref_of_priority(0) == kHighestLocalPref);
    CHECK(local_pref_of_priority(4000000000) == 0);
    CHECK(priority_of_local_pref(4000000000) == 0);
}

}  // namespace
}  // namespace dunlin::bgp
