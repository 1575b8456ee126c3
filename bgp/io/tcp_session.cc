#include "bgp/io/tcp_session.h"

#include <net/if.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bgp/io/tcp_ao.h"
#include "bgp/io/tcp_options.h"

namespace dunlin::bgp::io {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kWritePerTurn = 256 * 1024;  // then the other sockets have their turn
constexpr std::size_t kMostBuffers = 16;           // of one gather write
constexpr std::size_t kMostDrained = 1024 * 1024;  // read after our farewell
constexpr Seconds kFarewell{5};

}  // namespace

TcpSession::TcpSession(asio::io_context& context, SessionOwner& owner, PeerId peer, Slot slot)
    : context_(context), owner_(&owner), peer_(peer), slot_(slot), socket_(context), timer_(context) {}

int TcpSession::prepare(const Transport& transport, const LiveTransport& live) {
    const IpAddress& peer = transport.peer_address;
    Error error;
    socket_.open(protocol_of(peer.family()), error);
    if (!error) socket_.non_blocking(true, error);
    if (error) return errno_of(error);
    if (const int failed = apply_live(socket_.native_handle(), peer, live); failed != 0) return failed;
    if (const int failed =
            set_ao_keys(socket_.native_handle(), SocketKind::connection, peer, live.ao_keys, {});
        failed != 0)
        return failed;
    ao_keys_ = live.ao_keys;
    if (const int failed = set_no_delay(socket_.native_handle()); failed != 0) return failed;
    if (transport.local_address) {
        std::uint32_t scope = 0;
        if (transport.local_address->is_link_local()) scope = if_nametoindex(transport.interface.c_str());
        socket_.bind(endpoint_of(*transport.local_address, 0, scope), error);
    }
    return errno_of(error);
}

void TcpSession::dial(const Transport& transport, const LiveTransport& live) {
    std::uint32_t scope = 0;
    if (!transport.interface.empty()) {
        scope = if_nametoindex(transport.interface.c_str());
        if (scope == 0) return fail_later(ENODEV);
    }
    if (const int error = prepare(transport, live); error != 0) return fail_later(error);
    socket_.async_connect(endpoint_of(transport.peer_address, transport.peer_port, scope),
                          [self = shared_from_this()](const Error& error) {
                              if (self->owner_ == nullptr) return;
                              if (error) return self->owner_->broken(*self, errno_of(error));
                              self->open_ = true;
                              self->owner_->connected(*self);
                          });
}

void TcpSession::adopt(Tcp::socket socket, const std::vector<AoKey>& ao_keys) {
    socket_ = std::move(socket);
    ao_keys_ = ao_keys;
    Error ignored;
    socket_.non_blocking(true, ignored);
    open_ = true;
}

void TcpSession::fail_later(int error) {
    asio::post(context_, [self = shared_from_this(), error] {
        if (self->owner_ != nullptr) self->owner_->broken(*self, error);
    });
}

std::optional<IpAddress> TcpSession::local_address() const {
    Error error;
    const auto endpoint = socket_.local_endpoint(error);
    if (error) return std::nullopt;
    return address_of(endpoint);
}

int TcpSession::apply(const IpAddress& peer, const LiveTransport& live) {
    if (!socket_.is_open()) return 0;
    if (const int error = apply_live(socket_.native_handle(), peer, live); error != 0) return error;
    // A connection has TCP-AO from its first segment on or never: such a change resets the session.
    if (ao_keys_.empty() || live.ao_keys.empty()) return 0;
    const int error =
        set_ao_keys(socket_.native_handle(), SocketKind::connection, peer, live.ao_keys, ao_keys_);
    if (error == 0) ao_keys_ = live.ao_keys;
    return error;
}

unsigned TcpSession::retransmissions() const {
    // native_handle() is not const in Asio, but asks nothing of the socket.
    return open_ ? io::retransmissions(const_cast<Tcp::socket&>(socket_).native_handle()) : 0;
}

// ---- reading

void TcpSession::read() { wait_readable(); }

void TcpSession::wait_readable() {
    if (reading_ || !socket_.is_open()) return;
    reading_ = true;
    socket_.async_wait(Tcp::socket::wait_read, [self = shared_from_this()](const Error& error) {
        self->reading_ = false;
        if (error || !self->socket_.is_open()) return;
        if (self->closing_) return self->drain();
        self->on_readable();
    });
}

