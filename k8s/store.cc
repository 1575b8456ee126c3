#include "k8s/store.h"

namespace dunlin::k8s {
namespace {

bool same(const ObjectPtr& a, const ObjectPtr& b) {
    return a == b ||
           (!a->resource_version.empty() && a->resource_version == b->resource_version && a->uid == b->uid);
}

bool same(const Objects& a, const Objects& b) {
    if (a.size() != b.size()) return false;
    for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
        if (i->first != j->first || !same(i->second, j->second)) return false;
    }
    return true;
}

}  // namespace

ObjectPtr Store::find(const ObjectKey& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
}

void Store::listed(ObjectPtr object) {
    const ObjectKey key = object->key;
    listed_.insert_or_assign(key, std::move(object));
}

void Store::end_list(bool deliberate) {
    // An object that was absent twice stays vanished; one that is back is not.
    for (const auto& [key, object] : listed_) vanished_.erase(key);
    for (const auto& [key, object] : objects_) {
        if (!deliberate && !listed_.contains(key)) vanished_.insert_or_assign(key, object);
    }
    const bool news = !synced_ || !same(objects_, listed_);
    objects_ = std::exchange(listed_, {});
    synced_ = true;
    if (news) touch();
}

void Store::changed(ObjectPtr object) {
    const ObjectKey key = object->key;
    vanished_.erase(key);
    const auto [at, fresh] = objects_.try_emplace(key, object);
    if (!fresh && same(at->second, object)) return;
    at->second = std::move(object);
    touch();
}

void Store::removed(const ObjectKey& key) {
    const bool was_held = vanished_.erase(key) > 0;
    const bool was_here = objects_.erase(key) > 0;
    if (was_held || was_here) touch();
}

void Store::touch() {
    ++revision_;
    if (!std::exchange(changed_, true) && on_change_) on_change_();
}

}  // namespace dunlin::k8s
