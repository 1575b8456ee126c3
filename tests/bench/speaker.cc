// The speaker in memory, without sockets: one neighbour sends a table, another is sent it; time a route and
// memory. Usage: bench_speaker [prefixes (1000000)] [prefixes an UPDATE (10)] [neighbours out (1)]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "bgp/speaker.h"
#include "bgp/wire/encode.h"
#include "bgp/wire/messages.h"

using namespace dunlin;
using namespace dunlin::bgp;

namespace {

// Of the processor: the machine may be shared.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double seconds(double from) { return seconds() - from; }

double resident_mib() {
    std::ifstream in("/proc/self/statm");
    long pages = 0;
    in >> pages >> pages;
    return static_cast<double>(pages) * 4096 / 1048576;
}

IpAddress neighbour(unsigned n) { return IpAddress::v4(0xc0000200 + n); }

PeerSettings settings(unsigned n) {
    PeerSettings out;
    out.session.transport.peer_address = neighbour(n);
    out.session.transport.local_address = IpAddress::v4(0xc00002fe);
    out.session.transport.passive = true;
    out.session.offer.local_as = Asn(65000);
    out.session.offer.peer_as = Asn(65000 + n);
    out.session.offer.router_id = RouterId(254);
    out.session.offer.families = {Family::ipv4};
    out.policy.export_ipv4.edit().accept_all = true;
    return out;
}

void send(Speaker& speaker, PeerId peer, const std::vector<std::uint8_t>& bytes, Time now) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t taken = speaker.received(peer, Slot::incoming, Bytes(bytes).subspan(at), now);
        if (taken == 0) break;
        at += taken;
    }
}

// The neighbour's side of the opening.
PeerId establish(Speaker& speaker, unsigned n, Time now) {
    const PeerId peer = *speaker.find_peer(neighbour(n));
    if (!speaker.accept(peer, now)) std::abort();
    speaker.handle(peer, Slot::incoming, fsm::TcpConnected{}, now);
    Open open;
    open.asn = Asn(65000 + n);
    open.hold_time = Seconds(90);
    open.identifier = RouterId(n);
    open.capabilities.families = {unicast(Family::ipv4)};
    open.capabilities.four_octet_as = open.asn;
    send(speaker, peer, encode_open(open), now);
    send(speaker, peer, encode_keepalive(), now);
    return peer;
}

std::vector<std::uint8_t> table(unsigned prefixes, unsigned per_update, unsigned as, bool better = false) {
    std::vector<std::uint8_t> out;
    std::vector<std::uint8_t> block;
    std::vector<Nlri> nlri;
    PackContext pack;
    for (unsigned i = 0; i < prefixes; i += per_update) {
        PathAttributes attributes;
        attributes.as_path = AsPath::sequence({Asn(as), Asn(1000 + i % 50000), Asn(70000 + i / per_update)});
        if (better) attributes.as_path = AsPath::sequence({Asn(as), Asn(70000 + i / per_update)});
        attributes.communities = {0xfde80000 + i % 1000};
        block.clear();
        encode_attributes(attributes, {true, false}, block);
        nlri.clear();
        for (unsigned j = i; j < i + per_update && j < prefixes; ++j) {
            nlri.push_back({*Prefix::from(IpAddress::v4(0x10000000 + (j << 8)), 24), PathId(0)});
        }
        encode_announcements(nlri, block, {neighbour(as - 65000), std::nullopt}, pack, out);
    }
    return out;
}

std::size_t drain(Speaker& speaker, PeerId peer, Time now) {
    std::size_t octets = 0;
    while (const Chunk chunk = speaker.next_output(peer, now)) octets += chunk->size();
    return octets;
}

