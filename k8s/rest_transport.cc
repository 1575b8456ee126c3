#include "k8s/rest_transport.h"

#include <cpprest/http_client.h>
#include <dlfcn.h>
#include <netdb.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>

#include "k8s/files.h"
#include "k8s/rest_transport_pool.h"
#include "k8s/rest_transport_tls.h"

namespace http = web::http;
using ByteSink = Concurrency::streams::details::streambuf_state_manager<std::uint8_t>;

// The library hands the host of "https://[::1]:6443" to the resolver as it stands, with its brackets, which
// is a name of nothing. Nobody else asks for such names, so they are taken off here.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** out) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (next == nullptr) return EAI_SYSTEM;
    const std::string_view name = node != nullptr ? node : "";
    if (name.size() < 2 || name.front() != '[' || name.back() != ']') return next(node, service, hints, out);
    return next(std::string(name.substr(1, name.size() - 2)).c_str(), service, hints, out);
}

namespace dunlin::k8s {
namespace {

// What the threads of the library and the loop share of one request. The library writes, the loop drains.
class Exchange {
public:
    Exchange(boost::asio::io_context& io, std::size_t most, std::function<void()> drain)
        : io_(&io), most_(most), drain_(std::move(drain)) {}

    struct News {
        bool answered = false, ended = false;
        int status = 0;
        std::optional<Seconds> retry_after;
        std::string bytes, error;
    };

    // Pool threads. False: too much is waiting, or nobody is there any more.
    bool bytes(const std::uint8_t* from, std::size_t count) {
        const std::lock_guard lock(mutex_);
        if (io_ == nullptr || news_.bytes.size() + count > most_) return false;
        news_.bytes.append(reinterpret_cast<const char*>(from), count);
        call_loop();
        return true;
    }
    void answered(int status, std::optional<Seconds> retry_after) {
        const std::lock_guard lock(mutex_);
        news_.answered = true;
        news_.status = status;
        news_.retry_after = retry_after;
        call_loop();
    }
    void ended(std::string error) {
        const std::lock_guard lock(mutex_);
        news_.ended = true;
        news_.error = std::move(error);
        call_loop();
    }

    // The loop. Bytes stay until the status says what they are.
    News take() {
        const std::lock_guard lock(mutex_);
        called_ = false;
        std::string bytes;
        if (!news_.answered) bytes.swap(news_.bytes);
        News out = std::exchange(news_, News{news_.answered, news_.ended, news_.status, news_.retry_after,
                                             std::move(bytes), news_.error});
        return out;
    }
    // From now on the loop is not touched.
    void close() {
        const std::lock_guard lock(mutex_);
        io_ = nullptr;
        drain_ = nullptr;
        news_.bytes = std::string();
    }

private:
    void call_loop() {
        if (io_ == nullptr || std::exchange(called_, true)) return;
        boost::asio::post(*io_, drain_);
    }

    std::mutex mutex_;
    boost::asio::io_context* io_;
    const std::size_t most_;
    std::function<void()> drain_;
    News news_;
    bool called_ = false;
};

// The stream that the library writes an answer to. It is never read, and nothing here may throw: the library
// calls it where an exception ends the process.
class Sink final : public ByteSink {
public:
    explicit Sink(std::shared_ptr<Exchange> exchange)
        : ByteSink(std::ios_base::out), exchange_(std::move(exchange)) {}

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
    void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(std::ios_base::openmode) const override { return traits::eof(); }
    pos_type seekpos(pos_type, std::ios_base::openmode) override { return traits::eof(); }
    pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
        return traits::eof();
    }
    bool acquire(std::uint8_t*&, std::size_t&) override { return false; }
    void release(std::uint8_t*, std::size_t) override {}

protected:
    pplx::task<std::size_t> _putn(const std::uint8_t* from, std::size_t count) override {
        try {
            if (exchange_->bytes(from, count)) return pplx::task_from_result(count);
            return pplx::task_from_exception<std::size_t>(std::runtime_error("more came than was taken"));
        } catch (...) {
            return pplx::task_from_exception<std::size_t>(std::current_exception());
        }
    }
    pplx::task<int_type> _putc(std::uint8_t octet) override {
        return _putn(&octet, 1).then([octet](std::size_t) { return static_cast<int_type>(octet); });
    }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    std::uint8_t* _alloc(std::size_t) override { return nullptr; }
    void _commit(std::size_t) override {}
    pplx::task<int_type> _bumpc() override { return none(); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return none(); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return none(); }
    pplx::task<int_type> _ungetc() override { return none(); }
    pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }

private:
    static pplx::task<int_type> none() { return pplx::task_from_result<int_type>(traits::eof()); }
    std::shared_ptr<Exchange> exchange_;
};

