#include "tests/interop/daemons.h"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace dunlin::test {
namespace {

constexpr std::chrono::seconds kStartLimit(30);

bool contains(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}
bool is_ipv6(const std::string& prefix) { return contains(prefix, ":"); }
std::string node_address(bool ipv6) { return ipv6 ? "2001:db8:2::11" : "192.0.2.11"; }

std::optional<std::string> missing(const std::string& program, const char* package) {
    if (!have_program(program)) return "no " + program + ": install Debian's " + package;
    if (!NetNs::available()) return "no network namespaces: needs root and CAP_SYS_ADMIN";
    return std::nullopt;
}

// What they have in common: a directory, one process, waiting for an answer of its command line.
class Base : public Daemon {
public:
    explicit Base(const NetNs& netns) : netns_(netns) {}
    std::string log() const override { return process_.output(); }
    void signal(int number) const override { process_.signal(number); }

protected:
    void start(const Argv& argv, const Argv& probe, const std::vector<std::string>& env = {}) {
        Process::Options options;
        options.log = dir_ / "daemon.log";
        options.env = env;
        process_ = netns_.spawn(argv, options);
        const bool answers =
            wait_until(kStartLimit, [&] { return !process_.running() || netns_.exec(probe).ok(); });
        if (!answers || !process_.running())
            throw std::runtime_error(argv.front() + " does not start: " + log());
    }

