// The writer of an agent without an API server. What it creates are files beside the objects it reads
// (DIR/blockaffinity-10-0-0-0-26.yaml), made by link(2) of a finished file, so that several agents can share
// a directory and no reader sees half of one. Status goes to DIR/status/<kind>-<name>.yaml by write and
// rename. A directory that cannot be written is an error value, each time anew.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>

#include "k8s/writer.h"

namespace dunlin::k8s {

class DirectoryWriter final : public ObjectWriter {
public:
    // Objects of the `output_kinds` are wholly output ("BGPNodeStatus"): they go below status/ as well.
    DirectoryWriter(boost::asio::io_context& io, std::string path, std::set<std::string> output_kinds = {});

    void apply(const Resource& resource, const ObjectKey& key, const nlohmann::json& object,
               std::string_view subresource, OnDone done) override;
    void create(const Resource& resource, const nlohmann::json& object, OnCreated done) override;
    void remove(const Resource& resource, const ObjectKey& key, OnDone done) override;

private:
    std::string file_of(const Resource& resource, const ObjectKey& key, bool output) const;
    template <class Call, class Answer>
    void answer(Call done, Answer what);

    boost::asio::io_context& io_;
    const std::string path_;
    const std::set<std::string> output_kinds_;
    const std::shared_ptr<Done> alive_ = std::make_shared<Done>();  // answers hold it weakly
};

}  // namespace dunlin::k8s