// How many requests the library holds; the destructor waits for none.
class InFlight {
public:
    void begin() {
        const std::lock_guard lock(mutex_);
        ++count_;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        if (--count_ == 0) none_.notify_all();
    }
    void wait(Duration limit) {
        std::unique_lock lock(mutex_);
        none_.wait_for(lock, limit, [this] { return count_ == 0; });
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable none_;
    std::size_t count_ = 0;
};

std::string pem_of(const TextOrFile& from, const char* what) {
    if (from.file.empty()) return from.text;
    auto text = read_small_file(from.file);
    if (!text) throw std::runtime_error(std::string(what) + ": " + text.error().message);
    return *std::move(text);
}

// Called by the library for each new connection, on its threads; what is thrown here fails the request.
void prepare_tls(boost::asio::ssl::context& context, const ClusterAccess& access,
                 const std::shared_ptr<TlsReport>& report) {
    SSL_CTX* native = context.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    if (!access.certificate_authority.empty()) {
        const std::string pem = pem_of(access.certificate_authority, "certificate authority");
        if (pem.find("-----BEGIN") == std::string::npos) {
            throw std::runtime_error("certificate authority " + access.certificate_authority.file +
                                     ": no PEM");
        }
        // The library has loaded those of the system; they must not vouch for this server.
        SSL_CTX_set_cert_store(native, X509_STORE_new());
        context.add_certificate_authority(boost::asio::buffer(pem));
    }
    if (!access.client_certificate.empty()) {
        const std::string chain = pem_of(access.client_certificate, "client certificate");
        const std::string key = pem_of(access.client_key, "client key");
        context.use_certificate_chain(boost::asio::buffer(chain));
        context.use_private_key(boost::asio::buffer(key), boost::asio::ssl::context::pem);
    }
    attach(native, report);
}

http::method method_of(Method method) {
    switch (method) {
        case Method::get:
            return http::methods::GET;
        case Method::post:
            return http::methods::POST;
        case Method::put:
            return http::methods::PUT;
        case Method::patch:
            return http::methods::PATCH;
        case Method::remove:
            return http::methods::DEL;
    }
    return http::methods::GET;
}

std::optional<Seconds> retry_after(const http::http_headers& headers) {
    const auto found = headers.find("Retry-After");
    if (found == headers.end()) return std::nullopt;
    const std::string& text = found->second;
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return Seconds(seconds);
}

// Of http_exception only the number tells something; the numbers are those of errno or of OpenSSL.
std::string explain(const http::http_exception& e, TlsReport& tls) {
    switch (e.error_code().value()) {
        case 1:
            return "the connection ended in the middle of the answer";
        case ETIMEDOUT:
            return "timed out";
        case ECONNREFUSED:
        case EHOSTUNREACH:
            return "connection refused or no route";
        case ECANCELED:
            return "cancelled";
        case ECONNRESET:
            return "connection reset (if the server asks for a client certificate: it has refused ours)";
        default: {
            const std::string refused = tls.last();
            return refused.empty() ? e.what() : refused;
        }
    }
}

struct Target {
    web::uri base;       // scheme, host and port
    std::string prefix;  // the path of the URL, without a slash at its end
    std::string host;    // the Host header, if it is not for the library to make
    bool secure = true, sni = true;
};

Target target_of(const ClusterAccess& access) {
    const web::uri url(access.server);
    if (url.scheme() != "https" && url.scheme() != "http") throw std::runtime_error("not an https:// URL");
    if (url.host().empty()) throw std::runtime_error("a URL without a host");
    Target out;
    out.secure = url.scheme() == "https";
    out.base = web::uri(url.scheme() + "://" + url.authority().host() +
                        (url.port() > 0 ? ":" + std::to_string(url.port()) : std::string()));
    out.prefix = url.path();
    while (!out.prefix.empty() && out.prefix.back() == '/') out.prefix.pop_back();
    std::string name = url.host();
    const bool bracketed = name.front() == '[' && name.back() == ']';
    if (bracketed) name = name.substr(1, name.size() - 2);
    boost::system::error_code no_address;
    boost::asio::ip::make_address(name, no_address);
    // The certificate is compared with the Host header, where there is one: so it is the bare address. RFC
    // 6066 3: no literal in the SNI.
    if (bracketed) out.host = name;
    if (!access.tls_server_name.empty()) out.host = access.tls_server_name;
    out.sni = static_cast<bool>(no_address) || !access.tls_server_name.empty();
    return out;
}

}  // namespace

