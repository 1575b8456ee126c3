#include "tests/unit/k8s/scripted_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <mutex>
#include <set>
#include <thread>

namespace dunlin::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

struct Closed {};

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

class Peer final : public Connection {
public:
    Peer(Stream& stream, const std::atomic<bool>& stopping) : stream_(stream), stopping_(stopping) {}

    // False: the client is gone.
    bool read(Asked& out) {
        out = {};
        std::size_t end = 0;
        while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
            if (!more()) return false;
        }
        std::string head = in_.substr(0, end + 2);
        in_.erase(0, end + 4);
        const std::size_t first = head.find(' '), second = head.find(' ', first + 1);
        out.method = head.substr(0, first);
        out.target = head.substr(first + 1, second - first - 1);
        for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
            const std::size_t stop = head.find("\r\n", at), colon = head.find(':', at);
            const std::size_t value = std::min(stop, head.find_first_not_of(' ', colon + 1));
            out.headers[lower(head.substr(at, colon - at))] = head.substr(value, stop - value);
            at = stop + 2;
        }
        const auto length = out.headers.find("content-length");
        const std::size_t size = length == out.headers.end() ? 0 : std::stoul(length->second);
        while (in_.size() < size) {
            if (!more()) return false;
        }
        out.body = in_.substr(0, size);
        in_.erase(0, size);
        return true;
    }

    void answer(int status, const std::string& body, const std::string& headers) override {
        raw("HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void begin() override {
        raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    void chunk(const std::string& bytes) override {
        char size[24];
        std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
        raw(size + bytes + "\r\n");
    }
    void end() override { raw("0\r\n\r\n"); }
    void raw(const std::string& bytes) override {
        boost::system::error_code error;
        asio::write(stream_, asio::buffer(bytes), error);
        if (error) throw Closed{};
    }
    void wait_for(const std::function<bool()>& predicate) override {
        while (!predicate()) {
            if (stopping_) throw Closed{};
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    void hang() override {
        pollfd wait{stream_.next_layer().native_handle(), POLLIN | POLLRDHUP, 0};
        while (!stopping_) {
            if (::poll(&wait, 1, 20) > 0) break;
        }
        throw Closed{};
    }
    void cut() override { throw Closed{}; }

private:
    bool more() {
        char buffer[8192];
        boost::system::error_code error;
        const std::size_t got = stream_.read_some(asio::buffer(buffer), error);
        in_.append(buffer, got);
        return !error;
    }

    Stream& stream_;
    const std::atomic<bool>& stopping_;
    std::string in_;
};

}  // namespace

class ScriptedServer::Impl {
public:
    Impl(const Identity& identity, Handler handler, const Options& options)
        : address_(options.address),
          handler_(std::move(handler)),
          tls_(asio::ssl::context::tls_server),
          acceptor_(io_, tcp::endpoint(asio::ip::make_address(options.address), options.port)),
          port_(acceptor_.local_endpoint().port()) {
        tls_.use_certificate_chain(asio::buffer(identity.certificate));
        tls_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
        if (!options.client_authority.empty()) {
            tls_.add_certificate_authority(asio::buffer(options.client_authority));
            tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        threads_.emplace_back([this] { accept(); });
    }

    ~Impl() {
        stopping_ = true;
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        {
            const std::lock_guard lock(mutex_);
            for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
        }
        // The first makes the others.
        threads_[0].join();
        for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
    }

    std::string url() const {
        const bool v6 = address_.find(':') != std::string::npos;
        return "https://" + (v6 ? "[" + address_ + "]" : address_) + ":" + std::to_string(port_);
    }
    unsigned short port() const { return port_; }
    std::vector<Asked> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    void accept() {
        while (!stopping_) {
            boost::system::error_code error;
            tcp::socket socket(io_);
            acceptor_.accept(socket, error);
            if (error) continue;
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            sockets_.insert(socket.native_handle());
            threads_.emplace_back(
                [this, s = std::make_shared<tcp::socket>(std::move(socket))] { serve(std::move(*s)); });
        }
    }

    void serve(tcp::socket socket) {
        const int fd = socket.native_handle();
        Stream stream(std::move(socket), tls_);
        boost::system::error_code error;
        stream.handshake(asio::ssl::stream_base::server, error);
        Peer peer(stream, stopping_);
        Asked asked;
        try {
            while (!error && peer.read(asked)) {
                {
                    const std::lock_guard lock(mutex_);
                    asked_.push_back(asked);
                }
                handler_(asked, peer);
            }
        } catch (const Closed&) {
        }
        const std::lock_guard lock(mutex_);
        sockets_.erase(fd);
        stream.next_layer().close(error);
    }

    const std::string address_;
    const Handler handler_;
    asio::io_context io_;
    asio::ssl::context tls_;
    tcp::acceptor acceptor_;
    const unsigned short port_;
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    std::set<int> sockets_;
    std::vector<Asked> asked_;
    std::vector<std::thread> threads_;
};

ScriptedServer::ScriptedServer(const Identity& identity, Handler handler, const Options& options)
    : impl_(std::make_unique<Impl>(identity, std::move(handler), options)) {}
ScriptedServer::~ScriptedServer() = default;
unsigned short ScriptedServer::port() const { return impl_->port(); }
std::string ScriptedServer::url() const { return impl_->url(); }
std::vector<Asked> ScriptedServer::asked() const { return impl_->asked(); }

}  // namespace dunlin::test
