#include "tests/interop/daemon_base.h"

namespace dunlin::test {
namespace {

class GoBgp : public DaemonBase {
public:
    GoBgp(const NetNs& netns, const DaemonOptions& options) : DaemonBase(netns) {
        std::string text = "[global.config]\n  as = " + options.as + "\n  router-id = \"192.0.2.1\"\n";
        for (const bool ipv6 : {false, true}) text += neighbour(options, ipv6);
        write_file(dir_ / "gobgpd.toml", text);
        DaemonBase::start(
            {"gobgpd", "-f", dir_ / "gobgpd.toml", "--api-hosts", "127.0.0.1:50051", "--pprof-disable"},
            {"gobgp", "global"});
        originate();
    }
    void start() override {
        DaemonBase::start();
        originate();
    }
    bool established(bool ipv6) const override {
        return contains(ask({"gobgp", "neighbor", node_address(ipv6)}), "BGP state = ESTABLISHED");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out =
            ask({"gobgp", "global", "rib", "-a", is_ipv6(prefix) ? "ipv6" : "ipv4", prefix});
        return contains(out, prefix) ? out : "";
    }
    std::string account() const override { return ask({"gobgp", "neighbor", "192.0.2.11"}) + log(); }
    void ask_again() const override { tell({"gobgp", "neighbor", "192.0.2.11", "softresetin"}); }
    void shut_down(const std::string& text) const override {
        tell({"gobgp", "neighbor", "192.0.2.11", "shutdown", "--reason", text});
    }

private:
    static std::string neighbour(const DaemonOptions& options, bool ipv6) {
        std::string text = "[[neighbors]]\n  [neighbors.config]\n    neighbor-address = \"" +
                           node_address(ipv6) + "\"\n    peer-as = 64513\n";
        if (!options.password.empty()) text += "    auth-password = \"" + options.password + "\"\n";
        if (options.gtsm)
            text += "  [neighbors.ttl-security.config]\n    enabled = true\n    ttl-min = 255\n";
        if (options.graceful_restart)
            text += "  [neighbors.graceful-restart.config]\n    enabled = true\n    restart-time = 60\n";
        text +=
            "  [neighbors.timers.config]\n    connect-retry = 1\n  [[neighbors.afi-safis]]\n"
            "    [neighbors.afi-safis.config]\n      afi-safi-name = \"" +
            std::string(ipv6 ? "ipv6" : "ipv4") + "-unicast\"\n";
        if (options.graceful_restart)
            text += "    [neighbors.afi-safis.mp-graceful-restart.config]\n      enabled = true\n";
        if (options.add_path)
            text += "    [neighbors.afi-safis.add-paths.config]\n      receive = true\n      send-max = 8\n";
        return text;
    }
    void originate() const {
        for (const auto& prefix : prefixes_of(false))
            tell({"gobgp", "global", "rib", "add", prefix, "nexthop", "192.0.2.1", "med", "7"});
        tell({"gobgp", "global", "rib", "add", "-a", "ipv6", kTheirs6, "nexthop", "2001:db8:2::1"});
    }
};

}  // namespace

DaemonKind gobgp_kind() {
    return {"GoBGP",
            [] { return why_not("gobgpd", "gobgpd"); },
            make_daemon<GoBgp>,
            [] { return package_version("gobgpd"); },
            {{Feature::asks_again, "it never asks"}}};
}

}  // namespace dunlin::test
