// A server of requests that end with a delimiter: reads one, answers, and closes or waits for the next.
// Shared by the control sockets and the HTTP endpoint. Everything is bounded: connections, the size of a
// request, the time for it and for its answer. It knows no protocol. Destroying it closes all connections.
#pragma once

#include <utility>
// Boost 1.74 needs <utility> before it.
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace dunlin::agent {

struct ServerLimits {
    std::size_t connections = 32;  // more are closed at once
    std::size_t request = 8192;    // octets, with the delimiter
    std::chrono::seconds read{5};
    std::chrono::seconds write{30};
    bool keep_open = false;  // a connection may ask again
    std::string greeting{};  // said first
};

template <class Protocol>
class RequestServer {
public:
    using Socket = typename Protocol::socket;
    using Acceptor = typename Protocol::acceptor;
    using Answer = std::function<std::string(std::string_view request)>;  // the request with its delimiter

    RequestServer(Acceptor acceptor, std::string delimiter, ServerLimits limits, Answer answer)
        : state_(std::make_shared<State>(std::move(acceptor), std::move(delimiter), std::move(limits),
                                         std::move(answer))) {
        accept(state_);
    }
    RequestServer(const RequestServer&) = delete;
    RequestServer& operator=(const RequestServer&) = delete;
    ~RequestServer() {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        state_->pause.cancel();
        const auto open = std::exchange(state_->open, {});
        for (const auto& connection : open) connection->close();
    }

private:
    struct Connection {
        explicit Connection(Socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
        void close() {
            boost::system::error_code ignored;
            socket.close(ignored);
            timer.cancel();
        }
        Socket socket;
        boost::asio::steady_timer timer;
        std::array<char, 2048> chunk{};
        std::string request, reply;
        bool greeted = false;
    };
    using ConnectionPtr = std::shared_ptr<Connection>;
    struct State {
        State(Acceptor a, std::string d, ServerLimits l, Answer f)
            : acceptor(std::move(a)),
              pause(acceptor.get_executor()),
              delimiter(std::move(d)),
              limits(std::move(l)),
              answer(std::move(f)) {}
        Acceptor acceptor;
        boost::asio::steady_timer pause;
        std::string delimiter;
        ServerLimits limits;
        Answer answer;
        std::set<ConnectionPtr> open;
    };
    using Weak = std::weak_ptr<State>;

    static void accept(const std::shared_ptr<State>& state) {
        state->acceptor.async_accept([weak = Weak(state)](boost::system::error_code failed, Socket socket) {
            const auto self = weak.lock();
            if (!self || failed == boost::asio::error::operation_aborted) return;
            if (failed) return accept_later(self);  // no descriptors left, say
            if (self->open.size() < self->limits.connections) start(self, std::move(socket));
            accept(self);
        });
    }
    static void accept_later(const std::shared_ptr<State>& state) {
        state->pause.expires_after(std::chrono::milliseconds(200));
        state->pause.async_wait([weak = Weak(state)](boost::system::error_code cancelled) {
            if (const auto self = weak.lock(); self && !cancelled) accept(self);
        });
    }

    static void start(const std::shared_ptr<State>& state, Socket socket) {
        const auto connection = std::make_shared<Connection>(std::move(socket));
        state->open.insert(connection);
        if (state->limits.greeting.empty()) return next(state, connection);
        connection->reply = state->limits.greeting;
        write(state, connection);
    }
    static void finish(const std::shared_ptr<State>& state, const ConnectionPtr& connection) {
        connection->close();
        state->open.erase(connection);
    }
    static void arm(const std::shared_ptr<State>& state, const ConnectionPtr& connection,
                    std::chrono::seconds time) {
        connection->timer.expires_after(time);
        connection->timer.async_wait([weak = Weak(state), connection](boost::system::error_code cancelled) {
            // An expired wait may still come after it was armed anew: then nothing is due.
            const bool due = connection->timer.expiry() <= std::chrono::steady_clock::now();
            if (const auto self = weak.lock(); self && !cancelled && due) finish(self, connection);
        });
    }
    static void read(const std::shared_ptr<State>& state, const ConnectionPtr& connection) {
        connection->socket.async_read_some(
            boost::asio::buffer(connection->chunk),
            [weak = Weak(state), connection](boost::system::error_code failed, std::size_t count) {
                const auto self = weak.lock();
                if (!self) return;
                if (failed) return finish(self, connection);
                connection->request.append(connection->chunk.data(), count);
                take(self, connection);
            });
    }
    static void next(const std::shared_ptr<State>& state, const ConnectionPtr& connection) {
        arm(state, connection, state->limits.read);
        take(state, connection);
    }
    // Answers what is there as a whole, or reads on.
    static void take(const std::shared_ptr<State>& state, const ConnectionPtr& connection) {
        std::string& waiting = connection->request;
        const auto end = waiting.find(state->delimiter);
        const std::size_t size = end + state->delimiter.size();
        if (end != std::string::npos && size <= state->limits.request) {
            connection->reply = state->answer(std::string_view(waiting).substr(0, size));
            waiting.erase(0, size);
            return write(state, connection);
        }
        if (waiting.size() >= state->limits.request) return finish(state, connection);
        read(state, connection);
    }
    static void write(const std::shared_ptr<State>& state, const ConnectionPtr& connection) {
        const bool greets = !connection->greeted && !state->limits.greeting.empty();
        connection->greeted = true;
        arm(state, connection, state->limits.write);
        boost::asio::async_write(
            connection->socket, boost::asio::buffer(connection->reply),
            [weak = Weak(state), connection, greets](boost::system::error_code failed, std::size_t) {
                const auto self = weak.lock();
                if (!self) return;
                if (failed || !(greets || self->limits.keep_open)) return finish(self, connection);
                next(self, connection);
            });
    }

    std::shared_ptr<State> state_;
};

}  // namespace dunlin::agent
