// Network namespaces of the tests, by ip(8). A name is `dunlin-<pid of the test>-<name>`, so runs do not meet
// and what a killed run left can be told and removed. Needs root; a test asks available() and says that it
// was skipped.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace dunlin::test {

// One end of a link: name of the interface and its addresses with prefix length.
struct LinkEnd {
    std::string interface;
    std::vector<std::string> addresses;
};

class NetNs {
public:
    // Root, ip(8), and a kernel that lets us. Tried once.
    static bool available();
    // Deletes the namespaces of test runs whose process is gone, with what still runs in them.
    static void clear_stale();

    // Makes the namespace and brings its loopback up. Throws std::runtime_error.
    explicit NetNs(const std::string& name);
    // Kills what still runs inside, and deletes it.
    ~NetNs();
    NetNs(const NetNs&) = delete;
    NetNs& operator=(const NetNs&) = delete;

    const std::string& name() const { return name_; }

    // `ip netns exec <name> argv...`: for those who start a command otherwise.
    Argv inside(const Argv& argv) const;
    Completed exec(const Argv& argv, const RunOptions& options = {}) const;
    // The command's pid is that of the Process: ip(8) becomes the command.
    Process spawn(const Argv& argv, const Process::Options& options = {}) const;

    // `ip -n <name> words...`, which has to succeed: its stdout.
    std::string ip(const Argv& words) const;

    // A veth pair between this namespace and another, both ends up with their addresses.
    void link(const LinkEnd& here, const NetNs& other, const LinkEnd& there) const;
    // A bridge in this namespace, up, with addresses of its own if wanted.
    void add_bridge(const LinkEnd& bridge) const;
    // Connects `other` to a bridge of this namespace; `port` is the name of the link on this side.
    void plug(const std::string& bridge, const std::string& port, const NetNs& other,
              const LinkEnd& there) const;
    void add_address(const std::string& interface, const std::string& address) const;
    // A path below /proc/sys, such as "net/ipv4/ip_forward".
    void set_sysctl(const std::string& path, const std::string& value) const;

    // While it lives, the calling thread is in the namespace: sockets that it opens then belong there for
    // good.
    class Inside {
    public:
        explicit Inside(const std::string& name);
        ~Inside();
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

    private:
        int home_;
    };
    Inside enter() const { return Inside(name_); }

private:
    std::string name_;
};

}  // namespace dunlin::test
