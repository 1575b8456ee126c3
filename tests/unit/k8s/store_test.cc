#include "k8s/store.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace dunlin;
using namespace dunlin::k8s;
using nlohmann::json;

namespace {
const Resource kPeers{"dunlin.io", "v1", "bgppeers", "BGPPeer", false, std::nullopt, std::nullopt};

ObjectPtr object(const std::string& name, const std::string& version) {
    return *make_object(
        json{{"metadata", {{"name", name}, {"uid", "u-" + name}, {"resourceVersion", version}}}}, &kPeers);
}

Store listed(std::initializer_list<const char*> names) {
    Store store(kPeers);
    store.begin_list();
    for (const char* name : names) store.listed(object(name, "1"));
    store.end_list();
    return store;
}
}  // namespace

TEST_CASE("Store: a reader sees nothing of a list until its end, then all of it") {
    Store store = listed({"a", "b"});
    store.begin_list();
    store.listed(object("c", "2"));
    CHECK(store.objects().size() == 2);
    store.end_list();
    CHECK(store.objects().size() == 1);
    CHECK(store.find({"", "c"}) != nullptr);
    CHECK(store.synced());
}

TEST_CASE("Store: absence from a list is kept apart from deletion") {
    Store store = listed({"a", "b", "c"});
    store.removed({"", "a"});
    CHECK(store.vanished().empty());
    store.begin_list();
    store.listed(object("c", "1"));
    store.end_list();
    CHECK(store.vanished().size() == 1);
    CHECK(store.vanished().contains({"", "b"}));
    store.changed(object("b", "3"));
    CHECK(store.vanished().empty());

    Store files = listed({"a", "b"});
    files.begin_list();
    files.end_list(true);
    CHECK(files.objects().empty());
    CHECK(files.vanished().empty());
}

TEST_CASE("Store: a change is told once until it is taken, and what is the same is no change") {
    Store store(kPeers);
    int calls = 0;
    store.on_change([&] { ++calls; });
    store.begin_list();
    store.listed(object("a", "1"));
    store.end_list();
    store.changed(object("a", "2"));
    CHECK(calls == 1);
    CHECK(store.take_changed());
    CHECK_FALSE(store.take_changed());
    const auto before = store.revision();
    store.changed(object("a", "2"));
    store.begin_list();
    store.listed(object("a", "2"));
    store.end_list();
    CHECK(store.revision() == before);
    CHECK(calls == 1);
}

TEST_CASE("make_object: what is no object or has no name is refused with the reason") {
    for (const char* bad :
         {"[]", "3", "{}", R"({"metadata":{}})", R"({"metadata":{"name":7}})", R"({"metadata":[]})"}) {
        CAPTURE(bad);
        const auto made = make_object(json::parse(bad), &kPeers);
        REQUIRE_FALSE(made);
        CHECK_FALSE(made.error().message.empty());
    }
}

TEST_CASE("Resource: paths of the core group, of other groups and of subresources") {
    CHECK(kPeers.collection_path() == "/apis/dunlin.io/v1/bgppeers");
    CHECK(kPeers.object_path({"", "tor-a"}, "status") == "/apis/dunlin.io/v1/bgppeers/tor-a/status");
    const Resource secrets{"", "v1", "secrets", "Secret", true, "kube-system", std::nullopt};
    CHECK(secrets.collection_path() == "/api/v1/namespaces/kube-system/secrets");
    CHECK(secrets.object_path({"kube-system", "bgp"}) == "/api/v1/namespaces/kube-system/secrets/bgp");
}
