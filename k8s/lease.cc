#include "k8s/lease.h"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "k8s/api_status.h"
#include "k8s/object.h"
#include "k8s/wall_time.h"

namespace dunlin::k8s {
namespace {

using nlohmann::json;

struct Stored {
    json object;
    LeaseRecord record;
};

std::optional<Stored> read_lease(const std::string& body) {
    try {
        Stored out{json::parse(body), {}};
        const json& spec = out.object.at("spec");
        out.record.version = out.object.at("metadata").at("resourceVersion").get<std::string>();
        if (const auto holder = spec.find("holderIdentity"); holder != spec.end() && holder->is_string()) {
            out.record.holder = holder->get<std::string>();
        }
        out.record.duration = Seconds(spec.value("leaseDurationSeconds", 15));
        out.record.transitions = spec.value("leaseTransitions", std::int64_t{0});
        return out;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace

class Lease::Driver : public std::enable_shared_from_this<Driver> {
public:
    Driver(boost::asio::io_context& io, Transport& transport, LeaseOptions options, LeaseCallbacks callbacks)
        : transport_(transport),
          options_(std::move(options)),
          callbacks_(std::move(callbacks)),
          election_(options_.identity, options_.times),
          timer_(io),
          end_of_lead_(io) {}

    void start() { ask_after(Duration::zero()); }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        end_of_lead_.cancel();
        if (request_) transport_.cancel(*std::exchange(request_, std::nullopt));
    }

    void release(std::function<void()> done) {
        const bool ours = leading() && stored_;
        timer_.cancel();
        if (request_) transport_.cancel(*std::exchange(request_, std::nullopt));
        election_.released();
        tell();
        if (!ours) return done();
        json object = lease_object();
        object["spec"]["holderIdentity"] = "";
        object["spec"]["leaseDurationSeconds"] = 1;
        send(Method::put, path(true), object, [done = std::move(done)](const HttpResponse&) { done(); });
    }

    bool leading() const { return election_.leading(Clock::now()); }

private:
    std::string path(bool of_object) const {
        std::string out =
            "/apis/coordination.k8s.io/v1/namespaces/" + url_encode(options_.namespace_) + "/leases";
        return of_object ? out + "/" + url_encode(options_.name) : out;
    }

    void log(const std::string& text) const {
        if (callbacks_.log) callbacks_.log("lease " + options_.name + ": " + text);
    }

    void ask_after(Duration wait) {
        if (stopped_) return;
        timer_.expires_after(wait);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (self && !self->stopped_ && !cancelled && !self->request_) self->ask();
        });
    }

    // Those who lead write at once with the version that they know; all others look first.
    void ask() {
        if (election_.leading(Clock::now()) && stored_) return write();
        send(Method::get, path(true), nullptr, [this](const HttpResponse& response) { on_read(response); });
    }

    void send(Method method, const std::string& path, const json& body, Transport::OnEnd end) {
        HttpRequest request;
        request.method = method;
        request.path = path;
        request.deadline = options_.times.renew_within;
        if (!body.is_null()) {
            request.content_type = "application/json";
            request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
        }
        request_ =
            transport_.start(std::move(request), nullptr,
                             [self = shared_from_this(), end = std::move(end)](const HttpResponse& response) {
                                 self->request_.reset();
                                 end(response);
                             });
    }

    void on_read(const HttpResponse& response) {
        const Time now = Clock::now();
        if (response.status == 404 && response.error.empty()) {
            election_.absent();
            stored_.reset();
            return write();
        }
        auto stored = response.good() ? read_lease(response.body) : std::nullopt;
        if (!stored) return failed(response);
        election_.seen(stored->record, now);
        stored_ = std::move(stored);
        if (election_.next(now) == Election::Step::wait) {
            tell();
            return ask_after(options_.times.retry);
        }
        write();
    }

    json lease_object() const {
        json out = stored_ ? stored_->object
                           : json{{"apiVersion", "coordination.k8s.io/v1"},
                                  {"kind", "Lease"},
                                  {"metadata", {{"name", options_.name}, {"namespace", options_.namespace_}}},
                                  {"spec", json::object()}};
        json& spec = out["spec"];
        const std::string now = rfc3339_micro(std::chrono::system_clock::now());
        const bool new_holder = spec.value("holderIdentity", json()) != json(options_.identity);
        if (new_holder) {
            spec["acquireTime"] = now;
            spec["leaseTransitions"] = stored_ ? stored_->record.transitions + 1 : 0;
        }
        spec["holderIdentity"] = options_.identity;
        spec["leaseDurationSeconds"] =
            std::max<std::int64_t>(1, std::chrono::duration_cast<Seconds>(options_.times.duration).count());
        spec["renewTime"] = now;
        return out;
    }

    // With the version that we have read: of two who take it at once one is told 409.
    void write() {
        const Time asked = Clock::now();
        const bool fresh = !stored_;
        send(fresh ? Method::post : Method::put, path(!fresh), lease_object(),
             [this, asked](const HttpResponse& response) {
                 auto stored = response.good() ? read_lease(response.body) : std::nullopt;
                 if (!stored) {
                     // Whatever it was: what we know of the lease may be old.
                     stored_.reset();
                     if (response.status == 409) return ask_after(options_.times.retry);
                     return failed(response);
                 }
                 election_.wrote(stored->record, asked);
                 stored_ = std::move(stored);
                 tell();
                 ask_after(options_.times.retry);
             });
    }

    void failed(const HttpResponse& response) {
        const std::string text = response.good() ? "no lease in the answer" : api_status(response).message;
        if (text != std::exchange(last_failure_, text)) log(text);
        tell();
        ask_after(options_.times.retry);
    }

    // Tells of changes, and sees to it that the end of our lead is told when nothing is heard any more.
    void tell() {
        const bool now_leading = leading();
        if (now_leading) {
            last_failure_.clear();
            end_of_lead_.expires_at(election_.leading_until());
            end_of_lead_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
                const auto self = weak.lock();
                if (self && !self->stopped_ && !cancelled) self->tell();
            });
        }
        if (now_leading == std::exchange(told_, now_leading)) return;
        if (callbacks_.on_change) callbacks_.on_change(now_leading);
    }

    Transport& transport_;
    const LeaseOptions options_;
    const LeaseCallbacks callbacks_;
    Election election_;
    boost::asio::steady_timer timer_, end_of_lead_;
    std::optional<RequestId> request_;
    std::optional<Stored> stored_;
    std::string last_failure_;
    bool told_ = false, stopped_ = false;
};

Lease::Lease(boost::asio::io_context& io, Transport& transport, LeaseOptions options,
             LeaseCallbacks callbacks)
    : driver_(std::make_shared<Driver>(io, transport, std::move(options), std::move(callbacks))) {}

Lease::~Lease() { driver_->stop(); }

void Lease::start() { driver_->start(); }

void Lease::release(std::function<void()> done) { driver_->release(std::move(done)); }

bool Lease::leading() const { return driver_->leading(); }

}  // namespace dunlin::k8s
