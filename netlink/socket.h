// The rtnetlink sockets. Socket is the descriptor with its options; RequestSocket sends batches and dump
// requests over one and matches the kernel's answers by sequence number. It blocks, but never for longer than
// its time limit; the kernel answers while it takes the request, so that in practice it does not wait.
// No decisions here, and no knowledge of what is wanted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bgp/base/result.h"
#include "netlink/codec.h"

namespace dunlin::netlink {

// What the kernel, or strerror, says of it: "Network is unreachable: Nexthop has invalid gateway".
std::string describe(int error, const std::string& text = {});

class Socket {
public:
    // A datagram of a dump is as large as the buffer that it is read into, up to this.
    static constexpr std::size_t kReceiveSize = 32 * 1024;
    static constexpr std::size_t kMany = 16;

    struct Options {
        std::vector<unsigned> groups;             // RTNLGRP_* to listen to
        int receive_buffer = 1024 * 1024;         // beyond net.core.rmem_max with CAP_NET_ADMIN
        std::chrono::milliseconds time_limit{0};  // of a receive; 0: it does not block
    };
    struct Received {
        int error = 0;  // EAGAIN: nothing (in time); ENOBUFS: some were lost
        Bytes bytes;    // valid until the next receive
    };

    static Result<Socket, Error> open(const Options& options);
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    int descriptor() const { return fd_; }
    int send(Bytes message) const;  // 0 or errno
    // What does not come from the kernel is left out. A truncated datagram counts as lost.
    Received receive();
    // The datagrams that wait, at most kMany, each to `take`. 0: there may be more; EAGAIN: there are none;
    // ENOBUFS: besides these some were lost.
    int receive_many(const std::function<void(Bytes)>& take);

private:
    explicit Socket(int fd) : fd_(fd), buffer_(kReceiveSize) {}
    int set_up(const Options& options) const;

    int fd_ = -1;
    std::vector<std::uint8_t> buffer_;
    std::unique_ptr<std::uint8_t[]> many_;  // kMany times kReceiveSize, of which little is touched
};

class RequestSocket {
public:
    struct Refusal {
        std::size_t index = 0;  // of the message in its batch
        int error = 0;
        std::string text;
    };
    struct Outcome {
        int lost = 0;  // not 0: replies were lost (or never came), and any of the messages may have been done
        std::vector<Refusal> refusals;  // all others were done
    };
    enum class DumpState : std::uint8_t { more, done, interrupted, failed };

    static Result<RequestSocket, Error> open();

    // EPERM comes as a sentence that says what to do.
    Result<Done, Error> check_privilege();

    Batch new_batch() const { return Batch(sequence_ + 1); }
    Outcome execute(Batch& batch);

    std::uint32_t next_sequence() { return ++sequence_; }
    // One dump at a time. A dump that was not read to its end is forgotten with the socket.
    Result<Done, Error> begin_dump(Bytes request, std::uint32_t sequence);
    // Reads so many datagrams at most. An absent table or family is an empty one.
    DumpState continue_dump(std::size_t datagrams, const RouteFilter& filter, const EventSink& sink);
    const std::string& dump_error() const { return dump_error_; }

private:
    explicit RequestSocket(Socket socket) : socket_(std::move(socket)) {}
    // After a loss, replies that still come must not be taken for those of a later request.
    void reopen();
    DumpState end_dump(const DumpDone& done, bool interrupted);

    Socket socket_;
    std::uint32_t sequence_ = 0;
    std::uint32_t dump_sequence_ = 0;
    bool dumping_ = false, dump_interrupted_ = false;
    std::string dump_error_;
};

}  // namespace dunlin::netlink
