// The part of the driver that answers connections which others open.
#include "bgp/io/driver.h"

#include <algorithm>
#include <chrono>

#include "bgp/io/tcp_options.h"
#include "bgp/wire/messages.h"
#include "bgp/wire/numbers.h"

namespace dunlin::bgp::io {
namespace {

constexpr unsigned kAnswersASecond = 10;

}  // namespace

Result<Done, dunlin::Error> SpeakerIo::Driver::listen(const std::vector<ListenAddress>& addresses) {
    for (auto it = listeners_.begin(); it != listeners_.end();) {
        const bool wanted = std::find(addresses.begin(), addresses.end(), it->first) != addresses.end();
        if (!wanted) it->second->close();
        it = wanted ? std::next(it) : listeners_.erase(it);
    }
    Result<Done, dunlin::Error> out = Done();
    for (const ListenAddress& address : addresses) {
        if (listeners_.contains(address)) continue;
        const auto listener = std::make_shared<Listener>(
            context_, address,
            [weak = weak_from_this()](Listener& from, Tcp::socket socket, const IpAddress& remote) {
                if (const auto self = weak.lock()) self->accepted(from, std::move(socket), remote);
            });
        if (auto opened = listener->open(); !opened) {
            if (out) out = std::move(opened);
            continue;
        }
        listeners_.emplace(address, listener);
    }
    for (const auto& [peer, link] : links_) set_listener_keys(*link);
    return out;
}

std::uint16_t SpeakerIo::Driver::port_of(const ListenAddress& address) const {
    const auto found = listeners_.find(address);
    return found == listeners_.end() ? std::uint16_t{0} : found->second->port();
}

void SpeakerIo::Driver::accepted(Listener& listener, Tcp::socket socket, const IpAddress& remote) {
    if (closed_) return;
    const auto peer = speaker_.find_peer(remote);
    if (!peer || find(*peer) == nullptr) {
        ++counters_.strangers;
        return reject(std::move(socket));
    }
    if (!take(listener, socket, *peer, remote)) {
        ++counters_.refused;
        perform_all();
    }
}

// False: it may not have a session now; the socket is closed without a word, so that the neighbour does not
// back off for longer than we do.
bool SpeakerIo::Driver::take(Listener& listener, Tcp::socket& socket, PeerId peer, const IpAddress& remote) {
    const PeerSettings* const settings = speaker_.settings_of(peer);
    if (settings == nullptr) return false;
    const SessionConfig& config = settings->session;
    // A key that the kernel did not take must not become a session without one.
    const LiveTransport live = speaker_.live_of(peer);
    if (!listener.checks(remote, live)) return false;
    boost::system::error_code error;
    const auto local = socket.local_endpoint(error);
    if (error || (config.transport.local_address && address_of(local) != *config.transport.local_address)) {
        return false;
    }
    if (apply_live(socket.native_handle(), remote, live) != 0) return false;
    if (set_no_delay(socket.native_handle()) != 0) return false;
    if (!speaker_.accept(peer, Clock::now())) return false;
    perform_all();  // what makes room for it
    Link* const link = find(peer);
    if (link == nullptr) return false;
    close(*link, Slot::incoming);
    const auto session = std::make_shared<TcpSession>(context_, *this, peer, Slot::incoming);
    session->adopt(std::move(socket), live.ao_keys);
    session_of(*link, Slot::incoming) = session;
    ++counters_.accepted;
    connected(*session);
    return true;
}

// RFC 4486 4. Nothing is read; at most ten a second are answered, the others are only closed.
void SpeakerIo::Driver::reject(Tcp::socket socket) {
    const Time now = Clock::now();
    if (now - answers_since_ >= Seconds(1)) {
        answers_since_ = now;
        answers_ = 0;
    }
    if (answers_ >= kAnswersASecond) return;
    ++answers_;
    ++counters_.strangers_answered;
    const auto session = std::make_shared<TcpSession>(context_, *this, PeerId(0), Slot::incoming);
    session->adopt(std::move(socket));
    session->send(encode_notification(cease(Cease::connection_rejected)));
    session->close();
}

}  // namespace dunlin::bgp::io
