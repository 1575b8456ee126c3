// The objects of one resource as last heard. A list is buffered and swapped in whole, so that a reader never
// sees half of one: after begin_list … end_list the store holds exactly what was listed between them. It
// never asks anyone for anything and knows no time. It keeps apart how an object went: by a DELETED event
// (`removed`) or by absence from a list (`end_list`); the latter stay in vanished() until they are
// acknowledged, so that a reader can hold a mass removal (an API server restored from an old backup lists
// little) and go on with them meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "k8s/object.h"

namespace dunlin::k8s {

using Objects = std::map<ObjectKey, ObjectPtr>;

class Store {
public:
    explicit Store(Resource resource) : resource_(std::move(resource)) {}

    const Resource& resource() const { return resource_; }
    bool synced() const { return synced_; }  // a whole list has been in at least once
    const Objects& objects() const { return objects_; }
    ObjectPtr find(const ObjectKey& key) const;
    // Absent from the last list though not seen to be deleted; not in objects().
    const Objects& vanished() const { return vanished_; }
    void acknowledge_vanished() { vanished_.clear(); }
    std::uint64_t revision() const { return revision_; }  // moves with every change of objects() or synced()

    // A level, not an edge: called when something changed and nothing had since the last take_changed(). One
    // call may stand for any number of changes.
    void on_change(std::function<void()> call) { on_change_ = std::move(call); }
    bool take_changed() { return std::exchange(changed_, false); }

    // How a list is told to those who feed the store. `deliberate`: what is absent was taken away on purpose
    // (a file was deleted) and counts as deleted, not as vanished.
    void begin_list() { listed_.clear(); }
    void listed(ObjectPtr object);
    void end_list(bool deliberate = false);
    void changed(ObjectPtr object);
    void removed(const ObjectKey& key);

private:
    void touch();

    Resource resource_;
    bool synced_ = false, changed_ = false;
    std::uint64_t revision_ = 0;
    Objects objects_, listed_, vanished_;
    std::function<void()> on_change_;
};

}  // namespace dunlin::k8s
