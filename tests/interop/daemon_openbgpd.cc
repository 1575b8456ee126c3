#include <filesystem>
#include <sstream>

#include "tests/interop/daemon_base.h"

namespace dunlin::test {
namespace {

constexpr const char* kOpenBgpd = "/usr/sbin/bgpd";
constexpr const char* kOpenBgpdRoot = "/run/openbgpd";  // its chroot, which its unit file makes

class OpenBgpd : public DaemonBase {
public:
    OpenBgpd(const NetNs& netns, const DaemonOptions& options) : DaemonBase(netns) {
        std::string text = "AS " + options.as + (options.as == "64512" ? "" : " 23456") +
                           "\nrouter-id 192.0.2.1\nfib-update no\nsocket \"" + (dir_ / "bgpd.sock") + "\"\n";
        for (const bool ipv6 : {false, true}) {
            for (const auto& prefix : prefixes_of(ipv6)) text += "network " + prefix + "\n";
        }
        for (const bool ipv6 : {false, true}) {
            text += "neighbor " + node_address(ipv6) + " {\n  remote-as 64513\n  announce IPv4 " +
                    (ipv6 ? "none" : "unicast") + "\n  announce IPv6 " + (ipv6 ? "unicast" : "none") + "\n";
            if (!options.password.empty()) text += "  tcp md5sig password " + options.password + "\n";
            if (options.gtsm) text += "  ttl-security yes\n";
            if (options.add_path) text += "  announce add-path recv yes\n  announce add-path send all\n";
            text += "}\n";
        }
        text += "allow from any\nallow to any\n";
        write_file(dir_ / "bgpd.conf", text);
        std::filesystem::permissions(dir_ / "bgpd.conf", std::filesystem::perms(0600));
        std::filesystem::create_directories(kOpenBgpdRoot);
        DaemonBase::start({kOpenBgpd, "-d", "-f", dir_ / "bgpd.conf"}, bgpctl({"show", "summary"}));
    }
    bool established(bool ipv6) const override {
        return contains(ask(bgpctl({"show", "neighbor", node_address(ipv6)})), "BGP state = Established");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out = ask(bgpctl({"show", "rib", "detail", prefix}));
        return contains(out, "BGP routing table entry for " + prefix) ? out : "";
    }
    std::string account() const override { return ask(bgpctl({"show", "neighbor", "192.0.2.11"})) + log(); }
    void ask_again() const override { tell(bgpctl({"neighbor", "192.0.2.11", "refresh"})); }
    void shut_down(const std::string& text) const override {
        tell(bgpctl({"neighbor", "192.0.2.11", "down", text}));
    }
    // Its sessions live in a child of the process.
    void signal(int number) const override {
        const std::string pid = std::to_string(process_.pid());
        std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
        for (pid_t child = 0; children >> child;) ::kill(child, number);
        process_.signal(number);
    }
    void kill() override {
        signal(SIGKILL);
        DaemonBase::kill();
        std::filesystem::remove(dir_ / "bgpd.sock");
    }

private:
    Argv bgpctl(const Argv& words) const {
        Argv out{"bgpctl", "-s", dir_ / "bgpd.sock"};
        out.insert(out.end(), words.begin(), words.end());
        return out;
    }
};

}  // namespace

DaemonKind openbgpd_kind() {
    return {"OpenBGPD",
            [] { return why_not(kOpenBgpd, "openbgpd"); },
            make_daemon<OpenBgpd>,
            [] { return package_version("openbgpd"); },
            {{Feature::answers, "answers no request (says that the family was not negotiated)"},
             {Feature::restarts, "does not ask for its own routes to be kept"}}};
}

}  // namespace dunlin::test
