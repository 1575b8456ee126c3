#include "k8s/api_writer.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "k8s/api_status.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

std::string text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// apiVersion, kind, name and namespace have to be in the body as well as in the path.
json named(const Resource& resource, const ObjectKey& key, const json& object) {
    json out = object.is_object() ? object : json::object();
    out["apiVersion"] = resource.api_version();
    out["kind"] = resource.kind;
    json& metadata = out["metadata"];
    if (!metadata.is_object()) metadata = json::object();
    metadata["name"] = key.name;
    if (resource.namespaced) metadata["namespace"] = key.namespace_;
    metadata.erase("managedFields");  // a server refuses them in an apply
    return out;
}

}  // namespace

struct ApiWriter::Requests {
    std::set<RequestId> ids;
};

ApiWriter::ApiWriter(Transport& transport, std::string field_manager)
    : transport_(transport), manager_(url_encode(field_manager)), open_(std::make_unique<Requests>()) {}

ApiWriter::~ApiWriter() {
    for (const RequestId id : open_->ids) transport_.cancel(id);
}

void ApiWriter::send(HttpRequest request, Transport::OnEnd end) {
    // The identity of the request is known only after start() has returned, and `end` comes later than that.
    const auto self = std::make_shared<RequestId>();
    *self = transport_.start(std::move(request), nullptr,
                             [this, self, end = std::move(end)](const HttpResponse& response) {
                                 open_->ids.erase(*self);
                                 end(response);
                             });
    open_->ids.insert(*self);
}

void ApiWriter::apply(const Resource& resource, const ObjectKey& key, const json& object,
                      std::string_view subresource, OnDone done) {
    HttpRequest request;
    request.method = Method::patch;
    // By force: the fields that we apply are ours by definition, whoever wrote them last.
    request.path = resource.object_path(key, subresource) + "?fieldManager=" + manager_ + "&force=true";
    request.content_type = "application/apply-patch+yaml";  // JSON is YAML
    request.body = text(named(resource, key, object));
    send(std::move(request), [done = std::move(done)](const HttpResponse& response) {
        if (!done) return;
        if (response.good()) return done(Done{});
        done(Unexpected{write_error(response)});
    });
}

void ApiWriter::create(const Resource& resource, const json& object, OnCreated done) {
    const auto made = make_object(object, &resource);
    ObjectKey key;
    if (made) key = (*made)->key;
    HttpRequest request;
    request.method = Method::post;
    request.path = resource.collection_path(key) + "?fieldManager=" + manager_;
    request.content_type = "application/json";
    request.body = text(named(resource, key, object));
    send(std::move(request), [done = std::move(done)](const HttpResponse& response) {
        if (!done) return;
        if (response.good()) return done(Created::created);
        if (response.status == 409 && api_status(response).reason == "AlreadyExists") {
            return done(Created::already_exists);
        }
        done(Unexpected{write_error(response)});
    });
}

void ApiWriter::remove(const Resource& resource, const ObjectKey& key, OnDone done) {
    HttpRequest request;
    request.method = Method::remove;
    request.path = resource.object_path(key);
    send(std::move(request), [done = std::move(done)](const HttpResponse& response) {
        if (!done) return;
        if (response.good() || (response.status == 404 && response.error.empty())) return done(Done{});
        done(Unexpected{write_error(response)});
    });
}

}  // namespace dunlin::k8s
