// Speakers on loopback addresses in one process, and a neighbour made of a bare socket, all on one
// io_context.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "bgp/io/endpoint.h"
#include "bgp/io/speaker_io.h"
#include "bgp/session/negotiate.h"
#include "bgp/speaker.h"
#include "bgp/wire/framer.h"
#include "bgp/wire/messages.h"

namespace dunlin::bgp::io::test {

// Runs handlers until the condition holds or the limit is over.
template <class Condition>
bool run_until(boost::asio::io_context& context, std::chrono::milliseconds limit, Condition condition) {
    const Time end = Clock::now() + limit;
    while (!condition()) {
        if (Clock::now() >= end) return condition();
        context.restart();
        context.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
}

inline SpeakerSettings settings_of(const IpAddress& address, std::uint32_t router_id) {
    SpeakerSettings out;
    out.router_id = RouterId(router_id);
    out.own_addresses = {address};
    out.own_ipv4 = address;
    // A loopback address is no next hop: the tests announce IPv6 prefixes over their IPv4 sessions.
    out.own_ipv6 = IpAddress::parse("2001:db8:ffff::" + std::to_string(router_id % 1000));
    out.fib = false;
    return out;
}

// A speaker with its sockets.
struct Node {
    Node(boost::asio::io_context& its_context, const std::string& its_address, std::uint32_t its_as)
        : context(its_context),
          address(*IpAddress::parse(its_address)),
          as(its_as),
          speaker(settings_of(address, its_as)),
          io(context, speaker, hooks()) {
        const auto listening = io.listen({{address, 0, ""}});
        if (!listening) problems.push_back(listening.error().message);
    }
    IoHooks hooks() {
        IoHooks out;
        out.action = [this](PeerId, const PeerAction& action) {
            if (const auto* const down = std::get_if<Down>(&action)) ends.push_back(down->why);
            if (const auto* const failed = std::get_if<Failed>(&action)) ends.push_back(failed->why);
        };
        out.problem = [this](const std::string& text) { problems.push_back(text); };
        return out;
    }
    std::uint16_t port() const { return io.port_of({address, 0, ""}); }

    // A neighbour at that address; tests change it before apply().
    PeerSettings& peer(const std::string& remote, std::uint16_t port, std::uint32_t remote_as) {
        PeerSettings& out = wanted[remote];
        out.session.transport.peer_address = *IpAddress::parse(remote);
        out.session.transport.peer_port = port;
        out.session.transport.local_address = address;
        out.session.offer.local_as = Asn(as);
        out.session.offer.peer_as = Asn(remote_as);
        out.session.offer.router_id = RouterId(as);
        out.session.offer.families = {Family::ipv4, Family::ipv6};
        out.session.timers.connect_retry = Seconds(1);
        out.session.timers.error_wait_min = Seconds(1);
        out.session.timers.error_wait_max = Seconds(2);
        out.policy.export_ipv4.edit().accept_all = out.policy.export_ipv6.edit().accept_all = true;
        return out;
    }
    void apply() {
        speaker.configure(settings_of(address, as), wanted, Clock::now());
        io.wake();
    }
    void announce(const std::string& prefix) {
        LocalRoute route;
        route.preference = kPreferenceStatic;
        route.blackhole = true;
        speaker.announce(LocalProtocol::static1, *Prefix::parse(prefix), route, Clock::now());
        io.wake();
    }
    PeerStatus status(const std::string& remote) const { return speaker.peer(remote)->session; }
    bool up(const std::string& remote) const { return status(remote).state == "Established"; }
    // An IPv6 prefix.
    bool has(const std::string& prefix) const { return speaker.lookup(*Prefix::parse(prefix)).has_value(); }

    boost::asio::io_context& context;
    IpAddress address;
    std::uint32_t as;
    std::map<std::string, PeerSettings> wanted;
    std::vector<Ended> ends;
    std::vector<std::string> problems;
    Speaker speaker;
    SpeakerIo io;
};

// Two nodes that know each other.
struct Pair {
    Pair(boost::asio::io_context& context, const std::string& one, const std::string& two)
        : left(context, one, 65001), right(context, two, 65002) {
        left.peer(two, right.port(), 65002);
        right.peer(one, left.port(), 65001);
    }
    PeerSettings& left_settings() { return left.wanted.begin()->second; }
    PeerSettings& right_settings() { return right.wanted.begin()->second; }
    void apply() {
        left.apply();
        right.apply();
    }
    bool up() const { return left.up(left.wanted.begin()->first) && right.up(right.wanted.begin()->first); }

    Node left, right;
};

// A neighbour without a state machine: it connects from `from` and says what the test wants.
class BareNeighbour {
public:
    BareNeighbour(boost::asio::io_context& context, const std::string& from, const Node& to)
        : context_(context), socket_(context) {
        socket_.open(Tcp::v4());
        socket_.bind(endpoint_of(*IpAddress::parse(from), 0));
        socket_.connect(endpoint_of(to.address, to.port()));
        socket_.non_blocking(true);
    }
    Tcp::socket& socket() { return socket_; }
    // Writes as much as the other side takes.
    void write(const std::vector<std::uint8_t>& bytes) {
        std::size_t done = 0;
        run_until(context_, std::chrono::seconds(5), [&] {
            boost::system::error_code error;
            done += socket_.write_some(boost::asio::buffer(bytes.data() + done, bytes.size() - done), error);
            return done == bytes.size() || (error && error != boost::asio::error::would_block);
        });
    }
    // Reads until the end of the stream; false: it did not come, or the connection was reset.
    bool read_to_end(std::chrono::milliseconds limit = std::chrono::seconds(5)) {
        bool ended = false;
        run_until(context_, limit, [&] {
            const auto error = read_some();
            ended = error == boost::asio::error::eof;
            return error && error != boost::asio::error::would_block;
        });
        return ended;
    }
    // The next message; nothing when none comes.
    std::optional<std::vector<std::uint8_t>> message(
        std::chrono::milliseconds limit = std::chrono::seconds(5)) {
        std::optional<std::vector<std::uint8_t>> out;
        run_until(context_, limit, [&] {
            const auto frame = peek(received, kMaxExtendedMessage);
            if (frame && *frame) {
                const std::size_t size = (*frame)->whole.size();
                out.emplace(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(size));
                received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(size));
                return true;
            }
            const auto error = read_some();
            return error && error != boost::asio::error::would_block;
        });
        return out;
    }
    // OPEN and KEEPALIVE both ways.
    bool establish(const SessionConfig& config) {
        write(encode_open(our_open(config, {})));
        if (!message() || !message()) return false;
        write(encode_keepalive());
        return true;
    }

    std::vector<std::uint8_t> received;

private:
    boost::system::error_code read_some() {
        std::vector<std::uint8_t> buffer(64 * 1024);
        boost::system::error_code error;
        const std::size_t size = socket_.read_some(boost::asio::buffer(buffer), error);
        received.insert(received.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
        return error;
    }

    boost::asio::io_context& context_;
    Tcp::socket socket_;
};

// The other side of what `node` wants of its neighbour at `remote`.
inline SessionConfig mirrored(const Node& node, const std::string& remote) {
    SessionConfig out = node.wanted.at(remote).session;
    std::swap(out.offer.local_as, out.offer.peer_as);
    out.offer.router_id = RouterId(out.offer.local_as.value());
    return out;
}

}  // namespace dunlin::bgp::io::test
