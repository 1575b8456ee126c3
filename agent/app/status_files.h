// The status files of a shared directory, read back: what each agent wrote of its node, and what stands in
// the status of an object. Never the input of the reconciler. A file is parsed when it has changed.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace dunlin::agent {

class StatusFiles {
public:
    using Object = std::shared_ptr<const nlohmann::json>;

    explicit StatusFiles(const std::string& directory) : folder_(directory + "/status/") {}

    // bgpnodestatus-*.yaml; what cannot be read is left out.
    std::vector<Object> node_statuses();
    // .status of <kind>-<name>.yaml, or null.
    nlohmann::json status_of(const std::string& kind, const std::string& name);
    // We have just written it, and nobody else does.
    void wrote(const std::string& kind, const std::string& name, const nlohmann::json& object);

private:
    // The files are replaced by renaming, so that another content is another inode.
    struct Stamp {
        ino_t inode = 0;
        off_t size = 0;
        std::int64_t changed_ns = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    struct Known {
        Stamp stamp;
        Object object;
    };
    static bool stamp_of(const std::string& path, Stamp& out);
    std::string path_of(const std::string& kind, const std::string& name) const;
    Object read(const std::string& path);  // null: there is no object in it

    std::string folder_;
    std::map<std::string, Known> known_;  // by path
};

}  // namespace dunlin::agent
