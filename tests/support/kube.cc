#include "tests/support/kube.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "tests/support/netns.h"
#include "tests/support/wait.h"

namespace dunlin::test {

namespace {

constexpr int kStartTries = 3;
constexpr std::chrono::seconds kReadyLimit(120);
constexpr std::size_t kLogTail = 3000;

std::filesystem::path cache_dir() {
    const char* xdg = std::getenv("XDG_CACHE_HOME");
    if (xdg != nullptr && *xdg != '\0') return std::filesystem::path(xdg) / "dunlin";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home == nullptr ? "/root" : home) / ".cache" / "dunlin";
}

bool has_servers(const std::filesystem::path& dir) {
    return have_program((dir / "kube-apiserver").string()) && have_program((dir / "etcd").string());
}

// Free at this moment; who takes it in between makes the start fail, and it is tried again with others.
int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (fd >= 0) close(fd);
    if (!bound) throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
}

std::string tail(const std::string& log) {
    return log.size() <= kLogTail ? log : "..." + log.substr(log.size() - kLogTail);
}

}  // namespace

std::optional<std::filesystem::path> KubeCluster::program_dir() {
    const char* assets = std::getenv("KUBEBUILDER_ASSETS");
    if (assets != nullptr && has_servers(assets)) return std::filesystem::path(assets);
    std::optional<std::filesystem::path> newest;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(cache_dir(), ignored)) {
        if (!entry.path().filename().string().starts_with("k8s-") || !has_servers(entry.path())) continue;
        if (!newest || entry.path() > *newest) newest = entry.path();
    }
    return newest;
}

std::optional<std::string> KubeCluster::unavailable() {
    const std::optional<std::filesystem::path> dir = program_dir();
    if (!dir)
        return "no etcd and kube-apiserver in $KUBEBUILDER_ASSETS or " + cache_dir().string() +
               "/k8s-*: run tests/e2e/tools/build";
    if (!have_program((*dir / "kubectl").string()) && !have_program("kubectl"))
        return "no kubectl in " + dir->string() + " or on the PATH";
    if (!have_program("openssl")) return "no openssl on the PATH";
    return std::nullopt;
}

KubeCluster::KubeCluster(Options options) : options_(std::move(options)) {
    if (const std::optional<std::string> why = unavailable()) throw std::runtime_error(*why);
    programs_ = *program_dir();
    make_certificates();
    for (int tries = 0; tries < kStartTries; ++tries)
        if (try_start()) return;
    throw std::runtime_error("the API server does not start:\n" + tail(etcd_log()) + "\n" +
                             tail(apiserver_log()));
}

KubeCluster::~KubeCluster() {
    // Nothing of it is kept, so there is nothing to end in good order.
    apiserver_.kill();
    etcd_.kill();
}

bool KubeCluster::try_start() {
    apiserver_.kill();
    etcd_.kill();
    std::filesystem::remove_all(dir_ / "etcd");
    etcd_port_ = free_port();
    etcd_peer_port_ = free_port();
    port_ = free_port();
    write_kubeconfig(admin_kubeconfig(),
                     "{client-certificate: " + admin_certificate() + ", client-key: " + admin_key() + "}");
    const std::string client = "http://127.0.0.1:" + std::to_string(etcd_port_);
    const std::string peer = "http://127.0.0.1:" + std::to_string(etcd_peer_port_);
    etcd_ =
        spawn({(programs_ / "etcd").string(), "--data-dir", dir_ / "etcd", "--listen-client-urls", client,
               "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls",
               peer, "--initial-cluster", "default=" + peer, "--unsafe-no-fsync"},
              "etcd.log");
    apiserver_ = spawn(apiserver_argv(), "apiserver.log");
    return wait_ready();
}

Argv KubeCluster::apiserver_argv() const {
    Argv argv{(programs_ / "kube-apiserver").string(),
              "--etcd-servers=http://127.0.0.1:" + std::to_string(etcd_port_),
              "--bind-address=" + options_.address, "--advertise-address=" + options_.address,
              "--secure-port=" + std::to_string(port_), "--cert-dir=" + (dir_ / "serving"),
              "--tls-cert-file=" + (dir_ / "server.crt"), "--tls-private-key-file=" + (dir_ / "server.key"),
              "--client-ca-file=" + ca_file(), "--authorization-mode=RBAC", "--anonymous-auth=false",
              "--service-account-issuer=https://kubernetes.default.svc",
              "--service-account-key-file=" + (dir_ / "tokens.key"),
              "--service-account-signing-key-file=" + (dir_ / "tokens.key"),
              "--service-cluster-ip-range=10.96.0.0/16",
              // Would write the address of this server into the cluster, which nobody reads here.
              "--endpoint-reconciler-type=none"};
    argv.insert(argv.end(), options_.apiserver_flags.begin(), options_.apiserver_flags.end());
    return argv;
}

