#include "netlink/full_dump.h"

#include <array>

namespace dunlin::netlink {
namespace {

constexpr unsigned kAttempts = 5;
constexpr std::size_t kDatagramsPerStep = 8;  // of 32 KiB: some 4000 routes, a few milliseconds

constexpr std::array<const char*, 4> kNames = {"links", "addresses", "IPv4 routes", "IPv6 routes"};

}  // namespace

void FullDump::begin() {
    part_ = Part::links;
    asked_ = inexact_ = false;
    attempts_ = 0;
    error_.clear();
}

FullDump::State FullDump::fail(const std::string& why) {
    error_ = std::string("reading ") + kNames[static_cast<std::size_t>(part_)] + ": " + why;
    return State::failed;
}

bool FullDump::begin_part() {
    const std::uint32_t sequence = socket_.next_sequence();
    std::vector<std::uint8_t> request;
    if (part_ == Part::links) {
        links_.clear();
        request = link_dump_request(sequence);
    } else if (part_ == Part::addresses) {
        addresses_.clear();
        request = address_dump_request(sequence);
    } else {
        const Family family = part_ == Part::ipv4_routes ? Family::ipv4 : Family::ipv6;
        routes_.on_dump_begin(family);
        request = route_dump_request(sequence, family, table_);
    }
    const auto begun = socket_.begin_dump(request, sequence);
    if (!begun) error_ = begun.error().message;
    return begun.has_value();
}

void FullDump::take(Event&& event) {
    if (auto* const link = std::get_if<LinkChanged>(&event)) {
        links_[link->link.index] = std::move(link->link);
    } else if (auto* const address = std::get_if<AddressAdded>(&event)) {
        addresses_.insert(address->address);
    } else if (const auto* const route = std::get_if<RouteAdded>(&event)) {
        routes_.on_dump_route(route->route);
    }
}

FullDump::State FullDump::step() {
    if (!asked_ && !begin_part()) return State::failed;
    asked_ = true;
    const auto got = socket_.continue_dump(kDatagramsPerStep, RouteFilter{table_},
                                           [this](std::uint32_t, Event&& event) { take(std::move(event)); });
    switch (got) {
        case RequestSocket::DumpState::more:
            return State::running;
        case RequestSocket::DumpState::failed:
            return fail(socket_.dump_error());
        case RequestSocket::DumpState::interrupted:
            asked_ = false;
            if (++attempts_ < kAttempts) return State::running;
            inexact_ = true;
            break;
        case RequestSocket::DumpState::done:
            break;
    }
    end_part();
    return part_ == Part::links ? State::done : State::running;
}

// The next one; after the last the first, which means the end.
void FullDump::end_part() {
    if (part_ == Part::ipv4_routes || part_ == Part::ipv6_routes) routes_.on_dump_end();
    part_ = static_cast<Part>((static_cast<unsigned>(part_) + 1) % kNames.size());
    asked_ = false;
    attempts_ = 0;
}

}  // namespace dunlin::netlink
