// One TCP connection of a neighbour: opens it or takes an accepted one, reads octets, writes what it is given
// and pulls the rest when the socket can take more. It decides nothing and knows no message.
// RFC 4271 8 (connection), RFC 9687 (a neighbour that does not read).
#pragma once

#include "bgp/io/endpoint.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/rib/chunk.h"
#include "bgp/session/config.h"
#include "bgp/session/peer.h"
#include "bgp/speaker.h"

namespace dunlin::bgp::io {

class TcpSession;

// Who is told. connected, broken and stalled are never called from inside a method of the session.
class SessionOwner {
public:
    virtual void connected(TcpSession& session) = 0;
    // An errno; 0: the neighbour closed.
    virtual void broken(TcpSession& session, int error) = 0;
    // Nothing could be written for the whole send hold time.
    virtual void stalled(TcpSession& session) = 0;
    // How many octets were taken from the front.
    virtual std::size_t received(TcpSession& session, Bytes bytes) = 0;
    virtual Chunk next_output(TcpSession& session) = 0;
    // Room for one read of any session.
    virtual std::vector<std::uint8_t>& read_buffer() = 0;

protected:
    ~SessionOwner() = default;
};

class TcpSession : public std::enable_shared_from_this<TcpSession> {
public:
    TcpSession(boost::asio::io_context& context, SessionOwner& owner, PeerId peer, Slot slot);

    void dial(const Transport& transport, const LiveTransport& live);
    // An accepted one, which has the listener's keys.
    void adopt(Tcp::socket socket, const std::vector<AoKey>& ao_keys = {});
    void read();  // begin to, after connected
    void send(std::vector<std::uint8_t> bytes);
    void pull_output();  // there is something to ask the owner for
    // Orderly: what was sent goes out, then the sending side is shut down and what the neighbour still sends
    // is read, so that its kernel does not throw our NOTIFICATION away with the connection. The owner hears
    // no more of it.
    void close();
    void abort();                                                 // at once
    int apply(const IpAddress& peer, const LiveTransport& live);  // 0 or an errno
    unsigned retransmissions() const;                             // of the oldest unanswered segment
    void set_send_hold(Seconds limit) { send_hold_ = limit; }

    PeerId peer() const { return peer_; }
    Slot slot() const { return slot_; }
    std::optional<IpAddress> local_address() const;

private:
    using Error = boost::system::error_code;

    int prepare(const Transport& transport, const LiveTransport& live);
    void fail_later(int error);
    void wait_readable();
    void on_readable();
    void drain();
    void process();
    void write();
    bool something_to_write();
    void consume(std::size_t written);
    void wait_for_room();
    void arm_stall_timer();
    void finish_writing();

    boost::asio::io_context& context_;
    SessionOwner* owner_;  // nullptr: closed
    PeerId peer_;
    Slot slot_;
    Tcp::socket socket_;
    boost::asio::steady_timer timer_;  // while open: a stall; while closing: the limit of the farewell
    std::vector<std::uint8_t> rest_;   // read, not yet taken
    std::size_t taken_ = 0;            // of rest_
    std::deque<Chunk> queue_;
    std::size_t written_ = 0;     // of queue_.front()
    std::vector<AoKey> ao_keys_;  // that the socket has
    std::size_t drained_ = 0;
    Seconds send_hold_{480};
    Time blocked_at_{};
    bool blocked_ = false;  // nothing could be written since then
    bool open_ = false;
    bool closing_ = false;
    bool shut_ = false;         // our sending side
    bool peer_closed_ = false;  // its sending side
    bool reading_ = false;
    bool writing_ = false;  // waits for room in the socket, and so for its next turn
    bool timer_armed_ = false;
    bool output_ready_ = false;
};

}  // namespace dunlin::bgp::io
