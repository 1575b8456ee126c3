// A directory of YAML and JSON files as the source of the stores, in the place of an API server. Any change
// in it leads to a reading of the whole directory, once it has been quiet for a moment. A file that cannot be
// read as YAML (half written, or wrong) keeps the objects that it last gave; so does a directory that is
// gone. Read are *.yaml, *.yml and *.json directly in it: no hidden files, nothing below (status/ is our own
// output).
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bgp/base/time.h"
#include "k8s/manifest.h"
#include "k8s/store.h"

namespace dunlin::k8s {

struct DirectoryOptions {
    Duration settle = std::chrono::milliseconds(10);  // from the first change to the reading
    Duration writer = Seconds(2);    // a file that is still being written is waited for this long
    Duration retry = Seconds(1);     // until the next look for a directory that is not there
    Duration recheck = Seconds(10);  // a reading without a cause: file systems without inotify
    std::size_t max_file = 32u << 20;
    std::size_t max_files = 20'000;
};

struct DirectoryCallbacks {
    // All that is wrong now, in the order of file names; called when it changed. Empty: nothing any more.
    std::function<void(const std::vector<FileProblem>&)> on_problem;
    std::function<void(const std::string&)> log;
};

class DirectorySource {
public:
    // The stores must outlive this.
    DirectorySource(boost::asio::io_context& io, std::string path, std::vector<Store*> stores,
                    DirectoryCallbacks callbacks = {}, DirectoryOptions options = {});
    ~DirectorySource();
    DirectorySource(const DirectorySource&) = delete;
    DirectorySource& operator=(const DirectorySource&) = delete;

    // Reads the directory at once (the stores are synced on return, if it is there) and then follows it.
    void start();
    void stop();
    const std::vector<FileProblem>& problems() const;

private:
    class Reader;
    std::shared_ptr<Reader> reader_;
};

}  // namespace dunlin::k8s
