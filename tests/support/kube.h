// A real control plane for the tests: etcd and kube-apiserver, with RBAC, client certificates and service
// account tokens, in a directory of its own and on free ports. Nothing else of Kubernetes runs: no
// controllers, no scheduler, no kubelet. Needs the programs (tests/e2e/tools/build); a test asks
// unavailable() and says that it was skipped.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dunlin::test {

class NetNs;

class KubeCluster {
public:
    struct Options {
        // Where it runs: agents in namespaces reach it only if it is in one of their network. Must outlive
        // the cluster. The host if null.
        const NetNs* netns = nullptr;
        std::string address = "127.0.0.1";  // on which the API server listens; etcd stays on loopback
        Argv apiserver_flags;               // added at the end: the last one of a name counts
    };

    // Why it cannot run on this machine; nothing if it can.
    static std::optional<std::string> unavailable();
    // The folder with etcd and kube-apiserver: $KUBEBUILDER_ASSETS, else what tests/e2e/tools/build made.
    static std::optional<std::filesystem::path> program_dir();

    // Returns once /readyz says so. Throws std::runtime_error with the end of the log otherwise.
    KubeCluster() : KubeCluster(Options()) {}
    explicit KubeCluster(Options options);
    ~KubeCluster();
    KubeCluster(const KubeCluster&) = delete;
    KubeCluster& operator=(const KubeCluster&) = delete;

    std::string url() const;
    std::string ca_file() const { return dir_ / "ca.crt"; }
    std::string admin_certificate() const { return dir_ / "admin.crt"; }
    std::string admin_key() const { return dir_ / "admin.key"; }
    // A file; group system:masters, by client certificate.
    std::string admin_kubeconfig() const { return dir_ / "admin.kubeconfig"; }
    // A file with a token of that service account, which has to exist; kubectl's `tokenFile` is the second
    // one.
    std::string service_account_kubeconfig(const std::string& name_space, const std::string& name);
    std::string token_file(const std::string& name_space, const std::string& name) const;

    // kubectl as admin. Discovery is cached in the cluster's own directory.
    Completed kubectl(const Argv& words, const std::string& input = {}) const;
    // The same for a command that has to succeed: its stdout. Throws std::runtime_error.
    std::string check_kubectl(const Argv& words, const std::string& input = {}) const;
    // `kubectl apply --server-side -f -` of a text, which has to succeed.
    void apply(const std::string& yaml) const { check_kubectl({"apply", "--server-side", "-f", "-"}, yaml); }
    // Applies the definitions of a folder and waits until all are served.
    void install_crds(const std::filesystem::path& folder) const;

    // SIGTERM, and SIGKILL if open watches hold it for longer than the limit.
    void stop_apiserver(std::chrono::milliseconds limit = std::chrono::seconds(5));
    void kill_apiserver() { apiserver_.kill(); }
    // On the same port, with the same certificates; waits for /readyz.
    void start_apiserver();
    void restart_apiserver();
    // SIGSTOP and SIGCONT make a server that answers no more, without closing anything.
    void signal_apiserver(int number) const { apiserver_.signal(number); }
    void signal_etcd(int number) const { etcd_.signal(number); }

    std::string apiserver_log() const { return apiserver_.output(); }
    std::string etcd_log() const { return etcd_.output(); }

private:
    bool try_start();
    Process spawn(const Argv& argv, const std::string& log) const;
    Argv apiserver_argv() const;
    void make_certificates() const;
    void sign(const std::string& name, const std::string& subject, const std::string& extensions) const;
    void write_kubeconfig(const std::string& path, const std::string& user) const;
    bool wait_ready();

    Options options_;
    std::filesystem::path programs_;
    TempDir dir_;
    int etcd_port_ = 0, etcd_peer_port_ = 0, port_ = 0;
    Process etcd_;
    Process apiserver_;
};

}  // namespace dunlin::test
