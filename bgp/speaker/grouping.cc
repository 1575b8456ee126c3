// Which neighbours share what is sent: those with the same terms. A change that meets all of a group is made
// in place; one that meets some of it parts them from the others, with what they have been sent.
#include <algorithm>

#include "bgp/speaker/core.h"

namespace dunlin::bgp {

void Speaker::Core::join_group(Neighbour& neighbour) {
    LiveSession& live = *neighbour.live;
    const GroupTerms terms = group_terms(neighbour);
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const auto& group) { return same(group->terms(), terms); });
    if (found != groups_.end()) {
        live.group = found->get();
    } else {
        groups_.push_back(std::make_unique<ExportGroup>(terms, rib_, octets_, sources_, export_scratch_));
        live.group = groups_.back().get();
    }
    live.member = std::make_unique<ExportMember>();
    live.member->peer = neighbour.id.value();
    live.member->router_id = live.terms.internal ? live.terms.peer_id.value() : 0;
    if (live.group->join(*live.member)) tell(*live.group);
    say_output(neighbour);
}

void Speaker::Core::leave_group(Neighbour& neighbour) {
    LiveSession& live = *neighbour.live;
    live.group->leave(*live.member);
    if (!live.group->members().empty()) return;
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const auto& group) { return group.get() == live.group; });
    groups_.erase(found);
}

void Speaker::Core::tell(const ExportGroup& group) {
    for (const ExportMember* each : group.members()) {
        Neighbour* neighbour = find(PeerId(each->peer));
        if (neighbour != nullptr && neighbour->live && neighbour->live->member.get() == each) {
            say_output(*neighbour);
        }
    }
}

void Speaker::Core::move_to_new_group(const std::vector<ExportMember*>& members, ExportGroup& from) {
    groups_.push_back(from.split());
    ExportGroup& fresh = *groups_.back();
    for (ExportMember* each : members) {
        from.move(*each, fresh);
        find(PeerId(each->peer))->live->group = &fresh;
    }
}

void Speaker::Core::regroup() {
    const std::size_t before = groups_.size();
    for (std::size_t i = 0; i < before; ++i) regroup(*groups_[i]);
}

void Speaker::Core::regroup(ExportGroup& group) {
    std::vector<std::pair<GroupTerms, std::vector<ExportMember*>>> parts;
    for (ExportMember* each : group.members()) {
        const GroupTerms terms = group_terms(*find(PeerId(each->peer)));
        const auto part = std::find_if(parts.begin(), parts.end(),
                                       [&](const auto& other) { return same(other.first, terms); });
        if (part != parts.end()) {
            part->second.push_back(each);
        } else {
            parts.push_back({terms, {each}});
        }
    }
    // The largest part stays where it is, for it costs nothing but what is different.
    std::stable_sort(parts.begin(), parts.end(),
                     [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
    for (std::size_t i = 1; i < parts.size(); ++i) {
        move_to_new_group(parts[i].second, group);
        ExportGroup& fresh = *groups_.back();
        if (!same(fresh.terms(), parts[i].first)) fresh.change(std::move(parts[i].first));
        tell(fresh);
    }
    if (parts.empty() || same(group.terms(), parts.front().first)) return;
    group.change(std::move(parts.front().first));
    tell(group);
}

Chunk Speaker::Core::next_output(Neighbour& neighbour) {
    if (!neighbour.live || restarting_) return nullptr;
    LiveSession& live = *neighbour.live;
    Chunk chunk = live.group->next(*live.member);
    if (chunk == nullptr) neighbour.output_said = false;
    while (ExportMember* slow = live.group->slow_member()) move_to_new_group({slow}, *live.group);
    return chunk;
}

}  // namespace dunlin::bgp