void report(const char* what, double time, unsigned prefixes) {
    std::printf("%-28s %7.3f s  %6.3f us/route  %7.1f MiB resident\n", what, time, time * 1e6 / prefixes,
                resident_mib());
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int n, unsigned other) {
        return argc > n ? static_cast<unsigned>(std::strtoul(argv[n], nullptr, 10)) : other;
    };
    const unsigned prefixes = argument(1, 1000000);
    const unsigned per_update = argument(2, 10);
    const unsigned receivers = argument(3, 1);
    const Time now{std::chrono::hours(1)};
    const std::vector<std::uint8_t> input = table(prefixes, per_update, 65001);
    const double before = resident_mib();

    SpeakerSettings ours;
    ours.router_id = RouterId(254);
    ours.fib = false;
    ours.hash_seed = 42;
    Speaker speaker(ours);
    std::map<std::string, PeerSettings> wanted;
    for (unsigned n = 1; n <= receivers + 2; ++n) wanted["n" + std::to_string(n)] = settings(n);
    speaker.configure(ours, wanted, now);
    LocalRoute lan;
    lan.preference = kPreferenceDirect;
    lan.interface = "eth0";
    lan.interface_index = 2;
    speaker.announce(LocalProtocol::direct1, *Prefix::parse("192.0.2.0/24"), lan, now);
    const PeerId from = establish(speaker, 1, now);
    std::vector<PeerId> to;
    for (unsigned n = 2; n <= receivers + 1; ++n) to.push_back(establish(speaker, n, now));

    std::size_t octets = 0;
    const auto start = seconds();
    double output = 0;
    const auto pull = [&] {
        const auto begin = seconds();
        for (const PeerId each : to) octets += drain(speaker, each, now);
        drain(speaker, from, now);
        output += seconds(begin);
    };
    for (std::size_t at = 0; at < input.size();) {
        at += speaker.received(from, Slot::incoming, Bytes(input).subspan(at), now);
        speaker.take_actions();
        pull();
    }
    const double total = seconds(start);
    report("in", total - output, prefixes);
    report("out", output, prefixes);
    report("in and out", total, prefixes);
    const SpeakerStats stats = speaker.stats();
    std::printf(
        "%u routes, %u sets, %zu octets out; MiB: growth %.1f, table %.1f, attributes %.1f, sent %.1f\n",
        stats.tables[0].paths, stats.attribute_sets, octets, resident_mib() - before,
        static_cast<double>(stats.tables[0].bytes) / 1048576,
        static_cast<double>(stats.attribute_bytes) / 1048576,
        static_cast<double>(stats.sent_bytes) / 1048576);

    // A second, better path for all, and its loss; then the loss of the first.
    const unsigned last = receivers + 2;
    const std::vector<std::uint8_t> better = table(prefixes, per_update, 65000 + last, true);
    const PeerId second = establish(speaker, last, now);
    const auto settle = [&] {
        bool more = true;
        while (more) {
            more = speaker.run_slice(now);
            for (const PeerId each : to) octets += drain(speaker, each, now);
            drain(speaker, from, now);
            drain(speaker, second, now);
        }
    };
    settle();
    auto begin = seconds();
    for (std::size_t at = 0; at < better.size();) {
        at += speaker.received(second, Slot::incoming, Bytes(better).subspan(at), now);
        speaker.take_actions();
        settle();
    }
    report("a better path", seconds(begin), prefixes);
    begin = seconds();
    wanted.erase("n" + std::to_string(last));
    speaker.configure(ours, wanted, now);
    settle();
    report("loss of the better", seconds(begin), prefixes);
    begin = seconds();
    wanted.erase("n1");
    speaker.configure(ours, wanted, now);
    double longest = 0;
    for (bool more = true; more;) {
        const auto slice = seconds();
        more = speaker.run_slice(now);
        for (const PeerId each : to) octets += drain(speaker, each, now);
        longest = std::max(longest, seconds(slice));
    }
    report("loss of the neighbour", seconds(begin), prefixes);
    std::printf("longest turn %.4f s; left: %u routes, %u sets, %u sent sets\n", longest,
                speaker.stats().tables[0].paths, speaker.stats().attribute_sets, speaker.stats().sent_sets);
    return 0;
}
