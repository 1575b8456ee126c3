#include "agent/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

struct Texts {  // as they stand on the command line
    std::string kubeconfig, resources, api_group = "dunlin.io", block_source, kernel = "on", bird, bird6,
                                       address = "off";
    std::string http = "127.0.0.1:9478", namespace_, level = "info", format = "text";
    std::optional<unsigned> protocol;
};

std::string env_name(std::string flag) {
    for (char& c : flag) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return "DUNLIN" + flag.substr(1);
}

template <class Value>
CLI::Option* flag(CLI::App& app, const std::string& flag_name, Value& value, const std::string& meaning) {
    return app.add_option(flag_name, value, meaning)->envname(env_name(flag_name));
}

void declare(CLI::App& app, DaemonOptions& out, Texts& texts) {
    const auto words = [](std::vector<std::string> all) { return CLI::IsMember(std::move(all)); };
    flag(app, "--node-name", out.node_name, "which node this is ($NODE_NAME, $NODENAME, else the host name)");
    auto* kubeconfig = flag(app, "--kubeconfig", texts.kubeconfig,
                            "file that says where the API server is (in-cluster, else $KUBECONFIG)");
    flag(app, "--resources", texts.resources,
         "no API server: read the objects from the YAML and JSON files of this directory and follow it")
        ->excludes(kubeconfig);
    flag(app, "--api-group", texts.api_group, "where the objects live")
        ->check(words({"dunlin.io", "projectcalico.org", "crd.projectcalico.org"}))
        ->capture_default_str();
    flag(app, "--block-source", texts.block_source,
         "pool: claim blocks of IPPools; affinity: read BlockAffinities only; podcidr: the Node's podCIDRs")
        ->check(words({"pool", "affinity", "podcidr"}));
    flag(app, "--kernel", texts.kernel, "off: read the kernel's routes, touch none")
        ->check(words({"on", "off"}))
        ->capture_default_str();
    flag(app, "--kernel-table", out.kernel_table, "kernel table of our routes")
        ->check(CLI::Range(1u, 4294967295u))
        ->capture_default_str();
    // Below 5 are the kernel's own (redirect, kernel, boot, static): what carries them is not ours to delete.
    flag(app, "--route-protocol", texts.protocol,
         "mark by which we know our kernel routes (178; 12 with the Calico groups)")
        ->check(CLI::Range(5u, 255u));
    flag(app, "--control-socket", out.control_socket, "for dunlinctl")->capture_default_str();
    flag(app, "--bird-socket", texts.bird, "serve BIRD's control protocol there");
    flag(app, "--bird6-socket", texts.bird6, "the same, IPv6 only");
    flag(app, "--http-listen", texts.http, "/metrics /healthz /readyz; off: none")->capture_default_str();
    flag(app, "--node-address", texts.address,
         "on: find this node's addresses and write them to its Node, by IP, IP6, IP_AUTODETECTION_METHOD, "
         "AS, …")
        ->check(words({"on", "off"}))
        ->capture_default_str();
    flag(app, "--state-dir", out.state_dir, "what outlives a restart")->capture_default_str();
    flag(app, "--namespace", texts.namespace_,
         "of the Secrets ($NAMESPACE, the service account's, kube-system)");
    flag(app, "--log-level", texts.level, "")
        ->check(words({"trace", "debug", "info", "warn", "error"}))
        ->capture_default_str();
    flag(app, "--log-format", texts.format, "")->check(words({"text", "json"}))->capture_default_str();
}

std::string environment(const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? std::string() : value;
}

std::string default_node_name() {
    for (const char* variable : {"NODE_NAME", "NODENAME"}) {
        if (std::string value = environment(variable); !value.empty()) return value;
    }
    char host[256] = {};
    return gethostname(host, sizeof host - 1) == 0 ? std::string(host) : std::string();
}

// RFC 1123 subdomain: what Kubernetes takes for the name of a Node.
bool is_object_name(const std::string& text) {
    const auto allowed = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), allowed) &&
           text.front() != '-' && text.front() != '.' && text.back() != '-' && text.back() != '.';
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<BlockSource> block_source(const std::string& text) {
    if (text == "pool") return BlockSource::pool;
    if (text == "affinity") return BlockSource::affinity;
    if (text == "podcidr") return BlockSource::podcidr;
    return std::nullopt;
}

Result<AddressWish, Error> address_wish(Family family, const char* address, const char* method) {
    auto out = parse_address_wish(family, environment(address), environment(method));
    if (!out) return Unexpected{Error{std::string(address) + ", " + method + ": " + out.error().message}};
    return out;
}

