#include "agent/api/peer_endpoint.h"

#include <algorithm>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

struct Split {
    std::string_view address;
    std::optional<std::string_view> port;
};

// Takes port and brackets off. Nothing when the brackets are wrong.
std::optional<Split> split_port(std::string_view text) {
    if (text.starts_with("[")) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view rest = text.substr(close + 1);
        if (rest.empty()) return Split{text.substr(1, close - 1), std::nullopt};
        if (!rest.starts_with(":")) return std::nullopt;
        return Split{text.substr(1, close - 1), rest.substr(1)};
    }
    if (std::count(text.begin(), text.end(), ':') != 1) return Split{text, std::nullopt};
    const std::size_t colon = text.find(':');
    return Split{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Result<PeerEndpoint, Error> parse_peer_endpoint(std::string_view text) {
    const auto no_address = [&] { return Unexpected{Error{excerpt(text) + " is not an IP address"}}; };
    const auto parts = split_port(text);
    if (!parts) return no_address();
    PeerEndpoint out;
    const std::size_t scope = parts->address.find('%');
    const auto address = IpAddress::parse(parts->address.substr(0, scope));
    if (!address) return no_address();
    out.address = *address;
    if (scope != std::string_view::npos) out.interface = std::string(parts->address.substr(scope + 1));
    if (parts->port) {
        const auto port = parse_number(*parts->port, 65535);
        if (!port || *port == 0) {
            return Unexpected{Error{excerpt(*parts->port) + " is not a port between 1 and 65535"}};
        }
        out.port = static_cast<std::uint16_t>(*port);
    }
    const bool link_local = !address->is_v4() && address->is_link_local();
    if (link_local && out.interface.empty()) {
        return Unexpected{Error{excerpt(text) + " is link-local: it needs an interface, as in fe80::1%eth0"}};
    }
    if (!out.interface.empty() && (!link_local || out.interface.size() > 15)) {
        return Unexpected{
            Error{excerpt(text) + ": an interface of up to 15 characters goes with a link-local address"}};
    }
    if (address->is_unspecified()) {
        return Unexpected{Error{excerpt(text) + " cannot be the address of a neighbour"}};
    }
    return out;
}

}  // namespace dunlin::agent
