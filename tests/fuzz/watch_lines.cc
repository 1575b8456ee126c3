// What an API server sends: the body of a watch in pieces, each line an event, into a store; the same bytes
// as a page of a list and as an error. The first octet says how the body is cut.
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "k8s/api_status.h"
#include "k8s/json_lines.h"
#include "k8s/manifest.h"
#include "k8s/store.h"
#include "k8s/watch.h"
#include "k8s/watch_event.h"

using namespace dunlin;
using namespace dunlin::k8s;

namespace {
const Resource kResource{"dunlin.io", "v1",         "bgppeers",   "BGPPeer",
                         false,       std::nullopt, std::nullopt, {"/status/images"}};

struct Apply {
    Store& store;
    Watch& watch;
    void operator()(const ObjectChanged& event) const {
        assert(event.object && event.object->json && !event.object->key.name.empty());
        watch.on_event(event.object->resource_version);
        store.changed(event.object);
    }
    void operator()(const ObjectDeleted& event) const { store.removed(event.object->key); }
    void operator()(const Bookmark& event) const { watch.on_event(event.resource_version); }
    void operator()(const StreamRefused& event) const { watch.on_end(event.code, event.reason, Time()); }
    void operator()(const BadEvent& event) const { watch.on_event(event.resource_version); }
};

void as_stream(std::string_view body, std::size_t piece) {
    constexpr std::size_t longest = 4096;
    Store store(kResource);
    Watch watch;
    (void)watch.on_page("1", "", Time(), 0.5);
    JsonLines lines(longest);
    while (!body.empty()) {
        const std::string_view chunk = body.substr(0, piece);
        body.remove_prefix(chunk.size());
        const bool more = lines.push(chunk, [&](std::string_view line) {
            assert(line.size() <= longest);
            const auto event = parse_watch_event(line, kResource);
            if (event) std::visit(Apply{store, watch}, *event);
            return event.has_value();
        });
        assert(lines.pending() <= longest);
        if (!more) break;
    }
    (void)watch.query(0.5);
}

void as_list(std::string_view body) {
    const auto page = parse_list_page(body, kResource);
    if (!page) return;
    Store store(kResource);
    for (const ObjectPtr& object : page->objects) store.listed(object);
    store.end_list();
    assert(store.objects().size() <= page->objects.size());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
    as_stream(body, std::max<std::size_t>(1, data[0]));
    as_list(body);
    HttpResponse response;
    response.status = 410;
    response.body = body;
    assert(!api_status(response).message.empty());
    (void)parse_manifest("a.json", body);
    return 0;
}
