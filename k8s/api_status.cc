#include "k8s/api_status.h"

#include <nlohmann/json.hpp>

namespace dunlin::k8s {
namespace {

using nlohmann::json;

WriteError::Kind kind_of(int status) {
    switch (status) {
        case 0:
            return WriteError::Kind::unreachable;
        case 400:
        case 413:
        case 415:
        case 422:
            return WriteError::Kind::invalid;
        case 401:
        case 403:
            return WriteError::Kind::forbidden;
        case 404:
            return WriteError::Kind::not_found;
        case 409:
            return WriteError::Kind::conflict;
        case 429:
        case 503:
            return WriteError::Kind::overloaded;
        default:
            return WriteError::Kind::failed;
    }
}

// One line of what may be anything.
std::string line_of(std::string text) {
    constexpr std::size_t most = 400;
    if (text.size() > most) text = text.substr(0, most) + "...";
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

std::string text_of(const json& from, const char* name) {
    const auto found = from.find(name);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ApiStatus api_status(const HttpResponse& response) {
    ApiStatus out;
    out.code = response.status;
    if (response.status == 0) {
        out.message = response.error.empty() ? "no answer" : line_of(response.error);
        return out;
    }
    std::string said = response.body;
    const json body = json::parse(response.body, nullptr, false);
    if (body.is_object() && text_of(body, "kind") == "Status") {
        out.reason = text_of(body, "reason");
        said = text_of(body, "message");
        const auto code = body.find("code");
        if (code != body.end() && code->is_number_integer()) out.code = code->get<int>();
    }
    if (said.empty()) said = response.error;
    out.message = "HTTP " + std::to_string(response.status);
    if (!out.reason.empty()) out.message += " " + line_of(out.reason);
    if (!said.empty()) out.message += ": " + line_of(std::move(said));
    return out;
}

WriteError write_error(const HttpResponse& response) {
    const bool answered = response.error.empty() || response.status >= 300;
    WriteError out;
    out.status = answered ? response.status : 0;
    out.kind = kind_of(out.status);
    out.message = answered ? api_status(response).message : response.error;
    out.retry_after = response.retry_after;
    return out;
}

}  // namespace dunlin::k8s
