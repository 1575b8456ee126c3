#include "k8s/kubeconfig.h"

#include <doctest/doctest.h>

#include <map>

#include "k8s/in_cluster.h"
#include "tests/support/temp_dir.h"

using namespace dunlin;
using namespace dunlin::k8s;

namespace {
std::string config(const std::string& cluster, const std::string& user) {
    return "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
           "contexts:\n- name: other\n  context: {cluster: x, user: y}\n"
           "- name: here\n  context: {cluster: c, user: u, namespace: net}\n"
           "clusters:\n- name: c\n  cluster: {" +
           cluster + "}\nusers:\n- name: u\n  user: {" + user + "}\n";
}
std::string error(const std::string& text, const std::string& context = {}) {
    const auto got = parse_kubeconfig(text, "/etc/k", context);
    return got ? "" : got.error().message;
}
}  // namespace

TEST_CASE("kubeconfig: server, names, inline data and files beside it") {
    const auto got = parse_kubeconfig(
        config("server: 'https://a:6443', certificate-authority-data: aGVsbG8=, tls-server-name: kube",
               "client-certificate: pki/c.pem, client-key: /k.pem, tokenFile: t, token: 'x'"),
        "/etc/k");
    REQUIRE(got);
    CHECK(got->server == "https://a:6443");
    CHECK(got->tls_server_name == "kube");
    CHECK(got->certificate_authority == TextOrFile{"hello", ""});
    CHECK(got->client_certificate == TextOrFile{"", "/etc/k/pki/c.pem"});
    CHECK(got->client_key == TextOrFile{"", "/k.pem"});
    CHECK(got->token == TextOrFile{"x", "/etc/k/t"});
    CHECK(got->namespace_ == "net");
}

TEST_CASE("kubeconfig: what is missing or cannot be done is said") {
    CHECK(error(config("server: s", "token: t")) == "");
    CHECK(error(config("server: s", "token: t"), "nowhere") == "contexts: there is no \"nowhere\"");
    CHECK(error(config("server: s", "token: t"), "other") == "clusters: there is no \"x\"");
    CHECK(error(config("", "token: t")) == "server: missing");
    CHECK(error(config("server: s, insecure-skip-tls-verify: true", "")).find("not supported") !=
          std::string::npos);
    CHECK(error(config("server: s, insecure-skip-tls-verify: false", "")) == "");
    CHECK(error(config("server: s", "exec: {command: aws}")).find("exec is not supported") == 0);
    CHECK(error(config("server: s", "client-certificate: a")).find("go together") != std::string::npos);
    CHECK(error(config("server: s, certificate-authority-data: '*'", "")).find("base64") !=
          std::string::npos);
    CHECK(error(config("server: [1]", "")) == "server: not a string");
    CHECK(error("") == "not a map");
    CHECK(error("a: [") != "");
    CHECK(read_kubeconfig("/nowhere").error().message == "/nowhere: No such file or directory");
}

TEST_CASE("in_cluster: the environment and the files of the ServiceAccount") {
    test::TempDir dir;
    std::map<std::string, std::string> variables;
    const auto read = [&] {
        return in_cluster_access([&](const char* name) { return variables[name]; }, dir.path().string());
    };
    CHECK(read().error().message.find("not in a cluster") == 0);
    variables = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
    CHECK(read().error().message.find("ca.crt: No such file") != std::string::npos);
    test::write_file(dir / "ca.crt", "ca");
    test::write_file(dir / "token", "t");
    test::write_file(dir / "namespace", "dunlin\n");
    const auto got = read();
    REQUIRE(got);
    CHECK(got->server == "https://[fd00::1]:443");
    CHECK(got->token.file == dir / "token");
    CHECK(got->namespace_ == "dunlin");
}
