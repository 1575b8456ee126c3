#include "bgp/policy/export_policy.h"

#include <doctest/doctest.h>

namespace dunlin::bgp {
namespace {

Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

// A node with one block in one pool, a service range and one pool that is not exported.
ExportPolicy node_policy() {
    ExportPolicy policy;
    policy.reject_pools = {prefix("10.9.0.0/16")};
    policy.internal_reject_interfaces = {"*.calico", "tunl0"};
    policy.reject_interfaces = {"bpf*.cali"};
    policy.communities = {{prefix("10.244.0.0/16"), {0xfde90001}, {}},
                          {prefix("10.244.1.0/26"), {0xfde90002}, {{1, 2, 3}}}};
    policy.blocks = {prefix("10.244.1.0/26")};
    policy.accept_services = {prefix("10.96.0.0/12")};
    policy.accept_services_as_reflector = {prefix("203.0.113.7/32")};
    policy.accept_pools = {prefix("10.244.0.0/16")};
    return policy;
}

struct Case {
    const char* prefix;
    bool internal;
    const char* interface;
    std::uint32_t priority;
    bool accept;
    ExportStep step;
};

TEST_CASE("export: each step decides in its turn") {
    const ExportPolicy policy = node_policy();
    const Case cases[] = {
        {"10.9.0.0/26", false, "", 1024, false, ExportStep::reject_pool},
        {"10.244.2.0/26", true, "tunl0", 1024, false, ExportStep::internal_interface},
        {"10.244.2.0/26", false, "tunl0", 1024, true, ExportStep::pool},
        {"10.244.2.0/26", false, "bpfin.cali", 1024, false, ExportStep::interface},
        {"10.244.1.0/26", true, "", 1024, true, ExportStep::block},
        {"10.244.1.5/32", true, "veth1", 1024, false, ExportStep::inside_block},
        {"10.244.1.5/32", true, "veth1", 1023, true, ExportStep::block_escape},
        {"10.96.0.10/32", false, "", 1024, true, ExportStep::service},
        {"203.0.113.7/32", false, "", 1024, true, ExportStep::service_as_reflector},
        {"10.244.0.0/16", false, "", 1024, true, ExportStep::pool},
        {"0.0.0.0/0", false, "eth0", 1024, false, ExportStep::nothing_matched},
        {"10.0.0.0/8", false, "eth0", 1024, false, ExportStep::nothing_matched},
        {"2001:db8::/64", false, "eth0", 1024, false, ExportStep::nothing_matched},
    };
    for (const Case& c : cases) {
        CAPTURE(c.prefix);
        const Prefix what = prefix(c.prefix);
        const auto verdict = evaluate(policy, {what, c.internal, c.interface, c.priority});
        CHECK(verdict.step == c.step);
        CHECK(verdict.accept == c.accept);
        if (!c.accept) CHECK(verdict.added.empty());
    }
}

TEST_CASE("export: every entry of communities that holds the prefix is added, once") {
    const ExportPolicy policy = node_policy();
    const Prefix block = prefix("10.244.1.0/26");
    const auto verdict = evaluate(policy, {block, false, "", 1024});
    REQUIRE(verdict.added.size() == 2);
    PathAttributes attributes;
    attributes.communities = {0xfde90002};
    add_communities(verdict.added, attributes);
    CHECK(attributes.communities == std::vector<std::uint32_t>{0xfde90002, 0xfde90001});
    CHECK(attributes.large_communities == std::vector<LargeCommunity>{{1, 2, 3}});
}

TEST_CASE("export: an empty policy rejects, one that accepts all accepts (RFC 8212)") {
    const Prefix what = prefix("0.0.0.0/0");
    CHECK_FALSE(evaluate(ExportPolicy(), {what, false, "", 1024}).accept);
    ExportPolicy all;
    all.accept_all = true;
    CHECK(evaluate(all, {what, false, "", 1024}).step == ExportStep::accept_all);
}

TEST_CASE("wildcards: * is any run, ? is one character") {
    for (const auto& pair : {std::pair{"*", ""},
                             {"*", "eth0"},
                             {"cali*", "cali"},
                             {"*.cali", "vxlan.cali"},
                             {"b*f*.cali", "bpf.x.cali"},
                             {"eth?", "eth0"},
                             {"", ""},
                             {"a*b*c", "aXbYbZc"}}) {
        CAPTURE(pair.first);
        CHECK(matches_wildcard(pair.first, pair.second));
    }
    for (const auto& pair : {std::pair{"", "x"},
                             {"eth?", "eth"},
                             {"eth?", "eth01"},
                             {"*.cali", "cali"},
                             {"a*b", "abc"},
                             {"tunl0", "tunl01"}}) {
        CAPTURE(pair.first);
        CHECK_FALSE(matches_wildcard(pair.first, pair.second));
    }
    CHECK_FALSE(matches_wildcard("*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

}  // namespace
}  // namespace dunlin::bgp
