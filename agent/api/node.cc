#include "agent/api/node.h"

#include <nlohmann/json.hpp>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

// An annotation, parsed; one that does not parse counts as absent, and says so.
class Annotations {
public:
    Annotations(const nlohmann::json& object, Problems& problems) : object_(object), problems_(problems) {}

    template <class Parse>
    auto read(const std::string& name, const char* what, Parse parse) -> decltype(parse(std::string())) {
        const nlohmann::json& value = member(object_, name.c_str());
        const auto* text = value.template get_ptr<const std::string*>();
        if (text == nullptr || text->empty()) return std::nullopt;
        const auto out = parse(*text);
        if (!out) {
            problems_.push_back(
                {"metadata.annotations[" + name + "]", excerpt(*text) + " is not " + what, Reason::ignored});
        }
        return out;
    }

private:
    const nlohmann::json& object_;
    Problems& problems_;
};

auto address_of(Family family) {
    return [family](const std::string& text) {
        const auto out = InterfaceAddress::parse(text);
        return out && out->address.family() == family ? out : std::nullopt;
    };
}

auto plain_address_of(Family family) {
    return [family](const std::string& text) {
        const auto out = IpAddress::parse(text);
        return out && out->family() == family ? out : std::nullopt;
    };
}

std::optional<RouterId> parse_identifier(const std::string& text) {
    const auto out = IpAddress::parse(text);
    if (!out || !out->is_v4() || out->is_unspecified()) return std::nullopt;
    return RouterId(out->to_v4());
}

struct Names {
    const char *ipv4, *ipv6, *as, *router_id, *cluster_id;
};

NodeFacts read_facts(Annotations& annotations, const Names& names) {
    NodeFacts out;
    out.ipv4 = annotations.read(names.ipv4, "an IPv4 address", address_of(Family::ipv4));
    out.ipv6 = annotations.read(names.ipv6, "an IPv6 address", address_of(Family::ipv6));
    out.as_number =
        annotations.read(names.as, "an AS number", [](const std::string& t) { return parse_asn(t); });
    if (names.router_id != nullptr) {
        out.router_id = annotations.read(names.router_id, "a dotted quad", parse_identifier);
    }
    out.cluster_id = annotations.read(names.cluster_id, "a dotted quad", parse_identifier);
    return out;
}

void read_internal_addresses(const nlohmann::json& status, Node& out) {
    const nlohmann::json& addresses = member(status, "addresses");
    if (!addresses.is_array()) return;
    for (const nlohmann::json& entry : addresses) {
        const auto* type = member(entry, "type").get_ptr<const std::string*>();
        const auto* text = member(entry, "address").get_ptr<const std::string*>();
        if (type == nullptr || text == nullptr || *type != "InternalIP") continue;
        const auto address = IpAddress::parse(*text);
        if (!address) continue;
        auto& slot = address->is_v4() ? out.internal_ipv4 : out.internal_ipv6;
        if (!slot) slot = address;
    }
}

void read_pod_cidrs(const nlohmann::json& spec, Node& out, Problems& problems) {
    Fields fields(spec, "spec", problems);
    fields.each("podCIDRs", 16, [&](const nlohmann::json& entry, const std::string& path) {
        const auto* text = entry.get_ptr<const std::string*>();
        const auto prefix = text == nullptr ? std::nullopt : Prefix::parse(*text);
        if (prefix) {
            out.pod_cidrs.push_back(*prefix);
        } else {
            problems.push_back({path, excerpt_json(entry) + " is not a prefix", Reason::ignored});
        }
    });
    if (!out.pod_cidrs.empty()) return;
    if (const auto one = fields.prefix("podCIDR")) out.pod_cidrs.push_back(*one);
}

void read_labels(const nlohmann::json& metadata, Node& out) {
    const nlohmann::json& labels = member(metadata, "labels");
    if (!labels.is_object()) return;
    for (const auto& [key, value] : labels.items()) {
        if (const auto* text = value.get_ptr<const std::string*>()) out.labels[key] = *text;
    }
}

std::optional<InterfaceAddress> as_host(const std::optional<IpAddress>& address) {
    if (!address) return std::nullopt;
    return InterfaceAddress{*address, bits(address->family())};
}

}  // namespace

std::optional<ApiGroup> api_group(std::string_view text) {
    for (const ApiGroup group : {ApiGroup::dunlin, ApiGroup::calico, ApiGroup::calico_crd}) {
        if (text == name(group)) return group;
    }
    return std::nullopt;
}

std::string_view name(ApiGroup group) {
    if (group == ApiGroup::dunlin) return "dunlin.io";
    return group == ApiGroup::calico ? "projectcalico.org" : "crd.projectcalico.org";
}

NodeFacts Node::facts(ApiGroup group) const {
    if (group != ApiGroup::dunlin) return calico;
    NodeFacts out = own;
    if (!out.ipv4) out.ipv4 = calico.ipv4 ? calico.ipv4 : as_host(internal_ipv4);
    if (!out.ipv6) out.ipv6 = calico.ipv6 ? calico.ipv6 : as_host(internal_ipv6);
    if (!out.as_number) out.as_number = calico.as_number;
    if (!out.cluster_id) out.cluster_id = calico.cluster_id;
    return out;
}

Result<Node, Problems> parse_node(const nlohmann::json& object) {
    Problems problems;
    Node out;
    out.meta = read_meta(object, problems);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    const nlohmann::json& metadata = member(object, "metadata");
    read_labels(metadata, out);
    const nlohmann::json& raw = member(metadata, "annotations");
    Annotations annotations(raw, problems);
    out.own =
        read_facts(annotations, {"dunlin.io/ipv4-address", "dunlin.io/ipv6-address", "dunlin.io/as-number",
                                 "dunlin.io/router-id", "dunlin.io/route-reflector-cluster-id"});
    out.calico = read_facts(
        annotations, {"projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address",
                      "projectcalico.org/ASNumber", nullptr, "projectcalico.org/RouteReflectorClusterID"});
    out.wireguard_ipv4 = annotations.read("projectcalico.org/IPv4WireguardInterfaceAddr", "an IPv4 address",
                                          plain_address_of(Family::ipv4));
    out.wireguard_ipv6 = annotations.read("projectcalico.org/IPv6WireguardInterfaceAddr", "an IPv6 address",
                                          plain_address_of(Family::ipv6));
    read_internal_addresses(member(object, "status"), out);
    read_pod_cidrs(member(object, "spec"), out, problems);
    for (FieldProblem& problem : problems)
        problem.reason = Reason::ignored;  // a Node is not ours: it always counts
    out.meta.warnings = std::move(problems);
    return out;
}

}  // namespace dunlin::agent
