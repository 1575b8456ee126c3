#include "agent/status.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/status_condition.h"

namespace dunlin::agent {
namespace {

using nlohmann::json;

std::string texts(const std::set<Complaint>& all, std::string_view reason) {
    std::string out;
    for (const Complaint& complaint : all) {
        if (complaint.reason == reason) out += (out.empty() ? "" : "; ") + complaint.text;
    }
    return out;
}

// Worst first. What is missing around the object (a Secret, a filter, an address) is not the object's fault:
// it is accepted, and not Ready.
Condition accepted(const std::set<Complaint>& all) {
    for (const char* refusal : {"Invalid", "Superseded"}) {
        if (std::string text = texts(all, refusal); !text.empty()) return {"Accepted", false, refusal, text};
    }
    for (const char* warning : {"UnknownField", "Ignored"}) {
        if (std::string text = texts(all, warning); !text.empty()) return {"Accepted", true, warning, text};
    }
    return {"Accepted", true, "Accepted", "the object is in force"};
}

// What a person has to mend comes before what may mend itself.
std::size_t badness(const std::string& reason) {
    constexpr std::string_view kWorstFirst[] = {"ASMismatch",
                                                "RouterIDConflict",
                                                "SecretMissing",
                                                "FilterMissing",
                                                "NotInKernel",
                                                "MaxPrefixReached",
                                                "UnsupportedCapability",
                                                "Superseded",
                                                "ConnectTimeoutAuthSuspected",
                                                "NoRouteToPeer",
                                                "InterfaceDown",
                                                "BFDDown",
                                                "ConnectRefused",
                                                "ConnectTimeout",
                                                "HoldTimerExpired",
                                                "NotificationReceived",
                                                "NotificationSent",
                                                "PeerClosed",
                                                "AdminDown",
                                                "ConfigChanged",
                                                "Idle"};
    return static_cast<std::size_t>(std::ranges::find(kWorstFirst, std::string_view(reason)) -
                                    std::begin(kWorstFirst));
}

std::string down_message(const SessionTally& sessions) {
    constexpr std::size_t kShown = 5;
    std::string out = std::to_string(sessions.down.size()) + " of " + std::to_string(sessions.desired) +
                      " sessions not Established";
    for (std::size_t i = 0; i < std::min(kShown, sessions.down.size()); ++i) {
        const SessionTally::Down& down = sessions.down[i];
        out +=
            (i == 0 ? ": " : "; ") + down.node + ": " + (down.message.empty() ? down.reason : down.message);
    }
    if (sessions.down.size() > kShown)
        out += "; and " + std::to_string(sessions.down.size() - kShown) + " more";
    return out;
}

Condition peer_ready(SessionTally sessions, const Condition& is_accepted) {
    if (!is_accepted.holds && sessions.desired == 0)
        return {"Ready", false, is_accepted.reason, is_accepted.message};
    if (sessions.desired == 0)
        return {"Ready", false, "NoNodeSelected", "no node has a session of this object"};
    if (sessions.down.empty()) return {"Ready", true, "Established", "all sessions are Established"};
    std::ranges::stable_sort(sessions.down, {},
                             [](const SessionTally::Down& down) { return badness(down.reason); });
    return {"Ready", false, sessions.down.front().reason, down_message(sessions)};
}

json with_generation(const StatusSubject& subject, json out) {
    if (subject.generation > 0) out["observedGeneration"] = subject.generation;
    return out;
}

std::int64_t clamped(std::uint64_t value) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(value, kMost));
}

// What changes all the time and nobody acts on.
json important_part(json object) {
    if (!object.is_object()) return object;
    const auto status = object.find("status");
    if (status == object.end() || !status->is_object()) return object;
    for (const char* key : {"observedAt", "routeCount", "routes"}) status->erase(key);
    const auto sessions = status->find("sessions");
    if (sessions == status->end() || !sessions->is_array()) return object;
    for (json& session : *sessions) {
        if (session.is_object()) session.erase("prefixes");
    }
    return object;
}
json whole_part(json object) {
    if (object.is_object() && member(object, "status").is_object()) object["status"].erase("observedAt");
    return object;
}
std::size_t hash_of(const json& value) { return std::hash<json>()(value); }

}  // namespace

json peer_status(const StatusSubject& peer, const ClusterStatus& nodes, const json& previous, WallTime now) {
    const SessionTally& sessions = nodes.sessions(peer.name);
    const Condition is_accepted = accepted(nodes.complaints(peer.kind, peer.name));
    const Condition is_ready = peer_ready(sessions, is_accepted);
    return with_generation(
        peer, {{"sessions", {{"desired", sessions.desired}, {"established", sessions.established}}},
               {"established", std::to_string(sessions.established) + "/" + std::to_string(sessions.desired)},
               {"reason", is_ready.holds ? std::string() : is_ready.reason},
               {"conditions", conditions({is_accepted, is_ready}, previous, peer.generation, now)}});
}

json pool_status(const StatusSubject& pool, const PoolView& counts, const ClusterStatus& nodes,
                 const json& previous, WallTime now) {
    const Condition is_accepted = accepted(nodes.complaints(pool.kind, pool.name));
    Condition is_ready{
        "Ready", is_accepted.holds, is_accepted.holds ? "Ready" : is_accepted.reason,
        is_accepted.holds ? "every node that the pool selects has its blocks" : is_accepted.message};
    if (is_accepted.holds && counts.total > 0 && counts.claimed >= counts.total) {
        is_ready = {"Ready", false, "Exhausted", "every block of the pool is claimed"};
    }
    return with_generation(
        pool,
        {{"blocks", {{"claimed", clamped(counts.claimed)}, {"total", clamped(counts.total)}}},
         {"nodes", clamped(std::min<std::uint64_t>(counts.nodes, std::numeric_limits<std::int32_t>::max()))},
         {"conditions", conditions({is_accepted, is_ready}, previous, pool.generation, now)}});
}

json accepted_status(const StatusSubject& subject, const ClusterStatus& nodes, const json& previous,
                     WallTime now) {
    const Condition is_accepted = accepted(nodes.complaints(subject.kind, subject.name));
    return with_generation(subject,
                           {{"conditions", conditions({is_accepted}, previous, subject.generation, now)}});
}

json status_patch(const StatusSubject& subject, const json& status) {
    return {{"apiVersion", "dunlin.io/v1"},
            {"kind", subject.kind},
            {"metadata", {{"name", subject.name}}},
            {"status", status}};
}

Time StatusGate::earliest() const { return last_ ? std::max(*last_ + urgent_, not_before_) : not_before_; }

std::optional<Time> StatusGate::due(const json& wanted, Time now) const {
    if (!last_) return std::max(now, not_before_);
    if (hash_of(whole_part(wanted)) == whole_) return std::nullopt;
    const bool urgent = hash_of(important_part(wanted)) != important_;
    return std::max(*last_ + (urgent ? urgent_ : counters_), not_before_);
}

void StatusGate::written(const json& object, Time now) {
    whole_ = hash_of(whole_part(object));
    important_ = hash_of(important_part(object));
    last_ = now;
    back_off_ = Duration{0};
    not_before_ = Time{};
}

void StatusGate::failed(Time now) {
    constexpr Duration kLongest = Seconds(60);
    back_off_ = std::clamp<Duration>(back_off_ * 2, Seconds(1), kLongest);
    not_before_ = now + back_off_;
    last_.reset();
}

}  // namespace dunlin::agent
