#include "tests/interop/daemon_base.h"
#include "tests/support/bird.h"

namespace dunlin::test {
namespace {

class BirdRouter : public DaemonBase {
public:
    BirdRouter(const NetNs& netns, const DaemonOptions& options, BirdPrograms programs, std::string reload)
        : DaemonBase(netns), programs_(std::move(programs)), reload_(std::move(reload)) {
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
            {programs_.bird, "-f", "-c", dir_ / "bird.conf", "-s", dir_ / "bird.ctl", "-P", dir_ / "pid"},
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
    void ask_again() const override { tell(birdc(reload_ + " n4")); }
    void shut_down(const std::string& text) const override { tell(birdc("disable n4 \"" + text + "\"")); }

private:
    Argv birdc(const std::string& command) const {
        return {programs_.birdc, "-s", dir_ / "bird.ctl", command};
    }

    BirdPrograms programs_;
    std::string reload_;  // the words that make it send a ROUTE-REFRESH
};

// "BIRD version 3.1.8"
std::string version_of(const std::string& program) {
    const Completed done = run({program, "--version"});
    const std::string line = done.out + done.err;
    const std::size_t at = line.rfind(' ');
    return at == std::string::npos ? "" : line.substr(at + 1, line.find_last_not_of('\n') - at);
}

}  // namespace

DaemonKind bird_kind() {
    return {"BIRD 2",
            [] { return Bird::unavailable(); },
            [](const NetNs& netns, const DaemonOptions& options) -> std::unique_ptr<Daemon> {
                return std::make_unique<BirdRouter>(netns, options, BirdPrograms{}, "reload in");
            },
            [] { return version_of(BirdPrograms{}.bird); },
            {}};
}

DaemonKind bird3_kind() {
    return {"BIRD 3",
            []() -> std::optional<std::string> {
                if (!Bird::version3()) return "no BIRD 3 (DUNLIN_BIRD3)";
                return Bird::unavailable();
            },
            [](const NetNs& netns, const DaemonOptions& options) -> std::unique_ptr<Daemon> {
                return std::make_unique<BirdRouter>(netns, options, *Bird::version3(), "reload bgp in");
            },
            [] { return version_of(Bird::version3()->bird); },
            {}};
}

}  // namespace dunlin::test
