#include "agent/node_address.h"

#include <algorithm>
#include <regex>
#include <string_view>

#include "bgp/base/words.h"

namespace dunlin::agent {
namespace {

// Interfaces of containers, bridges and tunnels: never the node's own address.
constexpr const char* kNeverFirst =
    "docker.*|cbr.*|dummy.*|virbr.*|lxcbr.*|veth.*|lo|cali.*|tunl.*|flannel.*|kube-ipvs.*|cni.*|vxlan.*|"
    "wireguard.*|nodelocaldns.*";
constexpr std::string_view kMethods =
    "first-found, can-reach=DESTINATION, interface=REGEX,…, skip-interface=REGEX,…, cidr=CIDR,…, "
    "kubernetes-internal-ip";

std::optional<std::regex> compiled(const std::string& pattern) {
    try {
        return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error&) {
        return std::nullopt;
    }
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) {
        const auto regex = compiled(pattern);
        return regex && std::regex_search(name, *regex);
    });
}

Unexpected<Error> wrong(const std::string& text, const std::string& why) {
    return {Error{"\"" + text + "\" " + why + "; could be: " + std::string(kMethods)}};
}

std::optional<InterfaceAddress> of_machine(const AddressFacts& facts, const IpAddress& wanted) {
    for (const MachineAddress& own : facts.machine) {
        if (own.address.address == wanted) return own.address;
    }
    return std::nullopt;
}

template <class Fits>
std::optional<InterfaceAddress> first_that(const AddressFacts& facts, Family family, Fits fits) {
    for (const MachineAddress& own : facts.machine) {
        if (own.address.address.family() == family && fits(own)) return own.address;
    }
    return std::nullopt;
}

// In the order of the patterns, not of the interfaces.
std::optional<InterfaceAddress> by_pattern(const AddressFacts& facts, Family family,
                                           const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        const auto found = first_that(
            facts, family, [&](const MachineAddress& own) { return matches(own.interface, {pattern}); });
        if (found) return found;
    }
    return std::nullopt;
}

std::optional<InterfaceAddress> detect(const DetectMethod& method, Family family, const AddressFacts& facts) {
    switch (method.by) {
        case DetectBy::first_found: {
            const std::regex never(kNeverFirst);
            return first_that(facts, family, [&](const MachineAddress& own) {
                return !std::regex_match(own.interface, never);
            });
        }
        case DetectBy::can_reach: {
            const auto source =
                facts.source_towards ? facts.source_towards(method.destination) : std::nullopt;
            return source && source->family() == family ? of_machine(facts, *source) : std::nullopt;
        }
        case DetectBy::interface:
            return by_pattern(facts, family, method.patterns);
        case DetectBy::skip_interface: {
            const std::regex never(kNeverFirst);
            return first_that(facts, family, [&](const MachineAddress& own) {
                return !matches(own.interface, method.patterns) && !std::regex_match(own.interface, never);
            });
        }
        case DetectBy::cidr:
            return first_that(facts, family, [&](const MachineAddress& own) {
                return std::ranges::any_of(
                    method.cidrs, [&](const Prefix& cidr) { return cidr.contains(own.address.address); });
            });
        case DetectBy::kubernetes_internal_ip:
            return facts.internal && facts.internal->family() == family ? of_machine(facts, *facts.internal)
                                                                        : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Result<DetectMethod, Error> parse_detect_method(const std::string& text) {
    DetectMethod out;
    const std::size_t equals = text.find('=');
    const std::string word = text.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (text.empty() || text == "first-found") return out;
    if (text == "kubernetes-internal-ip") {
        out.by = DetectBy::kubernetes_internal_ip;
    } else if (word == "can-reach" && !value.empty()) {
        out.by = DetectBy::can_reach;
        out.destination = value;
    } else if ((word == "interface" || word == "skip-interface") && !value.empty()) {
        out.by = word == "interface" ? DetectBy::interface : DetectBy::skip_interface;
        const auto patterns = words(value, ",");
        out.patterns.assign(patterns.begin(), patterns.end());
        for (const std::string& pattern : out.patterns) {
            if (!compiled(pattern)) return wrong(pattern, "is no regular expression");
        }
    } else if (word == "cidr" && !value.empty()) {
        out.by = DetectBy::cidr;
        for (const std::string_view part : words(value, ",")) {
            const auto cidr = Prefix::parse(part);
            if (!cidr) return wrong(std::string(part), "is not a CIDR");
            out.cidrs.push_back(*cidr);
        }
    } else {
        return wrong(text, "is no method of detection");
    }
    return out;
}

Result<AddressWish, Error> parse_address_wish(Family family, const std::string& address,
                                              const std::string& method) {
    AddressWish out;
    auto parsed = parse_detect_method(method);
    if (!parsed) return Unexpected{parsed.error()};
    out.method = *std::move(parsed);
    if (address.empty()) {
        if (family == Family::ipv4) out.kind = AddressWish::Kind::detect_if_missing;
    } else if (address == "autodetect") {
        out.kind = AddressWish::Kind::detect;
    } else if (address == "none") {
        out.kind = AddressWish::Kind::none;
    } else {
        out.kind = AddressWish::Kind::fixed;
        out.fixed = InterfaceAddress::parse(address);
        if (!out.fixed || out.fixed->address.family() != family) {
            return Unexpected{Error{"\"" + address + "\" is not an " +
                                    (family == Family::ipv4 ? "IPv4" : "IPv6") +
                                    " address, autodetect or none"}};
        }
    }
    return out;
}

AddressDecision decide_address(const AddressWish& wish, Family family, const AddressFacts& facts,
                               bool check_others) {
    using Kind = AddressWish::Kind;
    AddressDecision out;
    if (wish.kind == Kind::untouched || (wish.kind == Kind::detect_if_missing && facts.now)) return out;
    if (wish.kind == Kind::none) {
        out.change = facts.now.has_value();
        return out;
    }
    const bool detects = wish.kind != Kind::fixed;
    std::optional<InterfaceAddress> found = detects ? detect(wish.method, family, facts) : wish.fixed;
    if (!detects && found->prefix_length == bits(family)) {
        if (const auto own = of_machine(facts, found->address)) found = own;
    }
    if (!found) {
        out.problem = "no address was found";
        return out;  // what the Node says may come back with its interface
    }
    const auto other = check_others ? facts.others.find(found->address) : facts.others.end();
    if (other != facts.others.end()) {
        out.problem = found->address.to_string() + " is the address of node " + other->second;
        out.change = detects && facts.now.has_value();
        return out;
    }
    out.address = found;
    out.change = found != facts.now;
    return out;
}

}  // namespace dunlin::agent
