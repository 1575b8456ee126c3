#include "bgp/rib/received_set.h"

#include <doctest/doctest.h>

namespace dunlin::bgp {
namespace {

struct NoObserver final : RibObserver {
    void changed(Family, NetId, bool) override {}
};

struct Sets {
    NoObserver observer;
    Rib rib{1, observer};

    AttributesId attributes(std::uint32_t med) {
        PathAttributes out;
        out.med = med;
        return rib.intern(out, "");
    }
    std::uint32_t left() { return rib.store().size(); }
};

Nlri nlri(std::string_view text, std::uint32_t path_id = 0) {
    return {*Prefix::parse(text), PathId(path_id)};
}
void forget(ReceivedSet& set, const Nlri& one) { set.forget({&one, 1}); }

}  // namespace

TEST_CASE(
    "received_set: what is kept is found by prefix and path identifier, and the last announcement counts") {
    Sets t;
    const AttributesId one = t.attributes(1), two = t.attributes(2);
    {
        ReceivedSet set(t.rib);
        set.keep(nlri("10.0.0.0/8"), one, true, 0);
        set.keep(nlri("10.0.0.0/8", 7), two, false, 0);
        CHECK(set.find(nlri("10.0.0.0/8")) == one);
        CHECK(set.find(nlri("10.0.0.0/8", 7)) == two);
        CHECK(set.find(nlri("10.0.0.0/9")) == 0);
        CHECK(set.refused() == 1);
        set.keep(nlri("10.0.0.0/8"), two, false, 0);
        CHECK(set.find(nlri("10.0.0.0/8")) == two);
        CHECK(set.refused() == 0);
        CHECK(t.rib.store().references(one) == 1);
        CHECK(t.rib.store().references(two) == 3);
        forget(set, nlri("10.0.0.0/8"));
        forget(set, nlri("10.0.0.0/8"));
        CHECK(set.all() == std::vector<Nlri>{nlri("10.0.0.0/8", 7)});
    }
    t.rib.release(one);
    t.rib.release(two);
    CHECK(t.left() == 0);
}

TEST_CASE("received_set: a refresh drops what it does not repeat, and until its end that is not looked at") {
    Sets t;
    const AttributesId one = t.attributes(1);
    ReceivedSet set(t.rib);
    set.keep(nlri("10.0.0.0/8"), one, true, 0);
    set.keep(nlri("11.0.0.0/8"), one, true, 0);
    set.begin_refresh();
    set.keep(nlri("11.0.0.0/8"), one, true, 0);
    CHECK(set.all() == std::vector<Nlri>{nlri("11.0.0.0/8")});
    CHECK(set.size() == 2);
    set.end_refresh();
    CHECK(set.size() == 1);
    CHECK(set.refused() == 1);
    CHECK(set.find(nlri("10.0.0.0/8")) == 0);
    CHECK(t.rib.store().references(one) == 2);
    t.rib.release(one);
}

TEST_CASE("received_set: what does not fit makes it incomplete until the neighbour says it again") {
    Sets t;
    const AttributesId one = t.attributes(1);
    ReceivedSet set(t.rib);
    set.set_limit(2);
    set.keep(nlri("10.0.0.0/8"), one, true, 0);
    set.keep(nlri("11.0.0.0/8"), one, true, 0);
    set.keep(nlri("10.0.0.0/8"), one, false, 0);
    CHECK(set.complete());
    set.keep(nlri("12.0.0.0/8"), one, true, 0);
    CHECK_FALSE(set.complete());
    CHECK(set.size() == 2);
    set.expect_again();
    CHECK(set.complete());
    t.rib.release(one);
}

}  // namespace dunlin::bgp
