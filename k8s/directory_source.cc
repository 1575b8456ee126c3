#include "k8s/directory_source.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace dunlin::k8s {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;

constexpr std::uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                  IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// Emacs puts "#name#" and ".#name", vim ".name.swp" beside a file, kubelet "..data".
bool is_object_file(const std::string& name) {
    if (name.empty() || name[0] == '.' || name[0] == '#') return false;
    const std::string end = fs::path(name).extension().string();
    return end == ".yaml" || end == ".yml" || end == ".json";
}

// Changes whenever the content may have: of two files with the same one only the first is read.
struct Identity {
    dev_t device{};
    ino_t inode{};
    off_t size{};
    std::int64_t modified{}, changed{};
    friend bool operator==(const Identity&, const Identity&) = default;
};

std::int64_t nanoseconds(const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

std::int64_t wall_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

struct File {
    Identity identity;
    bool settled = false;  // read so long after its last change that a later one must change `identity`
    std::optional<std::size_t> parsed;  // hash of the text of which `good` or `broken` is
    Manifest good;                      // the last that was no broken one
    std::vector<FileProblem> broken;
};

}  // namespace

class DirectorySource::Reader : public std::enable_shared_from_this<Reader> {
public:
    Reader(boost::asio::io_context& io, std::string path, std::vector<Store*> stores,
           DirectoryCallbacks callbacks, DirectoryOptions options)
        : path_(std::move(path)),
          stores_(std::move(stores)),
          callbacks_(std::move(callbacks)),
          options_(options),
          notify_(io),
          timer_(io) {}

    void start() {
        const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0) {
            log("inotify: " + std::string(std::strerror(errno)) + "; " + path_ +
                " is read from time to time");
        } else {
            notify_.assign(fd);
            wait_for_events();
        }
        scan();
    }

    void stop() {
        stopped_ = true;
        error_code ignored;
        timer_.cancel();
        notify_.close(ignored);
    }

    const std::vector<FileProblem>& problems() const { return problems_; }

