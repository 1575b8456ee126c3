#include "agent/status_cluster.h"

#include <nlohmann/json.hpp>

#include "agent/status_condition.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

constexpr const char* kUnknownNode = "?";

const json& list_of(const json& node_object, std::string_view key) {
    static const json kEmpty = json::array();
    const json& list = member(member(node_object, "status"), key);
    return list.is_array() ? list : kEmpty;
}

void add(SessionTally& tally, const std::string& node, const json& session) {
    ++tally.desired;
    if (text_of(session, "state") == "Established") {
        ++tally.established;
        return;
    }
    std::string reason = text_of(session, "reason");
    tally.down.push_back({node, reason.empty() ? "Idle" : std::move(reason), text_of(session, "message")});
}

Complaint complaint_of(const json& problem) {
    const std::string field = text_of(problem, "field");
    return {text_of(problem, "reason"), (field.empty() ? "" : field + ": ") + text_of(problem, "message")};
}

}  // namespace

ClusterStatus::ClusterStatus(const Nodes& nodes) {
    for (const auto& node : nodes) {
        std::string name = text_of(member(*node, "metadata"), "name");
        if (name.empty()) name = kUnknownNode;
        for (const json& session : list_of(*node, "sessions")) {
            const std::string peer = text_of(session, "peer");
            if (!peer.empty()) add(sessions_[peer], name, session);
        }
        for (const json& problem : list_of(*node, "problems"))
            complaints_[{text_of(problem, "kind"), text_of(problem, "name")}].insert(complaint_of(problem));
    }
}

const SessionTally& ClusterStatus::sessions(const std::string& peer) const {
    static const SessionTally kNone;
    const auto found = sessions_.find(peer);
    return found == sessions_.end() ? kNone : found->second;
}

const std::set<Complaint>& ClusterStatus::complaints(const std::string& kind, const std::string& name) const {
    static const std::set<Complaint> kNone;
    const auto found = complaints_.find({kind, name});
    return found == complaints_.end() ? kNone : found->second;
}

}  // namespace dunlin::agent