class RestTransport::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(boost::asio::io_context& io, ClusterAccess access, RestLimits limits)
        : io_(io),
          access_(std::move(access)),
          limits_(limits),
          target_(target_of(access_)),
          client_(target_.base, config()) {}

    RequestId start(HttpRequest request, OnChunk chunk, OnEnd end) {
        const RequestId id(++last_id_);
        auto exchange = std::make_shared<Exchange>(io_, limits_.most_pending, [weak = weak_from_this(), id] {
            if (const auto self = weak.lock()) self->drain(id);
        });
        auto entry = std::make_shared<Entry>(Entry{exchange,
                                                   {},
                                                   std::move(chunk),
                                                   std::move(end),
                                                   {},
                                                   boost::asio::steady_timer(io_, request.deadline)});
        entries_.emplace(id, entry);
        entry->timer.async_wait(
            [weak = weak_from_this(), id, limit = request.deadline](const auto& cancelled) {
                const auto self = weak.lock();
                if (!self || cancelled) return;
                const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
                self->finish(id, "no end of the answer within " + std::to_string(seconds) + " ms");
            });
        try {
            send(*entry, request);
        } catch (const std::exception& e) {
            exchange->ended(e.what());
        }
        return id;
    }

    void cancel(RequestId id) {
        const auto found = entries_.find(id);
        if (found == entries_.end()) return;
        const auto entry = found->second;
        entries_.erase(found);
        entry->over = true;
        entry->timer.cancel();
        entry->exchange->close();
        entry->source.cancel();
    }

    void shut_down() {
        while (!entries_.empty()) cancel(entries_.begin()->first);
        in_flight_->wait(limits_.shutdown);
    }

    std::size_t in_flight() const { return in_flight_->count(); }