private:
    void log(const std::string& text) const {
        if (callbacks_.log) callbacks_.log(text);
    }

    void wait_for_events() {
        notify_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [weak = weak_from_this()](const error_code& error) {
                               const auto self = weak.lock();
                               if (!self || self->stopped_ || error) return;
                               self->read_events();
                               self->wait_for_events();
                           });
    }

    void read_events() {
        alignas(inotify_event) std::array<char, 16384> buffer;
        bool news = false;
        for (int rounds = 0; rounds < 64; ++rounds) {
            const ssize_t got = ::read(notify_.native_handle(), buffer.data(), buffer.size());
            if (got <= 0) break;
            for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
                inotify_event event;
                std::memcpy(&event, buffer.data() + at, sizeof event);
                const char* name = buffer.data() + at + sizeof event;
                on_event(event, event.len > 0 ? std::string(name) : std::string());
                at += sizeof event + event.len;
                news = true;
            }
        }
        if (news) scan_within(options_.settle);
    }

    void on_event(const inotify_event& event, const std::string& name) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            writing_.clear();
            dirty_all_ = true;
            return;
        }
        // The directory itself went elsewhere, or away: the next scan looks for what is now at the path.
        if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0 && event.wd == watch_) unwatch();
        if (name.empty()) return;
        dirty_.insert(name);
        // A program that writes is waited for, since half a file can be good YAML. Created files are not: a
        // link(2) comes without a close.
        if ((event.mask & IN_MODIFY) != 0) writing_.try_emplace(name, Clock::now());
        if ((event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) != 0)
            writing_.erase(name);
    }

    // Changes move a scan forward, never back: a directory that is never quiet is read all the same.
    void scan_within(Duration wait) {
        const Time at = Clock::now() + wait;
        if (at >= scan_at_) return;
        scan_at_ = at;
        timer_.expires_at(at);
        timer_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
            const auto self = weak.lock();
            if (!self || self->stopped_ || cancelled || Clock::now() < self->scan_at_) return;
            self->scan();
        });
    }

    void scan() {
        scan_at_ = kNever;
        const auto names = watch() ? list() : std::nullopt;
        if (!names) {
            report({{path_, 0, "cannot be read (" + reason_ + "); what it last held stays in force"}});
            scan_within(options_.retry);
            return;
        }
        Duration next = options_.recheck;
        for (auto at = files_.begin(); at != files_.end();) {
            at = names->contains(at->first) ? std::next(at) : files_.erase(at);
        }
        for (const std::string& name : *names) next = std::min(next, read(name));
        dirty_.clear();
        dirty_all_ = false;
        feed();
        scan_within(next);
    }

    bool watch() {
        struct stat now {};
        if (::stat(path_.c_str(), &now) != 0) {
            reason_ = std::strerror(errno);
            unwatch();
            return false;
        }
        if (!notify_.is_open()) return true;
        if (watch_ >= 0 && now.st_dev == device_ && now.st_ino == inode_) return true;
        unwatch();
        watch_ = inotify_add_watch(notify_.native_handle(), path_.c_str(), kEvents);
        if (watch_ < 0 && errno == ENOTDIR) {
            reason_ = "not a directory";
            return false;
        }
        if (watch_ < 0) log("inotify: " + path_ + ": " + std::strerror(errno));
        device_ = now.st_dev;
        inode_ = now.st_ino;
        dirty_all_ = true;
        return true;
    }

    void unwatch() {
        if (watch_ >= 0 && notify_.is_open()) inotify_rm_watch(notify_.native_handle(), watch_);
        watch_ = -1;
        writing_.clear();
    }

    std::optional<std::set<std::string>> list() {
        std::set<std::string> names;
        std::error_code error;
        over_limit_ = false;
        for (fs::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
            std::string name = at->path().filename().string();
            if (!is_object_file(name)) continue;
            names.insert(std::move(name));
            if (names.size() <= options_.max_files) continue;
            names.erase(std::prev(names.end()));
            over_limit_ = true;
        }
        if (error) {
            reason_ = error.message();
            return std::nullopt;
        }
        return names;
    }

    // Reads the file if it may have changed; returns when it should be looked at again.
    Duration read(const std::string& name) {
        struct stat now {};
        const std::string path = path_ + "/" + name;
        if (::stat(path.c_str(), &now) != 0 || !S_ISREG(now.st_mode)) {
            files_.erase(name);  // gone since it was listed, a dangling link, or a directory
            return Duration::max();
        }
        if (const auto at = writing_.find(name); at != writing_.end()) {
            const Duration left = at->second + options_.writer - Clock::now();
            if (left > Duration::zero()) return left;
            writing_.erase(at);
        }
        File& file = files_[name];
        const Identity identity{now.st_dev, now.st_ino, now.st_size, nanoseconds(now.st_mtim),
                                nanoseconds(now.st_ctim)};
        const bool maybe_new = dirty_all_ || dirty_.contains(name) || !(identity == file.identity);
        if (!maybe_new && file.settled) return Duration::max();
        file.settled = wall_now() - identity.changed > 2'000'000'000;
        file.identity = identity;
        parse(name, path, static_cast<std::size_t>(now.st_size), file);
        return Duration::max();
    }

    void parse(const std::string& name, const std::string& path, std::size_t size, File& file) const {
        const auto failed = [&](const std::string& why) {
            file.parsed.reset();
            file.broken = {
                {name, 0, why + (file.good.objects.empty() ? "" : "; its last objects stay in force")}};
        };
        if (size > options_.max_file)
            return failed("larger than " + std::to_string(options_.max_file) + " octets");
        std::ifstream in(path, std::ios::binary);
        std::string text(size, '\0');
        if (in) in.read(text.data(), static_cast<std::streamsize>(size));
        if (!in.is_open() || in.bad()) return failed("cannot be read");
        text.resize(static_cast<std::size_t>(in.gcount()));
        const std::size_t hash = std::hash<std::string>()(text);
        if (hash == std::exchange(file.parsed, hash)) return;
        // A program that writes in place has emptied the file first; we may be in between.
        if (text.find_first_not_of(" \t\r\n") == std::string::npos && !file.good.objects.empty()) {
            return failed("empty");
        }
        Manifest manifest = parse_manifest(name, text);
        if (!manifest.broken) {
            file.good = std::move(manifest);
            file.broken.clear();
            return;
        }
        file.broken = std::move(manifest.problems);
        if (!file.good.objects.empty())
            file.broken.back().message += "; the file's last objects stay in force";
    }

    void feed() {
        std::map<std::string, Manifest> manifests;
        for (const auto& [name, file] : files_) {
            Manifest& out = manifests[name] = file.good;
            if (!file.broken.empty()) out.problems = file.broken;
        }
        auto problems = set_.feed(manifests, stores_);
        if (over_limit_) {
            problems.push_back({path_, 0,
                                "more than " + std::to_string(options_.max_files) +
                                    " files; the last by name are left out"});
        }
        report(std::move(problems));
    }

    void report(std::vector<FileProblem> problems) {
        if (problems == problems_) return;
        problems_ = std::move(problems);
        if (callbacks_.on_problem) callbacks_.on_problem(problems_);
    }

    const std::string path_;
    const std::vector<Store*> stores_;
    const DirectoryCallbacks callbacks_;
    const DirectoryOptions options_;
    boost::asio::posix::stream_descriptor notify_;
    boost::asio::steady_timer timer_;
    Time scan_at_ = kNever;
    int watch_ = -1;
    dev_t device_{};
    ino_t inode_{};
    std::string reason_;  // why the directory could not be read
    bool stopped_ = false, over_limit_ = false, dirty_all_ = true;
    std::set<std::string> dirty_;          // names of which something was heard since the last scan
    std::map<std::string, Time> writing_;  // written to and not closed, since when
    std::map<std::string, File> files_;
    ManifestSet set_;
    std::vector<FileProblem> problems_;
};

DirectorySource::DirectorySource(boost::asio::io_context& io, std::string path, std::vector<Store*> stores,
                                 DirectoryCallbacks callbacks, DirectoryOptions options)
    : reader_(
          std::make_shared<Reader>(io, std::move(path), std::move(stores), std::move(callbacks), options)) {}

DirectorySource::~DirectorySource() { reader_->stop(); }

void DirectorySource::start() { reader_->start(); }

void DirectorySource::stop() { reader_->stop(); }

const std::vector<FileProblem>& DirectorySource::problems() const { return reader_->problems(); }

}  // namespace dunlin::k8s
