// The inside of SpeakerIo.
#pragma once

#include "bgp/io/endpoint.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bgp/io/listener.h"
#include "bgp/io/speaker_io.h"
#include "bgp/io/tcp_session.h"

namespace dunlin::bgp::io {

class SpeakerIo::Driver final : public SessionOwner, public std::enable_shared_from_this<SpeakerIo::Driver> {
public:
    Driver(boost::asio::io_context& context, Speaker& speaker, IoHooks hooks);

    Result<Done, dunlin::Error> listen(const std::vector<ListenAddress>& addresses);
    void wake();
    void close_all();
    std::uint16_t port_of(const ListenAddress& address) const;
    const IoCounters& counters() const { return counters_; }

    void connected(TcpSession& session) override;
    void broken(TcpSession& session, int error) override;
    void stalled(TcpSession& session) override;
    std::size_t received(TcpSession& session, Bytes bytes) override;
    Chunk next_output(TcpSession& session) override;
    std::vector<std::uint8_t>& read_buffer() override { return read_buffer_; }

private:
    // What the driver has of one neighbour.
    struct Link {
        explicit Link(boost::asio::io_context& context) : timer(context) {}
        IpAddress remote;
        LiveTransport keys;                                   // that the listeners have
        std::array<std::shared_ptr<TcpSession>, 2> sessions;  // by Slot
        std::optional<Slot> up;
        boost::asio::steady_timer timer;
        Time armed_at = kNever;
    };

    std::shared_ptr<TcpSession>& session_of(Link& link, Slot slot) {
        return link.sessions[static_cast<std::size_t>(slot)];
    }
    Link* find(PeerId peer);
    void event(TcpSession& session, const fsm::Event& event);

    void turn(PeerId touched);
    void perform_all();
    void perform(const SpeakerAction& action);
    void perform(PeerId peer, const PeerAction& action);
    void dial(PeerId peer, Link& link);
    void close(Link& link, Slot slot);
    void went_up(Link& link, const Up& up);
    void change_live(PeerId peer, Link& link, const LiveTransport& live);
    void add(PeerId peer);
    void remove(PeerId peer);
    void set_listener_keys(Link& link);
    void report(const IpAddress& remote, const std::string& what, int error);

    void arm(PeerId peer, Link& link);
    void due(PeerId peer);
    void count_retransmissions(PeerId peer, const Link& link);
    void schedule_slice();
    void slice();
    void schedule_output();
    void output();

    void accepted(Listener& listener, Tcp::socket socket, const IpAddress& remote);
    bool take(Listener& listener, Tcp::socket& socket, PeerId peer, const IpAddress& remote);
    void reject(Tcp::socket socket);

    boost::asio::io_context& context_;
    Speaker& speaker_;
    IoHooks hooks_;
    std::map<PeerId, std::unique_ptr<Link>> links_;
    std::map<ListenAddress, std::shared_ptr<Listener>> listeners_;
    std::set<PeerId> touched_;
    std::vector<std::uint8_t> read_buffer_;
    IoCounters counters_;
    Time answers_since_{};
    unsigned answers_ = 0;
    bool performing_ = false;
    bool slice_scheduled_ = false;
    bool output_scheduled_ = false;
    std::vector<PeerId> ready_;  // have something to be sent
    bool closed_ = false;
};

}  // namespace dunlin::bgp::io
