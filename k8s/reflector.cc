#include "k8s/reflector.h"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <random>

#include "k8s/api_status.h"
#include "k8s/watch_event.h"

namespace dunlin::k8s {

std::string_view name(ReflectorState state) {
    switch (state) {
        case ReflectorState::syncing:
            return "syncing";
        case ReflectorState::synced:
            return "synced";
        case ReflectorState::forbidden:
            return "forbidden";
        case ReflectorState::not_installed:
            return "not_installed";
        case ReflectorState::unreachable:
            return "unreachable";
    }
    return "unknown";
}

class Reflector::Driver : public std::enable_shared_from_this<Driver> {
public:
    Driver(boost::asio::io_context& io, Transport& transport, Store& store, ReflectorCallbacks callbacks,
           ReflectorOptions options)
        : transport_(transport),
          store_(store),
          callbacks_(std::move(callbacks)),
          options_(std::move(options)),
          timer_(io),
          watch_(options_.watch),
          backoff_(options_.backoff) {}

    void start() { wait(Duration::zero()); }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        if (request_) transport_.cancel(*std::exchange(request_, std::nullopt));
    }

    const ReflectorStatus& status() const { return status_; }

private:
    double random() {
        if (options_.random) return options_.random();
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine_);
    }

    void log(const std::string& text) const {
        if (callbacks_.log) callbacks_.log(store_.resource().label() + ": " + text);
    }

    void wait(Duration time) {
        if (stopped_) return;
        timer_.expires_after(time);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (self && !self->stopped_ && !cancelled) self->ask();
        });
    }

    void ask() {
        const bool listing = std::holds_alternative<Watch::List>(watch_.next());
        const double spread = random();
        const Resource& resource = store_.resource();
        HttpRequest request;
        request.path = resource.collection_path() + "?" + watch_.query(spread);
        if (resource.field_selector) request.path += "&fieldSelector=" + url_encode(*resource.field_selector);
        // A peer that is gone without a word is noticed by our clock alone.
        request.deadline =
            listing ? options_.list_deadline : watch_.stream_timeout(spread) + options_.stream_slack;
        if (listing) {
            request_ = transport_.start(
                std::move(request), nullptr,
                [self = shared_from_this()](const HttpResponse& response) { self->on_list(response); });
            return;
        }
        lines_ = JsonLines(options_.longest_line);
        refused_.reset();
        garbage_.clear();
        heard_ = false;
        answered_ = false;
        asked_at_ = Clock::now();
        await_answer();
        request_ = transport_.start(
            std::move(request),
            [self = shared_from_this()](std::string_view bytes) { return self->on_bytes(bytes); },
            [self = shared_from_this()](const HttpResponse& response) { self->on_stream_end(response); });
    }

    // A server that is frozen accepts connections and says nothing; the stream's own deadline is minutes
    // away.
    void await_answer() {
        timer_.expires_after(options_.answer_deadline);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = weak.lock();
            if (!self || self->stopped_ || cancelled || self->answered_ || !self->request_) return;
            self->transport_.cancel(*std::exchange(self->request_, std::nullopt));
            HttpResponse none;
            none.error = "the watch was not answered";
            self->failed(none);
        });
    }

    void on_list(const HttpResponse& response) {
        request_.reset();
        if (!response.good()) return failed(response);
        auto page = parse_list_page(response.body, store_.resource());
        if (!page) {
            HttpResponse garbage;
            garbage.error = "a list that is none: " + page.error().message;
            return failed(garbage);
        }
        const auto* list = std::get_if<Watch::List>(&watch_.next());
        if (list != nullptr && list->continue_token.empty()) store_.begin_list();
        for (const std::string& bad : page->bad) on_bad(bad);
        for (ObjectPtr& object : page->objects) store_.listed(std::move(object));
        backoff_.succeeded(Clock::now());
        if (watch_.on_page(page->resource_version, page->continue_token, Clock::now(), random())) {
            ++status_.lists;
            if (watch_.went_back()) log("the server has gone back in time; its list counts");
            store_.end_list();
            state(ReflectorState::synced, {});
        }
        ask_soon();
    }

    // From the loop and not from here, so that a store's readers cannot find us in the middle of a step.
    void ask_soon() { wait(Duration::zero()); }

    bool on_bytes(std::string_view bytes) {
        answered_ = true;
        if (store_.synced()) state(ReflectorState::synced, {});
        const bool more = lines_.push(bytes, [this](std::string_view line) { return on_line(line); });
        if (lines_.too_long() && garbage_.empty() && !refused_) {
            garbage_ = "a line of more than " + std::to_string(options_.longest_line) + " octets";
        }
        return more && !stopped_;
    }

    bool on_line(std::string_view line) {
        auto event = parse_watch_event(line, store_.resource());
        if (!event) {
            garbage_ = "a line that is none: " + event.error().message;
            return false;
        }
        heard_ = true;
        garbage_in_a_row_ = 0;
        std::visit([this](auto& e) { on(e); }, *event);
        return !refused_ && !stopped_;
    }

    void on(ObjectChanged& event) {
        ++status_.events;
        watch_.on_event(event.object->resource_version);
        store_.changed(std::move(event.object));
    }
    void on(ObjectDeleted& event) {
        ++status_.events;
        watch_.on_event(event.object->resource_version);
        store_.removed(event.object->key);
    }
    void on(Bookmark& event) {
        ++status_.bookmarks;
        watch_.on_event(std::move(event.resource_version));
    }
    void on(StreamRefused& event) {
        heard_ = false;  // of no object
        refused_ = std::move(event);
    }
    void on(BadEvent& event) {
        on_bad(event.message);
        watch_.on_event(std::move(event.resource_version));
    }

    void on_bad(const std::string& what) {
        ++status_.bad_objects;
        log("left out: " + what);
    }

    void on_stream_end(const HttpResponse& response) {
        request_.reset();
        if (response.status < 200 || response.status >= 300) return failed(response);
        const bool healthy = heard_ || Clock::now() - asked_at_ >= options_.healthy_stream;
        if (healthy) backoff_.succeeded(asked_at_);
        Watch::Restart why{};
        std::string text = response.error;
        if (refused_) {
            text = std::to_string(refused_->code) + " " + refused_->reason + ": " + refused_->message;
            why = watch_.on_end(refused_->code, refused_->reason, Clock::now());
        } else if (!garbage_.empty()) {
            text = garbage_;
            // What cannot be read twice will not be read a third time: around it by a list.
            const bool give_up = ++garbage_in_a_row_ >= 2;
            why = watch_.on_end(give_up ? 410 : 0, "", Clock::now());
        } else {
            why = watch_.on_end(response.error.empty() ? 200 : 0, "", Clock::now());
        }
        if (refused_ && why == Watch::Restart::refused) state(ReflectorState::unreachable, text);
        count(why);
        log("watch " + std::string(dunlin::k8s::name(why)) + (text.empty() ? "" : " (" + text + ")"));
        const bool soft = garbage_.empty() && (why == Watch::Restart::ended ||
                                               why == Watch::Restart::relist || why == Watch::Restart::gone);
        if (healthy) soft_restarts_ = 0;
        // The first restart is free; a server that ends every stream at once is asked less and less often.
        if (soft && soft_restarts_++ == 0) return ask_soon();
        wait(backoff_.failed(Clock::now(), random()));
    }

    // A list or a watch was not answered, or with an error.
    void failed(const HttpResponse& response) {
        const ApiStatus said = api_status(response);
        const int status = response.status >= 300 ? response.status : 0;
        const Watch::Restart why = watch_.on_end(status, said.reason, Clock::now());
        count(why);
        if (status == 401 || status == 403) {
            state(ReflectorState::forbidden, said.message);
        } else if (status == 404) {
            state(ReflectorState::not_installed, said.message);
        } else if (why != Watch::Restart::gone) {
            state(ReflectorState::unreachable, status == 0 ? response.error : said.message);
        }
        if (why == Watch::Restart::gone && soft_restarts_++ == 0) return ask_soon();
        wait(backoff_.failed(Clock::now(), random(), response.retry_after));
    }

    void count(Watch::Restart why) { ++status_.restarts[std::string(dunlin::k8s::name(why))]; }

    void state(ReflectorState now, const std::string& text) {
        if (status_.state == now && status_.text == text) return;
        status_.state = now;
        status_.text = text;
        log(std::string(dunlin::k8s::name(now)) + (text.empty() ? "" : ": " + text));
        if (callbacks_.on_state) callbacks_.on_state(status_);
    }

    Transport& transport_;
    Store& store_;
    const ReflectorCallbacks callbacks_;
    const ReflectorOptions options_;
    boost::asio::steady_timer timer_;
    Watch watch_;
    Backoff backoff_;
    JsonLines lines_;
    ReflectorStatus status_;
    std::optional<RequestId> request_;
    std::optional<StreamRefused> refused_;  // what the open stream has said
    std::string garbage_;                   // what was wrong with its last line
    bool answered_ = false, heard_ = false, stopped_ = false;
    Time asked_at_{};
    unsigned garbage_in_a_row_ = 0, soft_restarts_ = 0;
    std::minstd_rand engine_{std::random_device{}()};
};

Reflector::Reflector(boost::asio::io_context& io, Transport& transport, Store& store,
                     ReflectorCallbacks callbacks, ReflectorOptions options)
    : driver_(std::make_shared<Driver>(io, transport, store, std::move(callbacks), std::move(options))) {}

Reflector::~Reflector() { driver_->stop(); }

void Reflector::start() { driver_->start(); }

void Reflector::stop() { driver_->stop(); }

const ReflectorStatus& Reflector::status() const { return driver_->status(); }

}  // namespace dunlin::k8s
