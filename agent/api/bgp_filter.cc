#include "agent/api/bgp_filter.h"

#include <nlohmann/json.hpp>

#include "agent/api/community.h"
#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

constexpr std::int64_t kMaxPriority = 2147483646;
constexpr std::size_t kMaxRules = 500;

std::optional<PrefixMatch> read_prefix(Fields& rule, Family family) {
    const auto cidr = rule.prefix("cidr");
    const auto op = rule.choice<MatchOperator>("matchOperator", {{"Equal", MatchOperator::equal},
                                                                 {"NotEqual", MatchOperator::not_equal},
                                                                 {"In", MatchOperator::in},
                                                                 {"NotIn", MatchOperator::not_in}});
    if (rule.has("cidr") != rule.has("matchOperator")) {
        rule.problem(rule.has("cidr") ? "matchOperator" : "cidr", "cidr and matchOperator go together");
    }
    PrefixMatch out;
    if (auto length = rule.part("prefixLength")) {
        const auto min = length->integer("min", 0, bits(family)),
                   max = length->integer("max", 0, bits(family));
        length->report_unknown();
        if (!rule.has("cidr")) length->problem("", "needs cidr");
        if (min && max && *min > *max) length->problem("min", "is above max");
        if (op == MatchOperator::equal || op == MatchOperator::not_equal) {
            length->problem("", "has no meaning with matchOperator Equal and NotEqual: use In or NotIn");
        }
        if (min) out.min_length = static_cast<std::uint8_t>(*min);
        if (max) out.max_length = static_cast<std::uint8_t>(*max);
    }
    if (cidr && cidr->family() != family) rule.problem("cidr", cidr->to_string() + " is of the other family");
    if (!cidr || !op) return std::nullopt;
    out.prefix = *cidr;
    out.op = *op;
    return out;
}

std::optional<Community> read_community_condition(Fields& rule) {
    auto communities = rule.part("communities");
    if (!communities) return std::nullopt;
    const auto values = communities->texts("values", 1, 64);
    communities->report_unknown();
    if (values.size() != 1) {
        communities->problem("values", "exactly one is required");
        return std::nullopt;
    }
    auto out = parse_community(values.front());
    if (!out) communities->problem("values", excerpt(values.front()) + " is not a community a:b or a:b:c");
    return out;
}

template <class T>
std::optional<FilterOperation> read_number(Fields& value, std::int64_t min, std::int64_t max) {
    const auto number = value.integer("value", min, max);
    if (!value.has("value")) value.problem("value", "is required");
    if (!number) return std::nullopt;
    return FilterOperation(T{static_cast<std::uint32_t>(*number)});
}

template <class T, class Parse>
std::optional<FilterOperation> read_community(Fields& value, Parse parse) {
    const auto text = value.text("value", 64);
    if (!value.has("value")) value.problem("value", "is required");
    if (!text) return std::nullopt;
    auto parsed = parse(*text);
    if (parsed) return FilterOperation(T{std::move(*parsed)});
    value.problem("value", excerpt(*text) + " is not a community a:b or a:b:c");
    return std::nullopt;
}

std::optional<FilterOperation> read_prepend(Fields& value) {
    auto prefix = value.asns("prefix", 10);
    if (prefix.empty()) value.problem("prefix", "1 to 10 AS numbers are required");
    return FilterOperation(PrependAsPath{std::move(prefix)});
}

struct OperationKind {
    const char* field;
    std::optional<FilterOperation> (*read)(Fields& value);
};
constexpr OperationKind kOperations[] = {
    {"addCommunity", [](Fields& v) { return read_community<AddCommunity>(v, parse_community); }},
    {"deleteCommunity",
     [](Fields& v) { return read_community<DeleteCommunity>(v, parse_community_pattern); }},
    {"prependASPath", read_prepend},
    {"setPriority", [](Fields& v) { return read_number<SetPriority>(v, 1, kMaxPriority); }},
    {"setMED", [](Fields& v) { return read_number<SetMed>(v, 0, 0xffffffff); }},
    {"setLocalPref", [](Fields& v) { return read_number<SetLocalPref>(v, 0, 0xffffffff); }},
};

void read_operation(Fields entry, FilterRule& rule) {
    int found = 0;
    for (const OperationKind& kind : kOperations) {
        auto value = entry.part(kind.field);
        if (!value) continue;
        ++found;
        if (auto operation = kind.read(*value)) rule.operations.push_back(std::move(*operation));
        value->report_unknown();
    }
    if (found != 1) entry.problem("", "an operation has exactly one field");
    entry.report_unknown();
}

FilterRule read_rule(Fields rule, Family family, bool import) {
    FilterRule out;
    out.prefix = read_prefix(rule, family);
    out.from_bgp_peers = rule.choice<bool>("source", {{"RemotePeers", true}}).value_or(false);
    if (out.from_bgp_peers && import)
        rule.problem("source", "has no effect in import rules", Reason::ignored);
    out.interface = rule.text("interface", 15).value_or("");
    out.internal_peer = rule.choice<bool>("peerType", {{"iBGP", true}, {"eBGP", false}});
    out.community = read_community_condition(rule);
    out.as_path_prefix = rule.asns("asPathPrefix", 64);
    if (const auto priority = rule.integer("priority", 1, kMaxPriority)) {
        out.priority = static_cast<std::uint32_t>(*priority);
    }
    if (!rule.has("action")) rule.problem("action", "is required");
    out.accept = rule.choice<bool>("action", {{"Accept", true}, {"Reject", false}}).value_or(false);
    rule.each("operations", 10, [&](const nlohmann::json& entry, const std::string& path) {
        read_operation(Fields(entry, path, rule.problems()), out);
    });
    if (rule.has("operations") && !out.accept) rule.problem("operations", "need action Accept");
    rule.report_unknown();
    return out;
}

}  // namespace

Result<BgpFilter, Problems> parse_bgp_filter(const nlohmann::json& object) {
    Problems problems;
    BgpFilter out;
    out.meta = read_meta(object, problems);
    Fields spec(member(object, "spec"), "spec", problems);
    const auto read = [&](const char* field, Family family, bool import, std::vector<FilterRule>& rules) {
        spec.each(field, kMaxRules, [&](const nlohmann::json& entry, const std::string& path) {
            rules.push_back(read_rule(Fields(entry, path, problems), family, import));
            rules.back().filter = out.meta.name;
            rules.back().number = static_cast<std::uint32_t>(rules.size());
        });
    };
    read("importV4", Family::ipv4, true, out.import_v4);
    read("importV6", Family::ipv6, true, out.import_v6);
    read("exportV4", Family::ipv4, false, out.export_v4);
    read("exportV6", Family::ipv6, false, out.export_v6);
    spec.report_unknown();
    move_warnings(problems, out.meta);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
