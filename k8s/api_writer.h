// The writer of an agent in a cluster: server-side apply with a field manager of our own, POST to create,
// DELETE to remove. Kubernetes documentation: "Server-Side Apply". A POST may be sent twice when a connection
// dies under it, so "already exists" can be our own object: who asks has to look whose it is.
#pragma once

#include <memory>
#include <string>

#include "k8s/transport.h"
#include "k8s/writer.h"

namespace dunlin::k8s {

class ApiWriter final : public ObjectWriter {
public:
    explicit ApiWriter(Transport& transport, std::string field_manager = "dunlin");
    ~ApiWriter() override;

    void apply(const Resource& resource, const ObjectKey& key, const nlohmann::json& object,
               std::string_view subresource, OnDone done) override;
    void create(const Resource& resource, const nlohmann::json& object, OnCreated done) override;
    void remove(const Resource& resource, const ObjectKey& key, OnDone done) override;

private:
    struct Requests;
    void send(HttpRequest request, Transport::OnEnd end);

    Transport& transport_;
    const std::string manager_;  // percent-encoded
    const std::unique_ptr<Requests> open_;
};

}  // namespace dunlin::k8s
