#include "k8s/directory_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "k8s/yaml.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

// Of the names of Kubernetes (RFC 1123 labels with dots) and nothing that a path could be made of.
bool is_file_name(const std::string& name) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-:";
    return !name.empty() && name.size() <= 200 && name[0] != '.' &&
           name.find_first_not_of(allowed) == std::string::npos;
}

WriteError io_error(const std::string& what, int number) {
    const bool rights = number == EACCES || number == EPERM || number == EROFS;
    return {rights ? WriteError::Kind::forbidden : WriteError::Kind::failed, 0,
            what + ": " + std::strerror(number)};
}

// Hidden, so that no reader of the directory takes it for an object; named by process and count, so that no
// two writers meet.
std::string partial_name(const std::string& path) {
    static std::atomic<unsigned> count = 0;  // only uniqueness hangs on it
    const std::size_t slash = path.rfind('/') + 1;
    return path.substr(0, slash) + "." + path.substr(slash) + "." + std::to_string(::getpid()) + "." +
           std::to_string(++count) + ".partial";
}

// 0, or the errno.
int write_whole(const std::string& path, const std::string& text, bool durable) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return errno;
    int error = 0;
    for (std::size_t at = 0; at < text.size() && error == 0;) {
        const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
        if (wrote > 0) at += static_cast<std::size_t>(wrote);
        if (wrote <= 0 && errno != EINTR) error = wrote == 0 ? EIO : errno;
    }
    if (error == 0 && durable && ::fsync(fd) != 0) error = errno;
    if (::close(fd) != 0 && error == 0) error = errno;
    return error;
}

// Gives the finished file its name unless there is one of that name. 0, EEXIST, or another errno.
int link_new(const std::string& partial, const std::string& path) {
    if (::link(partial.c_str(), path.c_str()) == 0) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK) return errno;
    // A file system without hard links.
    return ::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
}

Result<Done, WriteError> replace(const std::string& path, const std::string& text) {
    const std::string partial = partial_name(path);
    int error = write_whole(partial, text, false);
    if (error == 0 && ::rename(partial.c_str(), path.c_str()) != 0) error = errno;
    if (error == 0) return Done{};
    ::unlink(partial.c_str());
    return Unexpected{io_error(path, error)};
}

Result<Created, WriteError> create_new(const std::string& path, const std::string& text) {
    const std::string partial = partial_name(path);
    int error = write_whole(partial, text, true);
    if (error == 0) error = link_new(partial, path);
    ::unlink(partial.c_str());
    if (error == 0) return Created::created;
    if (error == EEXIST) return Created::already_exists;
    return Unexpected{io_error(path, error)};
}

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

WriteError bad_name(const ObjectKey& key) {
    return {WriteError::Kind::invalid, 0, "\"" + key.to_string() + "\" cannot be the name of a file"};
}

}  // namespace

DirectoryWriter::DirectoryWriter(boost::asio::io_context& io, std::string path,
                                 std::set<std::string> output_kinds)
    : io_(io), path_(std::move(path)), output_kinds_(std::move(output_kinds)) {}

std::string DirectoryWriter::file_of(const Resource& resource, const ObjectKey& key, bool output) const {
    const std::string space = resource.namespaced && !key.namespace_.empty() ? key.namespace_ + "." : "";
    if (!is_file_name(key.name) || (!space.empty() && !is_file_name(key.namespace_))) return {};
    return path_ + (output ? "/status/" : "/") + lower(resource.kind) + "-" + space + key.name + ".yaml";
}

template <class Call, class Answer>
void DirectoryWriter::answer(Call done, Answer what) {
    boost::asio::post(io_,
                      [done = std::move(done), what = std::move(what), alive = std::weak_ptr<Done>(alive_)] {
                          if (!alive.expired() && done) done(what);
                      });
}

void DirectoryWriter::apply(const Resource& resource, const ObjectKey& key, const json& object,
                            std::string_view subresource, OnDone done) {
    using Answer = Result<Done, WriteError>;
    const bool whole_output = output_kinds_.contains(resource.kind);
    const bool output = whole_output || !subresource.empty();
    const std::string path = file_of(resource, key, output);
    if (path.empty()) return answer(std::move(done), Answer(Unexpected{bad_name(key)}));
    if (output) ::mkdir((path_ + "/status").c_str(), 0755);  // if that fails, so does what follows
    // An output object without its status must not take the place of one that has it.
    if (whole_output && subresource.empty() && !object.contains("status") &&
        ::access(path.c_str(), F_OK) == 0) {
        return answer(std::move(done), Answer(Done{}));
    }
    answer(std::move(done), replace(path, to_yaml(object)));
}

void DirectoryWriter::create(const Resource& resource, const json& object, OnCreated done) {
    using Answer = Result<Created, WriteError>;
    const auto made = make_object(object, &resource);
    if (!made) {
        return answer(std::move(done),
                      Answer(Unexpected{WriteError{WriteError::Kind::invalid, 0, made.error().message}}));
    }
    const bool output = output_kinds_.contains(resource.kind);
    const std::string path = file_of(resource, (*made)->key, output);
    if (path.empty()) return answer(std::move(done), Answer(Unexpected{bad_name((*made)->key)}));
    if (output) ::mkdir((path_ + "/status").c_str(), 0755);
    answer(std::move(done), create_new(path, to_yaml(*(*made)->json)));
}

void DirectoryWriter::remove(const Resource& resource, const ObjectKey& key, OnDone done) {
    using Answer = Result<Done, WriteError>;
    Answer out = Done{};
    for (const bool output : {false, true}) {
        const std::string path = file_of(resource, key, output);
        if (path.empty()) {
            out = Unexpected{bad_name(key)};
        } else if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
            out = Unexpected{io_error(path, errno)};
        }
    }
    answer(std::move(done), std::move(out));
}

}  // namespace dunlin::k8s