private:
    struct Entry {
        std::shared_ptr<Exchange> exchange;
        pplx::cancellation_token_source source;
        OnChunk chunk;
        OnEnd end;
        HttpResponse response;
        boost::asio::steady_timer timer;
        bool begun = false, over = false;
    };

    http::client::http_client_config config() const {
        http::client::http_client_config out;
        out.set_max_redirects(0);
        out.set_timeout(std::chrono::hours(24));  // between two pieces; the deadlines are our own
        out.set_tlsext_sni_enabled(target_.sni);
        out.set_ssl_context_callback(
            [access = access_, report = tls_](auto& context) { prepare_tls(context, access, report); });
        return out;
    }

    // Throws what the caller turns into the error of the request.
    http::http_request build(const Entry& entry, const HttpRequest& request) const {
        http::http_request out(method_of(request.method));
        out.set_request_uri(web::uri(target_.prefix + request.path));
        out.headers().add("Accept", "application/json");
        out.headers().add("User-Agent", "dunlin/" DUNLIN_VERSION);
        if (!target_.host.empty()) out.headers().add("Host", target_.host);
        if (!request.body.empty()) {
            out.set_body(std::vector<unsigned char>(request.body.begin(), request.body.end()));
            out.headers().set_content_type(request.content_type);
        }
        // Never in clear text.
        if (target_.secure && !access_.token.empty()) {
            std::string token = pem_of(access_.token, "token");
            while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) {
                token.pop_back();
            }
            const auto control = [](unsigned char c) { return c < 0x21 || c > 0x7e; };
            if (token.empty() || std::any_of(token.begin(), token.end(), control)) {
                throw std::runtime_error("token " + access_.token.file +
                                         ": empty, or with characters of no token");
            }
            out.headers().add("Authorization", "Bearer " + token);
        }
        out.set_response_stream(Concurrency::streams::ostream(
            Concurrency::streams::streambuf<std::uint8_t>(std::make_shared<Sink>(entry.exchange))));
        return out;
    }

    void send(Entry& entry, const HttpRequest& request) {
        http::http_request wire = build(entry, request);
        auto task = client_.request(wire, entry.source.get_token());
        in_flight_->begin();
        // An exception that no continuation looks at ends the process: the last one takes the task itself.
        task.then([exchange = entry.exchange](http::http_response response) {
                exchange->answered(response.status_code(), retry_after(response.headers()));
                return response.content_ready();
            })
            .then([exchange = entry.exchange, tls = tls_,
                   count = in_flight_](pplx::task<http::http_response> whole) noexcept {
                std::string error;
                try {
                    whole.get();
                } catch (const http::http_exception& e) {
                    error = explain(e, *tls);
                } catch (const std::exception& e) {
                    error = e.what();
                } catch (...) {
                    error = "cancelled";
                }
                exchange->ended(std::move(error));
                count->end();
            });
    }

    void drain(RequestId id) {
        const auto found = entries_.find(id);
        if (found == entries_.end()) return;
        const auto entry = found->second;
        Exchange::News news = entry->exchange->take();
        HttpResponse& response = entry->response;
        response.status = news.status;
        response.retry_after = news.retry_after;
        const bool success = news.status >= 200 && news.status < 300;
        if (news.answered && success && entry->chunk) {
            const bool first = !std::exchange(entry->begun, true);
            if ((first || !news.bytes.empty()) && !entry->chunk(news.bytes)) {
                return finish(id, "given up by the reader");
            }
            if (entry->over) return;
        } else if (news.answered) {
            const std::size_t most = success ? limits_.most_body : limits_.most_error_body;
            if (success && response.body.size() + news.bytes.size() > most) {
                return finish(id, "an answer of more than " + std::to_string(most) + " octets");
            }
            response.body.append(news.bytes, 0, most - std::min(most, response.body.size()));
        }
        if (news.ended) finish(id, news.error);
    }

    void finish(RequestId id, const std::string& error) {
        const auto found = entries_.find(id);
        if (found == entries_.end()) return;
        const auto entry = found->second;
        cancel(id);
        entry->response.error = error;
        if (entry->end) entry->end(entry->response);
    }

    boost::asio::io_context& io_;
    const ClusterAccess access_;
    const RestLimits limits_;
    const Target target_;
    const std::shared_ptr<TlsReport> tls_ = std::make_shared<TlsReport>();
    const std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();
    http::client::http_client client_;
    std::map<RequestId, std::shared_ptr<Entry>> entries_;
    std::uint64_t last_id_ = 0;
};

Result<std::unique_ptr<RestTransport>, Error> RestTransport::make(boost::asio::io_context& io,
                                                                  ClusterAccess access, RestLimits limits) {
    start_pool_once();
    const std::string server = access.server;
    try {
        auto impl = std::make_shared<Impl>(io, std::move(access), limits);
        return std::unique_ptr<RestTransport>(new RestTransport(std::move(impl)));
    } catch (const std::exception& e) {
        return Unexpected{Error{"server \"" + server + "\": " + e.what()}};
    }
}

RestTransport::RestTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestTransport::~RestTransport() { impl_->shut_down(); }

RequestId RestTransport::start(HttpRequest request, OnChunk chunk, OnEnd end) {
    return impl_->start(std::move(request), std::move(chunk), std::move(end));
}

void RestTransport::cancel(RequestId id) { impl_->cancel(id); }

std::size_t RestTransport::in_flight() const { return impl_->in_flight(); }

}  // namespace dunlin::k8s
