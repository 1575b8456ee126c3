#include "tests/interop/daemon_base.h"

namespace dunlin::test {
namespace {

constexpr const char* kFrr = "/usr/lib/frr/bgpd";

class Frr : public DaemonBase {
public:
    Frr(const NetNs& netns, const DaemonOptions& options) : DaemonBase(netns), as_(options.as) {
        std::string neighbours, families;
        for (const bool ipv6 : {false, true}) {
            const std::string who = " neighbor " + node_address(ipv6);
            neighbours += who + " remote-as 64513\n" + who + " timers connect 1\n";
            if (!options.password.empty()) neighbours += who + " password " + options.password + "\n";
            if (options.gtsm) neighbours += who + " ttl-security hops 1\n";
            neighbours += ipv6 ? " no neighbor 2001:db8:2::11 activate\n" : "";
            families += std::string(" address-family ") + (ipv6 ? "ipv6" : "ipv4") + " unicast\n";
            for (const auto& prefix : prefixes_of(ipv6)) families += "  network " + prefix + "\n";
            families += " " + who + " activate\n";
            if (options.add_path) families += " " + who + " addpath-tx-all-paths\n";
            families += " exit-address-family\n";
        }
        const std::string restart = options.graceful_restart
                                        ? " bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n"
                                        : "";
        write_file(dir_ / "bgpd.conf", "log stdout informational\nrouter bgp " + as_ +
                                           "\n bgp router-id 192.0.2.1\n bgp log-neighbor-changes\n" +
                                           restart +
                                           " no bgp ebgp-requires-policy\n no bgp network import-check\n" +
                                           neighbours + families);
        DaemonBase::start({kFrr, "-f", dir_ / "bgpd.conf", "-i", dir_ / "bgpd.pid", "-S", "-Z", "-P", "0",
                           "--vty_socket", dir_.path().string(), "-n"},
                          vtysh({"show version"}));
    }
    bool established(bool ipv6) const override {
        return contains(ask(vtysh({"show bgp neighbors " + node_address(ipv6)})), "BGP state = Established");
    }
    std::string route(const std::string& prefix) const override {
        const std::string out = ask(
            vtysh({std::string("show bgp ") + (is_ipv6(prefix) ? "ipv6" : "ipv4") + " unicast " + prefix}));
        return contains(out, "from") ? out : "";
    }
    std::string account() const override { return ask(vtysh({"show bgp neighbors 192.0.2.11"})) + log(); }
    void ask_again() const override { tell(vtysh({"clear bgp ipv4 unicast 192.0.2.11 soft in"})); }
    void shut_down(const std::string& text) const override {
        tell(vtysh(
            {"configure terminal", "router bgp " + as_, "neighbor 192.0.2.11 shutdown message " + text}));
    }

private:
    Argv vtysh(const std::vector<std::string>& commands) const {
        Argv out{"vtysh", "--vty_socket", dir_.path().string(), "-d", "bgpd"};
        for (const auto& command : commands) {
            out.push_back("-c");
            out.push_back(command);
        }
        return out;
    }

    std::string as_;
};

}  // namespace

DaemonKind frr_kind() {
    return {"FRR",
            [] { return why_not(kFrr, "frr"); },
            make_daemon<Frr>,
            [] { return package_version("frr"); },
            {}};
}

}  // namespace dunlin::test
