#include "tests/interop/daemon_base.h"

namespace dunlin::test {
namespace {

constexpr const char* kBird = "/usr/sbin/bird";

class Bird2 : public DaemonBase {
public:
    Bird2(const NetNs& netns, const DaemonOptions& options) : DaemonBase(netns) {
        std::string text = "log stderr all;\nrouter id 192.0.2.1;\nprotocol device {}\n";
        for (const bool ipv6 : {false, true}) {
            const std::string family = ipv6 ? "ipv6" : "ipv4", number = ipv6 ? "6" : "4";
            text += "protocol static s" + number + " { " + family + "; ";
            for (const auto& prefix : prefixes_of(ipv6)) text += "route " + prefix + " blackhole; ";
            text += "}\nprotocol bgp n" + number + " { local as " + options.as + "; neighbor " +
                    node_address(ipv6) + " as 64513; connect delay time 1; connect retry time 2;\n" +
                    "  error wait time 1, 2; graceful restart " +
                    (options.graceful_restart ? "on" : "aware") + ";\n";
            if (!options.password.empty()) text += "  password \"" + options.password + "\";\n";
            if (options.gtsm) text += "  ttl security on;\n";
            text += "  " + family + " { import all; export where source = RTS_STATIC;" +
                    (options.add_path ? " add paths on;" : "") + " };\n}\n";
        }
        write_file(dir_ / "bird.conf", text);
        DaemonBase::start(
            {kBird, "-f", "-c", dir_ / "bird.conf", "-s", dir_ / "bird.ctl", "-P", dir_ / "pid"},
            birdc("show status"));
    }
    bool established(bool ipv6) const override {
        return contains(ask(birdc(std::string("show protocols n") + (ipv6 ? "6" : "4"))), "Established");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out = ask(birdc("show route " + prefix + " all"));
        return contains(out, prefix) ? out : "";
    }
    std::string account() const override { return ask(birdc("show protocols all n4")) + log(); }
    void ask_again() const override { tell(birdc("reload in n4")); }
    void shut_down(const std::string& text) const override { tell(birdc("disable n4 \"" + text + "\"")); }

private:
    Argv birdc(const std::string& command) const { return {"birdc", "-s", dir_ / "bird.ctl", command}; }
};

}  // namespace

DaemonKind bird_kind() {
    return {"BIRD",
            [] { return why_not(kBird, "bird2"); },
            make_daemon<Bird2>,
            [] { return package_version("bird2"); },
            {}};
}

}  // namespace dunlin::test
