#include "agent/api/workload.h"

#include <nlohmann/json.hpp>

#include "agent/api/fields.h"

namespace dunlin::agent {
namespace {

constexpr std::size_t kMaxNets = 100;

void read_nets(Fields& status, const char* field, Family family, Workload& out) {
    for (const std::string& text : status.texts(field, kMaxNets, 64)) {
        const auto net = InterfaceAddress::parse(text);
        if (net && net->address.family() == family) {
            out.addresses.push_back(net->address);
        } else {
            status.problem(field, excerpt(text) + " is not a prefix of this family");
        }
    }
}

}  // namespace

Result<Workload, Problems> parse_workload(const nlohmann::json& status) {
    Problems problems;
    Workload out;
    Fields fields(status, "", problems);
    if (!status.is_object()) fields.problem("", "is not an object");
    out.interface = fields.text("ifaceName", 15).value_or("");
    out.peer = fields.text("bgpPeerName", 253).value_or("");
    read_nets(fields, "ipv4Nets", Family::ipv4, out);
    read_nets(fields, "ipv6Nets", Family::ipv6, out);
    if (!problems.empty()) return Unexpected{std::move(problems)};
    return out;
}

}  // namespace dunlin::agent
