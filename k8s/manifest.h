// Files of objects without the files: the text of one is taken apart (YAML or JSON, several documents,
// lists), and a set of them becomes the content of stores, as an API server would list it: resourceVersion,
// uid and generation are made up here. Nothing is read from a disk here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "k8s/store.h"

namespace dunlin::k8s {

// What is wrong with a file, for a person: "tor-a.yaml:3: …".
struct FileProblem {
    std::string file;
    int line = 0;  // 0: the file as a whole
    std::string message;

    std::string to_string() const;
    friend bool operator==(const FileProblem&, const FileProblem&) = default;
};

struct ManifestObject {
    std::shared_ptr<const nlohmann::json> json;  // never null; an object
    int line = 0;
};

struct Manifest {
    std::vector<ManifestObject> objects;
    std::vector<FileProblem> problems;
    bool broken = false;  // no YAML or JSON: `objects` is empty and says nothing about what was meant
};

// `file` is the name as it stands in problems; one that ends in ".json" is JSON, all others YAML.
Manifest parse_manifest(const std::string& file, std::string_view text);

class ManifestSet {
public:
    // Each store gets the objects of its group, version and kind as a list in which absence is deliberate. Of
    // an object that is there twice the first counts, in the order of file names. Kinds that no store takes
    // are a problem once each.
    std::vector<FileProblem> feed(const std::map<std::string, Manifest>& files,
                                  const std::vector<Store*>& stores);

private:
    struct Seen {
        std::uint64_t spec = 0;  // a hash of all but metadata and status
        std::int64_t generation = 0;
    };
    struct Pass;

    void take(Pass& pass, const std::string& file, const ManifestObject& object);
    void take_for(Pass& pass, Store& store, const std::string& file, const ManifestObject& object);

    std::map<std::pair<std::string, ObjectKey>, Seen> seen_;  // by "kind.group"
};

}  // namespace dunlin::k8s
