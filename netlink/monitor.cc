#include "netlink/monitor.h"

#include <linux/rtnetlink.h>

#include <boost/asio/post.hpp>
#include <cerrno>

namespace dunlin::netlink {
namespace {

constexpr std::size_t kDatagramsPerTurn = 512;

}  // namespace

Monitor::~Monitor() {
    if (readable_) readable_->release();
}

Result<Done, Error> Monitor::open(const Callbacks& callbacks) {
    auto socket = Socket::open(
        {{RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE},
         receive_buffer_,
         {}});
    if (!socket) return Unexpected{socket.error()};
    if (readable_) readable_->release();
    callbacks_ = callbacks;
    socket_.emplace(std::move(*socket));
    readable_.emplace(io_, socket_->descriptor());
    alive_ = std::make_shared<const bool>(true);
    paused_ = true;
    waiting_ = false;
    return Done{};
}

void Monitor::resume() {
    if (!paused_ || !readable_) return;
    paused_ = false;
    if (!waiting_) post_read();
}

void Monitor::post_read() {
    waiting_ = true;
    boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) read();
    });
}

void Monitor::wait() {
    waiting_ = true;
    readable_->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
                              if (!alive.expired() && !error) read();
                          });
}

// Up to a limit, so that a flood does not keep the loop from its other work.
void Monitor::read() {
    waiting_ = false;
    if (paused_) return;
    std::vector<Event> events;
    bool lost = false;
    int error = 0;
    const auto take = [&](Bytes datagram) {
        decode(datagram, filter_,
               [&events](std::uint32_t, Event&& event) { events.push_back(std::move(event)); });
    };
    for (std::size_t i = 0; i < kDatagramsPerTurn / Socket::kMany; ++i) {
        error = socket_->receive_many(take);
        lost = lost || error == ENOBUFS;
        if (error != 0 && error != ENOBUFS) break;
    }
    const bool broken = error != 0 && error != EAGAIN && error != ENOBUFS;
    if (error == EAGAIN)
        wait();
    else if (!broken)
        post_read();
    const auto callbacks = callbacks_;  // one of them may call open()
    if (!events.empty()) callbacks.on_events(std::move(events));
    if (lost) callbacks.on_lost();
    if (broken) callbacks.on_broken(error);
}

}  // namespace dunlin::netlink
