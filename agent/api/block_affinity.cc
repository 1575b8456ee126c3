#include "agent/api/block_affinity.h"

#include <nlohmann/json.hpp>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

// A boolean, or the text of one (crd.projectcalico.org).
bool read_deleted(Fields& spec, const nlohmann::json& raw) {
    if (!raw.is_string()) return spec.boolean("deleted").value_or(false);
    return spec.choice<bool>("deleted", {{"true", true}, {"false", false}}).value_or(false);
}

}  // namespace

Result<BlockAffinity, Problems> parse_block_affinity(const nlohmann::json& object) {
    Problems problems;
    BlockAffinity out;
    out.meta = read_meta(object, problems);
    Fields spec(member(object, "spec"), "spec", problems);
    if (!spec.has("cidr")) spec.problem("cidr", "is required");
    out.cidr = spec.prefix("cidr").value_or(Prefix());
    if (!spec.has("node")) spec.problem("node", "is required");
    out.node = spec.text("node", 253).value_or("");
    out.state = spec.choice<BlockState>("state", {{"confirmed", BlockState::confirmed},
                                                  {"pending", BlockState::pending},
                                                  {"pendingDeletion", BlockState::pending_deletion}})
                    .value_or(BlockState::confirmed);
    out.host = spec.choice<bool>("type", {{"host", true}, {"virtual", false}}).value_or(true);
    out.deleted = read_deleted(spec, member(member(object, "spec"), "deleted"));
    const nlohmann::json& labels = member(member(object, "metadata"), "labels");
    out.claimed = member(labels, kManagedByLabel) == kManagedByDunlin;
    spec.report_unknown();
    move_warnings(problems, out.meta);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