    const NetNs& netns_;
    TempDir dir_;
    Process process_;
};

constexpr const char* kFrr = "/usr/lib/frr/bgpd";

class Frr : public Base {
public:
    Frr(const NetNs& netns, const DaemonOptions& options) : Base(netns) {
        std::string neighbours, families;
        for (const bool ipv6 : {false, true}) {
            const std::string who = " neighbor " + node_address(ipv6);
            neighbours += who + " remote-as 64513\n" + who + " timers connect 1\n";
            if (!options.password.empty()) neighbours += who + " password " + options.password + "\n";
            if (options.gtsm) neighbours += who + " ttl-security hops 1\n";
            neighbours += ipv6 ? " no neighbor 2001:db8:2::11 activate\n" : "";
            families += std::string(" address-family ") + (ipv6 ? "ipv6" : "ipv4") + " unicast\n  network " +
                        (ipv6 ? kTheirs6 : kTheirs4) + "\n " + who + " activate\n exit-address-family\n";
        }
        write_file(dir_ / "bgpd.conf",
                   "router bgp 64512\n bgp router-id 192.0.2.1\n no bgp ebgp-requires-policy\n"
                   " no bgp network import-check\n" +
                       neighbours + families);
        start({kFrr, "-f", dir_ / "bgpd.conf", "-i", dir_ / "bgpd.pid", "-S", "-Z", "-P", "0", "--vty_socket",
               dir_.path().string(), "-n"},
              vtysh("show version"));
    }
    bool established(bool ipv6) const override {
        return contains(netns_.exec(vtysh("show bgp neighbors " + node_address(ipv6))).out,
                        "BGP state = Established");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out = netns_
                                    .exec(vtysh(std::string("show bgp ") +
                                                (is_ipv6(prefix) ? "ipv6" : "ipv4") + " unicast " + prefix))
                                    .out;
        return contains(out, "from") ? out : "";
    }

private:
    Argv vtysh(const std::string& command) const {
        return {"vtysh", "--vty_socket", dir_.path().string(), "-d", "bgpd", "-c", command};
    }
};

class GoBgp : public Base {
public:
    GoBgp(const NetNs& netns, const DaemonOptions& options) : Base(netns) {
        std::string text = "[global.config]\n  as = 64512\n  router-id = \"192.0.2.1\"\n";
        for (const bool ipv6 : {false, true}) {
            text += "[[neighbors]]\n  [neighbors.config]\n    neighbor-address = \"" + node_address(ipv6) +
                    "\"\n    peer-as = 64513\n";
            if (!options.password.empty()) text += "    auth-password = \"" + options.password + "\"\n";
            if (options.gtsm) {
                text += "  [neighbors.ttl-security.config]\n    enabled = true\n    ttl-min = 255\n";
            }
            text +=
                "  [neighbors.timers.config]\n    connect-retry = 1\n  [[neighbors.afi-safis]]\n"
                "    [neighbors.afi-safis.config]\n      afi-safi-name = \"" +
                std::string(ipv6 ? "ipv6" : "ipv4") + "-unicast\"\n";
        }
        write_file(dir_ / "gobgpd.toml", text);
        start({"gobgpd", "-f", dir_ / "gobgpd.toml", "--api-hosts", "127.0.0.1:50051", "--pprof-disable"},
              {"gobgp", "global"});
        check(netns_.exec({"gobgp", "global", "rib", "add", kTheirs4, "nexthop", "192.0.2.1", "med", "7"}));
        check(netns_.exec(
            {"gobgp", "global", "rib", "add", "-a", "ipv6", kTheirs6, "nexthop", "2001:db8:2::1"}));
    }
    bool established(bool ipv6) const override {
        return contains(netns_.exec({"gobgp", "neighbor", node_address(ipv6)}).out,
                        "BGP state = ESTABLISHED");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out =
            netns_.exec({"gobgp", "global", "rib", "-a", is_ipv6(prefix) ? "ipv6" : "ipv4", prefix}).out;
        return contains(out, prefix) ? out : "";
    }

private:
    static void check(const Completed& done) {
        if (!done.ok()) throw std::runtime_error("gobgp: " + done.err + done.out);
    }
};

constexpr const char* kOpenBgpd = "/usr/sbin/bgpd";
constexpr const char* kOpenBgpdRoot = "/run/openbgpd";  // its chroot, which its unit file makes

class OpenBgpd : public Base {
public:
    OpenBgpd(const NetNs& netns, const DaemonOptions& options) : Base(netns) {
        std::string text = "AS 64512\nrouter-id 192.0.2.1\nfib-update no\nsocket \"" + (dir_ / "bgpd.sock") +
                           "\"\nnetwork " + kTheirs4 + "\nnetwork " + kTheirs6 + "\n";
        for (const bool ipv6 : {false, true}) {
            text += "neighbor " + node_address(ipv6) + " {\n  remote-as 64513\n  announce IPv4 " +
                    (ipv6 ? "none" : "unicast") + "\n  announce IPv6 " + (ipv6 ? "unicast" : "none") + "\n";
            if (!options.password.empty()) text += "  tcp md5sig password " + options.password + "\n";
            if (options.gtsm) text += "  ttl-security yes\n";
            text += "}\n";
        }
        text += "allow from any\nallow to any\n";
        write_file(dir_ / "bgpd.conf", text);
        std::filesystem::permissions(dir_ / "bgpd.conf", std::filesystem::perms(0600));
        std::filesystem::create_directories(kOpenBgpdRoot);
        start({kOpenBgpd, "-d", "-f", dir_ / "bgpd.conf"}, bgpctl({"show", "summary"}));
    }
    bool established(bool ipv6) const override {
        return contains(netns_.exec(bgpctl({"show", "neighbor", node_address(ipv6)})).out,
                        "BGP state = Established");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out = netns_.exec(bgpctl({"show", "rib", "detail", prefix})).out;
        return contains(out, "BGP routing table entry for " + prefix) ? out : "";
    }
    // Its sessions live in a child of the process.
    void signal(int number) const override {
        const std::string pid = std::to_string(process_.pid());
        std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
        for (pid_t child = 0; children >> child;) kill(child, number);
        process_.signal(number);
    }

private:
    Argv bgpctl(const Argv& words) const {
        Argv out{"bgpctl", "-s", dir_ / "bgpd.sock"};
        out.insert(out.end(), words.begin(), words.end());
        return out;
    }
};

// It has no table: what it hears goes through a process of its own configuration into a file.
class ExaBgp : public Base {
public:
    ExaBgp(const NetNs& netns, const DaemonOptions& options) : Base(netns) {
        // The shell stays and keeps its output open: ExaBGP takes the end of that for the end of the process.
        write_file(dir_ / "listen.sh", "#!/bin/sh\ncat >>" + (dir_ / "heard") + "\n");
        std::filesystem::permissions(dir_ / "listen.sh", std::filesystem::perms(0755));
        write_file(dir_ / "heard", "");
        std::string text = "process listen { run " + (dir_ / "listen.sh") + "; encoder json; }\n";
        for (const bool ipv6 : {false, true}) {
            const std::string own = ipv6 ? "2001:db8:2::1" : "192.0.2.1";
            text += "neighbor " + node_address(ipv6) + " {\n  router-id 192.0.2.1; local-address " + own +
                    "; local-as 64512; peer-as 64513;\n";
            if (!options.password.empty()) text += "  md5-password \"" + options.password + "\";\n";
            if (options.gtsm) text += "  outgoing-ttl 255; incoming-ttl 255;\n";
            text += std::string("  family { ") + (ipv6 ? "ipv6" : "ipv4") + " unicast; }\n" +
                    "  api { processes [ listen ]; neighbor-changes; receive { parsed; update; } }\n" +
                    "  static { route " + (ipv6 ? kTheirs6 : kTheirs4) + " next-hop " + own +
                    " med 7; }\n}\n";
        }
        write_file(dir_ / "exabgp.conf", text);
        start({"exabgp", dir_ / "exabgp.conf"}, {"true"},
              {"exabgp.daemon.user=root", "exabgp.daemon.drop=false", "exabgp.log.level=INFO",
               "exabgp.tcp.bind=", "exabgp.api.cli=false"});
    }
    bool established(bool ipv6) const override {
        const auto last = last_line({"\"type\": \"state\"", node_address(ipv6)});
        return last && contains(*last, "\"state\": \"up\"");
    }
    bool lost(const std::string& prefix) const override { return contains(route(prefix), "\"withdraw\""); }
    std::string route(const std::string& prefix) const override {
        return last_line({"\"update\"", prefix}).value_or("");
    }
    std::string log() const override { return Base::log() + read_file(dir_ / "heard"); }

private:
    std::optional<std::string> last_line(const std::vector<std::string>& words) const {
        const std::string heard = read_file(dir_ / "heard");
        std::optional<std::string> out;
        for (std::size_t at = 0; at < heard.size();) {
            const std::size_t end = std::min(heard.find('\n', at), heard.size());
            const std::string line = heard.substr(at, end - at);
            bool all = true;
            for (const std::string& word : words) all = all && contains(line, word);
            if (all) out = line;
            at = end + 1;
        }
        return out;
    }
};

template <class D>
std::unique_ptr<Daemon> make(const NetNs& netns, const DaemonOptions& options) {
    return std::make_unique<D>(netns, options);
}

// What the package manager says.
template <const char* (*Package)()>
std::string version_of() {
    const Completed done = run({"dpkg-query", "-W", "-f=${Version}", Package()});
    return done.out.substr(0, done.out.find('-'));
}
const char* frr() { return "frr"; }
const char* gobgpd() { return "gobgpd"; }
const char* openbgpd() { return "openbgpd"; }
const char* exabgp() { return "exabgp"; }

}  // namespace

const std::vector<DaemonKind>& daemon_kinds() {
    static const std::vector<DaemonKind> kinds{
        {"FRR", [] { return missing(kFrr, "frr"); }, make<Frr>, version_of<frr>},
        {"GoBGP", [] { return missing("gobgpd", "gobgpd"); }, make<GoBgp>, version_of<gobgpd>},
        {"OpenBGPD", [] { return missing(kOpenBgpd, "openbgpd"); }, make<OpenBgpd>, version_of<openbgpd>},
        {"ExaBGP", [] { return missing("exabgp", "exabgp"); }, make<ExaBgp>, version_of<exabgp>},
    };
    return kinds;
}

}  // namespace dunlin::test
