#include "k8s/kubeconfig.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "k8s/files.h"
#include "k8s/yaml.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    unsigned bits = 0, held = 0, padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos || padding > 0) return std::nullopt;
        held = held << 6 | static_cast<unsigned>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xff);
    }
    if (padding > 2) return std::nullopt;
    return out;
}

struct Bad {
    std::string message;
};

// The entry of a list of {name, <what>: {…}}.
json entry(const json& config, const char* list, const char* what, const std::string& name) {
    const auto found = config.find(list);
    if (found != config.end() && found->is_array()) {
        for (const json& item : *found) {
            if (!item.is_object() || item.value("name", json()) != json(name)) continue;
            const json content = item.value(what, json::object());
            return content.is_object() ? content : json::object();
        }
    }
    throw Bad{std::string(list) + ": there is no \"" + name + "\""};
}

std::string text(const json& from, const char* name) {
    const auto found = from.find(name);
    if (found == from.end() || found->is_null()) return {};
    if (!found->is_string()) throw Bad{std::string(name) + ": not a string"};
    return found->get<std::string>();
}

std::string path(const json& from, const char* name, const std::string& folder) {
    const std::string file = text(from, name);
    return file.empty() || file[0] == '/' ? file : (std::filesystem::path(folder) / file).string();
}

TextOrFile pem(const json& from, const std::string& name, const std::string& folder) {
    // As kubectl has it: data wins over a file.
    const std::string inline_text = text(from, (name + "-data").c_str());
    if (inline_text.empty()) return {{}, path(from, name.c_str(), folder)};
    const auto decoded = decode_base64(inline_text);
    if (!decoded) throw Bad{name + "-data: not base64"};
    return {*decoded, {}};
}

void refuse(const json& from, const char* name, const char* instead) {
    const auto found = from.find(name);
    if (found == from.end() || found->is_null() || *found == json(false) || *found == json("")) return;
    throw Bad{std::string(name) + " is not supported; " + instead};
}

ClusterAccess take(const json& config, const std::string& folder, std::string context) {
    if (!config.is_object()) throw Bad{"not a map"};
    if (context.empty()) context = text(config, "current-context");
    if (context.empty()) throw Bad{"current-context: missing"};
    const json chosen = entry(config, "contexts", "context", context);
    const json cluster = entry(config, "clusters", "cluster", text(chosen, "cluster"));
    refuse(cluster, "insecure-skip-tls-verify", "give certificate-authority");
    refuse(cluster, "proxy-url", "the server has to be reachable directly");
    ClusterAccess out;
    out.server = text(cluster, "server");
    if (out.server.empty()) throw Bad{"server: missing"};
    out.tls_server_name = text(cluster, "tls-server-name");
    out.certificate_authority = pem(cluster, "certificate-authority", folder);
    if (const std::string space = text(chosen, "namespace"); !space.empty()) out.namespace_ = space;
    const std::string user_name = text(chosen, "user");
    if (user_name.empty()) return out;
    const json user = entry(config, "users", "user", user_name);
    for (const char* way : {"exec", "auth-provider", "username"}) {
        refuse(user, way, "give a client certificate, token or tokenFile");
    }
    out.client_certificate = pem(user, "client-certificate", folder);
    out.client_key = pem(user, "client-key", folder);
    out.token = {text(user, "token"), path(user, "tokenFile", folder)};
    if (out.client_certificate.empty() != out.client_key.empty()) {
        throw Bad{"client-certificate and client-key go together"};
    }
    return out;
}

}  // namespace

Result<ClusterAccess, Error> parse_kubeconfig(std::string_view text, const std::string& folder,
                                              const std::string& context) {
    json config;
    const auto failed = parse_yaml(text, [&](json value, int) {
        if (config.is_null()) config = std::move(value);
    });
    if (failed) return Unexpected{Error{"line " + std::to_string(failed->line) + ": " + failed->message}};
    try {
        return take(config, folder, context);
    } catch (const Bad& bad) {
        return Unexpected{Error{bad.message}};
    } catch (const json::exception& e) {
        return Unexpected{Error{e.what()}};
    }
}

Result<ClusterAccess, Error> read_kubeconfig(const std::string& path, const std::string& context) {
    const auto text = read_small_file(path);
    if (!text) return Unexpected{Error{text.error()}};
    auto out = parse_kubeconfig(*text, std::filesystem::path(path).parent_path().string(), context);
    if (!out) return Unexpected{Error{path + ": " + out.error().message}};
    return out;
}

}  // namespace dunlin::k8s
