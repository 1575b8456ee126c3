#include "bgp/policy/import.h"

#include <array>

#include <doctest/doctest.h>

namespace dunlin::bgp {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

ImportContext context(SessionType session = SessionType::external) {
    ImportContext out;
    out.session = session;
    out.local_as = Asn(64512);
    out.peer_as = session == SessionType::internal ? Asn(64512) : Asn(65001);
    out.router_id = RouterId(1);
    out.cluster_id = 1;
    return out;
}
PathAttributes route(std::vector<std::uint32_t> path) {
    PathAttributes a;
    std::vector<Asn> asns(path.begin(), path.end());
    a.as_path = AsPath::sequence(std::move(asns));
    a.next_hop = address("192.0.2.1");
    return a;
}

TEST_CASE("import: our AS in the path is a loop, as often as it is not allowed") {
    ImportContext c = context();
    CHECK(check_import(route({65001, 64512}), c) == ImportRefusal::as_loop);
    c.allow_own_as = 1;
    CHECK(check_import(route({65001, 64512}), c) == ImportRefusal::none);
    CHECK(check_import(route({65001, 64512, 64512}), c) == ImportRefusal::as_loop);
    CHECK(check_import(route({64512}), context(SessionType::internal)) == ImportRefusal::as_loop);
}

TEST_CASE("import: in a confederation its identifier is a loop, the member AS among members (RFC 5065 4)") {
    ImportContext c = context(SessionType::confederation);
    c.confederation = Confederation{Asn(64999), Asn(64512), true};
    const auto over_member = [](std::vector<std::uint32_t> path, std::uint32_t first_member) {
        PathAttributes out = route(std::move(path));
        out.as_path.prepend_confederation(Asn(first_member));
        out.as_path.prepend_confederation(Asn(65001));
        return out;
    };
    CHECK(check_import(over_member({7}, 65003), c) == ImportRefusal::none);
    CHECK(check_import(over_member({7, 64999}, 65003), c) == ImportRefusal::as_loop);
    CHECK(check_import(over_member({7}, 64512), c) == ImportRefusal::as_loop);
    // The private number of our member AS means somebody else out there.
    CHECK(check_import(over_member({7, 64512}, 65003), c) == ImportRefusal::none);
}

TEST_CASE("import: the first AS is the neighbour's, unless that is not checked or it is iBGP") {
    ImportContext c = context();
    CHECK(check_import(route({65001, 1}), c) == ImportRefusal::none);
    CHECK(check_import(route({65002, 1}), c) == ImportRefusal::first_as);
    CHECK(check_import(route({}), c) == ImportRefusal::first_as);
    c.check_first_as = false;
    CHECK(check_import(route({65002, 1}), c) == ImportRefusal::none);
    CHECK(check_import(route({}), context(SessionType::internal)) == ImportRefusal::none);
    PathAttributes member = route({1});
    member.as_path.prepend_confederation(Asn(65001));
    CHECK(check_import(member, context(SessionType::confederation)) == ImportRefusal::none);
    CHECK(check_import(route({65001}), context(SessionType::confederation)) == ImportRefusal::first_as);
}

TEST_CASE("import: loops of route reflection are seen on every session (RFC 4456 8)") {
    PathAttributes a = route({});
    a.originator_id = RouterId(1);
    CHECK(check_import(a, context(SessionType::internal)) == ImportRefusal::own_originator);
    a.originator_id = RouterId(2);
    a.cluster_list = {5, 1};
    CHECK(check_import(a, context(SessionType::internal)) == ImportRefusal::cluster_loop);
    a.cluster_list = {5};
    CHECK(check_import(a, context(SessionType::internal)) == ImportRefusal::none);
}

TEST_CASE("import: a next hop that is ours is ignored") {
    const std::array own{address("10.0.0.1"), address("192.0.2.1")};
    ImportContext c = context();
    c.own_addresses = own;
    CHECK(check_import(route({65001}), c) == ImportRefusal::own_next_hop);
}

TEST_CASE("import: route leaks, and the OTC that is added (RFC 9234 5)") {
    ImportContext c = context();
    PathAttributes a = route({65001});
    a.only_to_customer = Asn(65001);
    c.role = Role::provider;
    CHECK(check_import(a, c) == ImportRefusal::route_leak);
    c.role = Role::peer;
    CHECK(check_import(a, c) == ImportRefusal::none);
    a.only_to_customer = Asn(7);
    CHECK(check_import(a, c) == ImportRefusal::route_leak);
    c.role = Role::customer;
    CHECK(check_import(a, c) == ImportRefusal::none);
    adjust_import(a, c);
    CHECK(a.only_to_customer == Asn(7));
    a.only_to_customer.reset();
    adjust_import(a, c);
    CHECK(a.only_to_customer == Asn(65001));
}

TEST_CASE("import: GRACEFUL_SHUTDOWN makes LOCAL_PREF 0 on eBGP sessions (RFC 8326 4.1)") {
    PathAttributes a = route({65001});
    a.communities = {kGracefulShutdown};
    PathAttributes inside = a;
    adjust_import(a, context());
    CHECK(a.local_pref == 0u);
    adjust_import(inside, context(SessionType::internal));
    CHECK_FALSE(inside.local_pref.has_value());
}

}  // namespace
}  // namespace dunlin::bgp
