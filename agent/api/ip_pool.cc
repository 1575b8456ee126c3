#include "agent/api/ip_pool.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

Encapsulation read_mode(Fields& spec, const char* field) {
    return spec
        .choice<Encapsulation>(field, {{"Never", Encapsulation::never},
                                       {"Always", Encapsulation::always},
                                       {"CrossSubnet", Encapsulation::cross_subnet}})
        .value_or(Encapsulation::never);
}

void read_blocks(Fields& spec, IpPool& out) {
    const auto cidr = spec.prefix("cidr");
    if (!spec.has("cidr")) spec.problem("cidr", "is required");
    const bool v4 = !cidr || cidr->family() == Family::ipv4;
    const auto size =
        cidr ? spec.integer("blockSize", v4 ? 20 : 116, v4 ? 32 : 128) : spec.integer("blockSize", 20, 128);
    out.block_size = static_cast<std::uint8_t>(size.value_or(v4 ? 26 : 122));
    out.blocks_per_node = static_cast<std::uint32_t>(spec.integer("blocksPerNode", 0, 1024).value_or(1));
    if (!cidr) return;
    out.cidr = *cidr;
    if (out.block_size < cidr->length()) {
        spec.problem("blockSize", std::to_string(out.block_size) + " is shorter than the length of cidr " +
                                      cidr->to_string());
    }
}

void read_uses(Fields& spec, IpPool& out) {
    const auto uses = spec.texts("allowedUses", 3);
    for (const std::string& use : uses) {
        if (use != "Workload" && use != "Tunnel" && use != "LoadBalancer") {
            spec.problem("allowedUses", excerpt(use) + " is none of Workload, Tunnel, LoadBalancer");
        }
    }
    const auto has = [&](const char* use) { return std::find(uses.begin(), uses.end(), use) != uses.end(); };
    if (has("LoadBalancer") && uses.size() > 1)
        spec.problem("allowedUses", "LoadBalancer excludes other uses");
    out.for_workloads = uses.empty() || has("Workload");
    out.automatic =
        spec.choice<bool>("assignmentMode", {{"Automatic", true}, {"Manual", false}}).value_or(true);
}

}  // namespace

Result<IpPool, Problems> parse_ip_pool(const nlohmann::json& object) {
    Problems problems;
    IpPool out;
    out.meta = read_meta(object, problems);
    Fields spec(member(object, "spec"), "spec", problems);
    read_blocks(spec, out);
    read_uses(spec, out);
    out.node_selector = spec.selector("nodeSelector");
    (void)spec.selector("namespaceSelector");
    out.disabled = spec.boolean("disabled").value_or(false);
    out.disable_bgp_export = spec.boolean("disableBGPExport").value_or(false);
    out.nat_outgoing = spec.boolean("natOutgoing").value_or(false);
    out.ipip = read_mode(spec, "ipipMode");
    out.vxlan = read_mode(spec, "vxlanMode");
    if (out.ipip != Encapsulation::never && out.vxlan != Encapsulation::never) {
        spec.problem("ipipMode", "excludes vxlanMode");
    }
    if (out.ipip != Encapsulation::never && out.cidr.family() == Family::ipv6) {
        spec.problem("ipipMode", "is for IPv4 pools only");
    }
    for (const char* old : {"ipip", "nat-outgoing"})
        spec.ignore(old);  // fields of Calico before v3, without meaning
    spec.report_unknown();
    move_warnings(problems, out.meta);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