Process KubeCluster::spawn(const Argv& argv, const std::string& log) const {
    Process::Options options;
    options.log = dir_ / log;
    options.cwd = dir_.path();
    return options_.netns == nullptr ? Process(argv, options) : options_.netns->spawn(argv, options);
}

bool KubeCluster::wait_ready() {
    bool ready = false;
    wait_until(kReadyLimit, [&] {
        ready = kubectl({"get", "--raw", "/readyz", "--request-timeout=5s"}).ok();
        return ready || !apiserver_.running() || !etcd_.running();
    });
    return ready;
}

void KubeCluster::start_apiserver() {
    apiserver_ = spawn(apiserver_argv(), "apiserver.log");
    if (!wait_ready())
        throw std::runtime_error("the API server does not come back:\n" + tail(apiserver_log()));
}

void KubeCluster::stop_apiserver(std::chrono::milliseconds limit) { apiserver_.terminate(limit); }

void KubeCluster::restart_apiserver() {
    stop_apiserver();
    start_apiserver();
}

std::string KubeCluster::url() const { return "https://" + options_.address + ":" + std::to_string(port_); }

void KubeCluster::make_certificates() const {
    const std::string subject_ca = "/CN=dunlin test CA";
    check_run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject_ca,
               "-keyout", dir_ / "ca.key", "-out", ca_file()});
    sign("server", "/CN=kube-apiserver",
         "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:" + options_.address +
             "\nextendedKeyUsage=serverAuth\n");
    sign("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth\n");
    check_run({"openssl", "genrsa", "-out", dir_ / "tokens.key", "2048"});
}

void KubeCluster::sign(const std::string& name, const std::string& subject,
                       const std::string& extensions) const {
    const std::string request = dir_ / (name + ".csr");
    const std::string extension_file = dir_ / (name + ".ext");
    write_file(extension_file, extensions);
    check_run({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout",
               dir_ / (name + ".key"), "-out", request});
    check_run({"openssl", "x509", "-req", "-in", request, "-CA", ca_file(), "-CAkey", dir_ / "ca.key",
               "-CAcreateserial", "-days", "2", "-extfile", extension_file, "-out", dir_ / (name + ".crt")});
}

void KubeCluster::write_kubeconfig(const std::string& path, const std::string& user) const {
    write_file(path, "apiVersion: v1\nkind: Config\nclusters: [{name: test, cluster: {server: \"" + url() +
                         "\", certificate-authority: " + ca_file() +
                         "}}]\nusers: [{name: user, user: " + user +
                         "}]\ncontexts: [{name: test, context: {cluster: test, user: user}}]\n"
                         "current-context: test\n");
}

std::string KubeCluster::token_file(const std::string& name_space, const std::string& name) const {
    return dir_ / (name_space + "-" + name + ".token");
}

std::string KubeCluster::service_account_kubeconfig(const std::string& name_space, const std::string& name) {
    const std::string token = token_file(name_space, name);
    write_file(token, check_kubectl({"create", "token", name, "-n", name_space, "--duration=1h"}));
    std::string path = dir_ / (name_space + "-" + name + ".kubeconfig");
    write_kubeconfig(path, "{tokenFile: " + token + "}");
    return path;
}

Completed KubeCluster::kubectl(const Argv& words, const std::string& input) const {
    const std::string own = (programs_ / "kubectl").string();
    Argv argv{have_program(own) ? own : "kubectl", "--kubeconfig=" + admin_kubeconfig(),
              "--cache-dir=" + (dir_ / "kubectl-cache")};
    argv.insert(argv.end(), words.begin(), words.end());
    RunOptions options;
    options.input = input;
    options.limit = std::chrono::seconds(60);
    return options_.netns == nullptr ? run(argv, options) : options_.netns->exec(argv, options);
}

std::string KubeCluster::check_kubectl(const Argv& words, const std::string& input) const {
    Completed done = kubectl(words, input);
    if (!done.ok())
        throw std::runtime_error("kubectl " + to_text(words) + ": exit " + std::to_string(done.exit_code) +
                                 ": " + done.err);
    return std::move(done.out);
}

void KubeCluster::install_crds(const std::filesystem::path& folder) const {
    check_kubectl({"apply", "--server-side", "-f", folder.string()});
    // Unlike apply, wait goes into the folders below by itself: samples are no definitions.
    check_kubectl(
        {"wait", "--for=condition=Established", "--timeout=50s", "--recursive=false", "-f", folder.string()});
}

}  // namespace dunlin::test