void TcpSession::on_readable() {
    // What is left of the last read stands before what comes now.
    std::vector<std::uint8_t>& buffer = owner_->read_buffer();
    const std::size_t left = rest_.size() - taken_;
    buffer.resize(std::max(buffer.size(), left + kReadSize));
    std::copy(rest_.begin() + static_cast<std::ptrdiff_t>(taken_), rest_.end(), buffer.begin());
    Error error;
    const std::size_t size = socket_.read_some(asio::buffer(buffer.data() + left, kReadSize), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return wait_readable();
    if (error) return owner_->broken(*this, errno_of(error));
    const Bytes all(buffer.data(), left + size);
    const std::size_t taken = owner_->received(*this, all);
    if (owner_ == nullptr) return;
    rest_.assign(all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
    taken_ = 0;
    if (taken == 0 || rest_.empty()) return wait_readable();
    asio::post(context_, [self = shared_from_this()] { self->process(); });
}

// The neighbour sends faster than we work: the next part comes after other sockets, and nothing is read
// before.
void TcpSession::process() {
    if (owner_ == nullptr) return;
    const std::size_t taken = owner_->received(*this, Bytes(rest_).subspan(taken_));
    if (owner_ == nullptr) return;
    taken_ += taken;
    if (taken == 0 || taken_ == rest_.size()) return wait_readable();
    asio::post(context_, [self = shared_from_this()] { self->process(); });
}

// ---- writing

void TcpSession::send(std::vector<std::uint8_t> bytes) {
    queue_.push_back(std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes)));
    write();
}

void TcpSession::pull_output() {
    output_ready_ = true;
    write();
}

bool TcpSession::something_to_write() {
    if (queue_.empty() && output_ready_ && owner_ != nullptr) {
        Chunk chunk = owner_->next_output(*this);
        output_ready_ = chunk != nullptr;
        if (chunk != nullptr) queue_.push_back(std::move(chunk));
    }
    return !queue_.empty();
}

void TcpSession::write() {
    if (!open_ || writing_ || shut_) return;
    writing_ = true;  // next_output may come back here
    std::size_t room = kWritePerTurn;
    while (room > 0 && something_to_write()) {
        std::array<asio::const_buffer, kMostBuffers> buffers;
        const std::size_t count = std::min(queue_.size(), kMostBuffers);
        for (std::size_t i = 0; i < count; ++i) buffers[i] = asio::buffer(*queue_[i]);
        buffers[0] += written_;
        Error error;
        const std::size_t size = socket_.write_some(buffers, error);
        if (error == asio::error::would_block || error == asio::error::interrupted) return wait_for_room();
        if (error) return closing_ ? abort() : fail_later(errno_of(error));
        consume(size);
        room -= std::min(room, size);
    }
    if (something_to_write()) return wait_for_room();
    writing_ = false;
    if (closing_) finish_writing();
}

void TcpSession::consume(std::size_t written) {
    blocked_ = false;
    written_ += written;
    while (!queue_.empty() && written_ >= queue_.front()->size()) {
        written_ -= queue_.front()->size();
        queue_.pop_front();
    }
}

void TcpSession::wait_for_room() {
    if (!blocked_) blocked_at_ = Clock::now();
    blocked_ = true;
    arm_stall_timer();
    socket_.async_wait(Tcp::socket::wait_write, [self = shared_from_this()](const Error& error) {
        self->writing_ = false;
        if (!error && self->socket_.is_open()) self->write();
    });
}

// RFC 9687: one timer, armed when a write first has to wait; it looks since when nothing went.
void TcpSession::arm_stall_timer() {
    if (timer_armed_ || closing_) return;
    timer_armed_ = true;
    timer_.expires_at(blocked_at_ + send_hold_);
    timer_.async_wait([weak = weak_from_this()](const Error& cancelled) {
        const auto self = weak.lock();
        if (!self || cancelled || self->owner_ == nullptr) return;
        self->timer_armed_ = false;
        if (!self->blocked_) return;
        if (Clock::now() >= self->blocked_at_ + self->send_hold_) return self->owner_->stalled(*self);
        self->arm_stall_timer();
    });
}

// ---- the end

void TcpSession::close() {
    owner_ = nullptr;
    if (!open_) return abort();
    if (closing_) return;
    closing_ = true;
    rest_.clear();
    timer_.expires_after(kFarewell);
    timer_.async_wait([self = shared_from_this()](const Error& cancelled) {
        if (!cancelled) self->abort();
    });
    write();
    wait_readable();
}

void TcpSession::finish_writing() {
    if (shut_) return;
    shut_ = true;
    Error error;
    socket_.shutdown(Tcp::socket::shutdown_send, error);
    if (error || peer_closed_) abort();
}

void TcpSession::drain() {
    std::array<std::uint8_t, 16 * 1024> sink;
    Error error;
    const std::size_t size = socket_.read_some(asio::buffer(sink), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return wait_readable();
    drained_ += size;
    peer_closed_ = error == asio::error::eof;
    if (peer_closed_ && !shut_) return;  // our farewell is still on its way
    if (error || drained_ > kMostDrained) return abort();
    wait_readable();
}

void TcpSession::abort() {
    owner_ = nullptr;
    closing_ = true;
    Error ignored;
    timer_.cancel();
    socket_.close(ignored);
    queue_.clear();
}

}  // namespace dunlin::bgp::io
