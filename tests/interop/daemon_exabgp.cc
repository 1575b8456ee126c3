#include <filesystem>
#include <fstream>

#include "tests/interop/daemon_base.h"

namespace dunlin::test {
namespace {

// It has no table: what it hears goes through a process of its own configuration into a file, and what it is
// to do comes from another one.
class ExaBgp : public DaemonBase {
public:
    ExaBgp(const NetNs& netns, const DaemonOptions& options) : DaemonBase(netns) {
        // Both ends of the process have to stay open: ExaBGP takes the end of one for its end.
        write_file(dir_ / "api.sh", "#!/bin/sh\nexec 3<&0\ncat <&3 >>" + (dir_ / "heard") +
                                        " &\nexec tail -n +1 -s 0.1 -f " + (dir_ / "commands") + "\n");
        std::filesystem::permissions(dir_ / "api.sh", std::filesystem::perms(0755));
        write_file(dir_ / "heard", "");
        write_file(dir_ / "commands", "");
        std::string text = "process api { run " + (dir_ / "api.sh") + "; encoder json; }\n";
        for (const bool ipv6 : {false, true}) text += neighbour(options, ipv6);
        write_file(dir_ / "exabgp.conf", text);
        DaemonBase::start({"exabgp", dir_ / "exabgp.conf"}, {"true"},
                          {"exabgp.daemon.user=root", "exabgp.daemon.drop=false", "exabgp.log.level=INFO",
                           "exabgp.tcp.bind=", "exabgp.api.cli=false"});
    }
    void kill() override {
        DaemonBase::kill();
        write_file(dir_ / "heard", "");
        write_file(dir_ / "commands", "");
    }
    bool established(bool ipv6) const override {
        const auto last = last_line({"\"type\": \"state\"", node_address(ipv6)});
        return last && contains(*last, "\"state\": \"up\"");
    }
    bool lost(const std::string& prefix) const override { return contains(route(prefix), "\"withdraw\""); }
    std::string route(const std::string& prefix) const override {
        return last_line({"\"update\"", prefix}).value_or("");
    }
    std::string account() const override { return log() + read_file(dir_ / "heard"); }
    void ask_again() const override { say("neighbor 192.0.2.11 announce route-refresh ipv4 unicast"); }
    void shut_down(const std::string&) const override { say("neighbor 192.0.2.11 teardown 2"); }

private:
    static std::string neighbour(const DaemonOptions& options, bool ipv6) {
        const std::string own = router_address(ipv6), family = ipv6 ? "ipv6 unicast" : "ipv4 unicast";
        std::string text = "neighbor " + node_address(ipv6) + " {\n  router-id 192.0.2.1; local-address " +
                           own + "; local-as " + options.as + "; peer-as 64513;\n";
        if (!options.password.empty()) text += "  md5-password \"" + options.password + "\";\n";
        if (options.gtsm) text += "  outgoing-ttl 255; incoming-ttl 255;\n";
        text += "  capability { route-refresh enable; ";
        if (options.add_path) text += "add-path send/receive; ";
        if (options.graceful_restart) text += "graceful-restart 60; ";
        text += "}\n  family { " + family + "; }\n";
        if (options.add_path) text += "  add-path { " + family + "; }\n";
        text +=
            "  api { processes [ api ]; neighbor-changes; receive { parsed; update; } "
            "}\n"
            "  static {\n";
        unsigned id = 0;
        for (const auto& prefix : prefixes_of(ipv6)) {
            text += "    route " + prefix + " next-hop " + own + " med 7";
            if (options.add_path) text += " path-information 0.0.0." + std::to_string(++id);
            text += ";\n";
        }
        return text + "  }\n}\n";
    }
    void say(const std::string& command) const {
        std::ofstream(dir_ / "commands", std::ios::app) << command << "\n";
    }
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

}  // namespace

DaemonKind exabgp_kind() {
    return {"ExaBGP",
            [] { return why_not("exabgp", "exabgp"); },
            make_daemon<ExaBgp>,
            [] { return package_version("exabgp"); },
            {{Feature::shutdown_text_sent, "sends no text"},
             {Feature::shutdown_text_shown, "shows none"},
             {Feature::answers, "resets the session when asked"},
             {Feature::keeps, "keeps no table"}}};
}

}  // namespace dunlin::test
