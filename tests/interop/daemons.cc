#include "tests/interop/daemons.h"

#include "tests/interop/daemon_base.h"

namespace dunlin::test {

std::optional<std::string> why_not(const std::string& program, const char* package) {
    if (!have_program(program)) return "no " + program + ": install Debian's " + package;
    if (!NetNs::available()) return "no network namespaces: needs root and CAP_SYS_ADMIN";
    return std::nullopt;
}

std::string package_version(const char* package) {
    const Completed done = run({"dpkg-query", "-W", "-f=${Version}", package});
    return done.out.substr(0, done.out.find('-'));
}

const std::vector<DaemonKind>& daemon_kinds() {
    static const std::vector<DaemonKind> kinds{bird_kind(),  bird3_kind(),    frr_kind(),
                                               gobgp_kind(), openbgpd_kind(), exabgp_kind()};
    return kinds;
}

}  // namespace dunlin::test
