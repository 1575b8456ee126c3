#include "agent/show/plan_input.h"

#include <algorithm>

#include "agent/api/fields.h"
#include "agent/desired/sha256.h"
#include "bgp/base/hex.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* field) {
    if (!object.is_object()) return "";
    const auto* text = member(object, field).get_ptr<const std::string*>();
    return text == nullptr ? "" : *text;
}

std::string group_of(const json& object) {
    const std::string version = text_of(object, "apiVersion");
    const std::size_t slash = version.find('/');
    return slash == std::string::npos ? "" : version.substr(0, slash);
}

bool has_calico_annotations(const json& object) {
    if (text_of(object, "kind") != "Node") return false;
    const json& annotations = member(member(object, "metadata"), "annotations");
    if (!annotations.is_object()) return false;
    for (const auto& [key, value] : annotations.items()) {
        if (key.starts_with("projectcalico.org/")) return true;
    }
    return false;
}

bool is_namespaced(const std::string& kind) { return kind == "Service" || kind == "EndpointSlice"; }

// Secrets of other namespaces are not ours to read.
bool counts(const json& object, const std::string& kind, const std::string& secret_namespace) {
    return kind != "Secret" || text_of(member(object, "metadata"), "namespace") == secret_namespace;
}

void put_object(const json& object, ApiGroup group, const std::string& secret_namespace, Cluster& out) {
    const std::string kind = text_of(object, "kind");
    if (!is_known_kind(kind) || !counts(object, kind, secret_namespace)) return;
    const json& metadata = member(object, "metadata");
    std::string name = metadata.is_object() ? text_of(metadata, "name") : "";
    const auto routing = api_group(group_of(object));
    if (routing && *routing != group) {
        const FieldProblem problem{"apiVersion", "is not of the API group " + std::string(agent::name(group)),
                                   Reason::ignored};
        out.refused.emplace(ObjectRef{kind, name}, Problems{problem});
        return;
    }
    if (is_namespaced(kind)) name = text_of(metadata, "namespace") + "/" + name;
    put(out, {kind, name}, parse_object(kind, object));
}

std::string digest(std::string_view text) { return hex(sha256(text)); }

}  // namespace

ApiGroup api_group_of(const std::vector<json>& objects) {
    for (const json& object : objects) {
        if (const auto group = api_group(group_of(object))) return *group;
    }
    return std::any_of(objects.begin(), objects.end(), has_calico_annotations) ? ApiGroup::calico
                                                                               : ApiGroup::dunlin;
}

PlannedNode plan_node(const PlanInput& input) {
    PlannedNode out;
    Options options = input.options;
    options.api_group = input.api_group.value_or(api_group_of(input.objects));
    const auto chosen = options.env.find("NAMESPACE");
    const std::string secret_namespace = chosen == options.env.end() ? "kube-system" : chosen->second;
    for (const json& object : input.objects) {
        put_object(object, options.api_group, secret_namespace, out.cluster);
    }
    std::map<std::string, Result<Workload, Problems>> workloads;
    for (const auto& [name, status] : input.workloads) workloads.emplace(name, parse_workload(status));
    put_workloads(out.cluster, std::move(workloads));
    out.cluster.machine_addresses = input.machine_addresses;
    out.desired = desired_state(out.cluster, options);
    return out;
}

std::vector<std::string> node_names(const PlanInput& input) {
    std::vector<std::string> out;
    for (const json& object : input.objects) {
        if (text_of(object, "kind") == "Node") out.push_back(text_of(member(object, "metadata"), "name"));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

json to_json(const PlanInput& input) {
    json addresses = json::array();
    for (const auto& address : input.machine_addresses) addresses.push_back(address.to_string());
    json out = {{"node", input.options.node},
                {"env", input.options.env},
                {"machineAddresses", std::move(addresses)},
                {"objects", input.objects},
                {"workloads", input.workloads}};
    if (input.api_group) out["apiGroup"] = agent::name(*input.api_group);
    if (input.options.block_source) out["blockSource"] = static_cast<int>(*input.options.block_source);
    return out;
}

std::optional<PlanInput> plan_input_from(const json& value) {
    PlanInput out;
    try {
        out.options.node = value.at("node");
        out.options.env = value.at("env").get<std::map<std::string, std::string>>();
        out.objects = value.at("objects").get<std::vector<json>>();
        out.workloads = value.at("workloads").get<std::map<std::string, json>>();
        if (value.contains("apiGroup")) out.api_group = api_group(value.at("apiGroup").get<std::string>());
        if (value.contains("blockSource")) {
            out.options.block_source = static_cast<BlockSource>(value.at("blockSource").get<int>());
        }
        for (const json& text : value.at("machineAddresses")) {
            const auto address = InterfaceAddress::parse(text.get<std::string>());
            if (address) out.machine_addresses.push_back(*address);
        }
    } catch (const json::exception&) {
        return std::nullopt;
    }
    return out;
}

void hide_secrets(PlanInput& input) {
    for (json& object : input.objects) {
        if (text_of(object, "kind") != "Secret") continue;
        const auto secret = parse_secret(object);
        if (!secret) continue;  // refused either way
        json hidden = json::object();
        for (const auto& [key, value] : secret->values) hidden[key] = digest(value);
        object.erase("data");
        object["stringData"] = std::move(hidden);
    }
}

}  // namespace dunlin::agent