std::optional<Error> read_node_address(DaemonOptions& out) {
    if (out.resources) return Error{"--node-address on needs an API server: it writes to the Node object"};
    NodeAddressOptions wanted;
    auto ipv4 = address_wish(Family::ipv4, "IP", "IP_AUTODETECTION_METHOD");
    if (!ipv4) return ipv4.error();
    auto ipv6 = address_wish(Family::ipv6, "IP6", "IP6_AUTODETECTION_METHOD");
    if (!ipv6) return ipv6.error();
    wanted.ipv4 = *std::move(ipv4);
    wanted.ipv6 = *std::move(ipv6);
    if (const std::string text = environment("AS"); !text.empty()) {
        wanted.as_number = parse_asn(text);
        if (!wanted.as_number) return Error{"AS: \"" + text + "\" is not an AS number"};
    }
    wanted.check_others = environment("DISABLE_NODE_IP_CHECK") != "true";
    if (const std::string text = environment("AUTODETECT_POLL_INTERVAL"); !text.empty()) {
        const auto poll = parse_duration(text);
        if (!poll || *poll < Seconds(1)) {
            return Error{"AUTODETECT_POLL_INTERVAL: \"" + text + "\" is not a duration of a second or more"};
        }
        wanted.poll = *poll;
    }
    out.node_address = std::move(wanted);
    return std::nullopt;
}

std::optional<Error> finish(DaemonOptions& out, const Texts& texts) {
    if (out.node_name.empty()) out.node_name = default_node_name();
    if (!is_object_name(out.node_name)) {
        return Error{"\"" + out.node_name + "\" cannot be the name of a node; give it with --node-name"};
    }
    out.kubeconfig = unless_empty(texts.kubeconfig);
    out.resources = unless_empty(texts.resources);
    out.api_group = *api_group(texts.api_group);
    out.block_source = block_source(texts.block_source);
    out.kernel = texts.kernel == "on";
    const unsigned mark = out.api_group == ApiGroup::dunlin ? 178 : 12;
    out.route_protocol = static_cast<std::uint8_t>(texts.protocol.value_or(mark));
    out.bird_socket = unless_empty(texts.bird);
    out.bird6_socket = unless_empty(texts.bird6);
    out.http_listen = parse_listen(texts.http);
    if (!out.http_listen && texts.http != "off") {
        return Error{"--http-listen: \"" + texts.http +
                     "\" is not ADDRESS:PORT, such as 127.0.0.1:9478, or off"};
    }
    out.secrets_namespace =
        unless_empty(texts.namespace_.empty() ? environment("NAMESPACE") : texts.namespace_);
    if (texts.address == "on") {
        if (auto error = read_node_address(out)) return error;
    }
    if (out.api_group != ApiGroup::dunlin) {
        const std::string prefix = environment("CALICO_ENDPOINT_STATUS_PATH_PREFIX");
        out.endpoint_status = (prefix.empty() ? "/var/run/calico" : prefix) + "/endpoint-status";
    }
    out.log_level = *log_level(texts.level);
    out.log_format = texts.format == "json" ? LogFormat::json : LogFormat::text;
    return std::nullopt;
}

std::string explain(const CLI::ParseError& error, const CLI::App& app) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
        const std::vector<std::string> left = app.remaining();
        return (left.empty() ? std::string("an argument") : left.front()) +
               ": no such flag; dunlind --help shows all";
    }
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text + "; dunlind --help says more";
}

}  // namespace

std::optional<HttpListen> parse_listen(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    HttpListen out;
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (!address || bracketed == address->is_v4() || bad != std::errc() || end != port.data() + port.size() ||
        out.port == 0) {
        return std::nullopt;
    }
    out.address = *address;
    return out;
}

Options DaemonOptions::desired_options() const {
    Options out;
    out.node = node_name;
    out.api_group = api_group;
    out.block_source = block_source;
    for (const char* variable :
         {"CALICO_ROUTER_ID", "CALICO_ADVERTISE_CLUSTER_IPS", "CALICO_K8S_NODE_REF", "USE_POD_CIDR"}) {
        if (std::string value = environment(variable); !value.empty()) out.env[variable] = value;
    }
    return out;
}

Result<std::variant<DaemonOptions, OptionsText>, Error> parse_options(int argc, const char* const* argv) {
    using Outcome = std::variant<DaemonOptions, OptionsText>;
    CLI::App app("The BGP agent of one node.", "dunlind");
    app.set_version_flag("--version", "dunlind " DUNLIN_VERSION);
    DaemonOptions out;
    Texts texts;
    declare(app, out, texts);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return Outcome(OptionsText{app.help()});
    } catch (const CLI::CallForVersion&) {
        return Outcome(OptionsText{"dunlind " DUNLIN_VERSION "\n"});
    } catch (const CLI::ParseError& error) {
        return Unexpected{Error{explain(error, app)}};
    }
    if (auto error = finish(out, texts)) return Unexpected{std::move(*error)};
    return Outcome(std::move(out));
}

}  // namespace dunlin::agent
