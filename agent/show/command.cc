#include "agent/show/command.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "bgp/base/words.h"

namespace dunlin::agent {
namespace {

constexpr std::string_view kVerbs = "show, status, plan, enable, disable, restart, refresh";
constexpr std::string_view kShows = "status, protocols, route, neighbors";
constexpr std::string_view kRouteWords =
    "PREFIX, for ADDRESS, all, count, filtered, protocol NAME, export NAME, table master4 or master6";

// The words that are left, one by one.
class Words {
public:
    explicit Words(const std::vector<std::string>& words) : words_(words) {}
    bool empty() const { return next_ == words_.size(); }
    const std::string& take() { return words_[next_++]; }
    std::optional<std::string> maybe() { return empty() ? std::nullopt : std::optional(take()); }

private:
    const std::vector<std::string>& words_;
    std::size_t next_ = 0;
};

Unexpected<Error> unknown(const std::string& word, std::string_view known) {
    return {Error{"\"" + word + "\" is not known here; could be: " + std::string(known)}};
}
Unexpected<Error> incomplete(const std::string& after, std::string_view known) {
    return {Error{"something is missing after \"" + after + "\"; could be: " + std::string(known)}};
}

// birdc takes any beginning of a word that is long enough to be meant.
bool is(const std::string& word, std::string_view full) {
    return word.size() >= 3 ? full.starts_with(word) : word == full;
}

Result<Command, Error> parse_protocols(Words& words) {
    ShowProtocols out;
    while (!words.empty()) {
        const std::string& word = words.take();
        if (word == "all" && !out.all) {
            out.all = true;
        } else if (!out.name) {
            out.name = word;
        } else {
            return unknown(word, "all, one NAME");
        }
    }
    return Command(std::move(out));
}

std::optional<Error> set_target(ShowRoute& out, const std::string& word) {
    if (out.prefix || out.for_address) return Error{"\"" + word + "\": only one prefix or address a request"};
    if (const auto prefix = Prefix::parse(word)) {
        out.prefix = *prefix;
    } else if (const auto address = IpAddress::parse(word)) {
        out.for_address = *address;  // as birdc does
    } else if (word.find('/') != std::string::npos) {
        return Error{"\"" + word + "\" is not a prefix (are host bits set?)"};
    } else {
        return unknown(word, kRouteWords).error;
    }
    return std::nullopt;
}

std::optional<Error> parse_route_word(ShowRoute& out, const std::string& word, Words& words) {
    if (word == "all") {
        out.all = true;
    } else if (word == "count") {
        out.count = true;
    } else if (is(word, "filtered")) {
        out.filtered = true;
    } else if (word == "for") {
        const auto text = words.maybe();
        const auto address = text ? IpAddress::parse(*text) : std::nullopt;
        if (!address) return Error{"after \"for\" an address is needed"};
        return set_target(out, *text);
    } else if (is(word, "protocol") || is(word, "export") || word == "table") {
        const auto name = words.maybe();
        if (!name) return Error{"after \"" + word + "\" a name is needed"};
        (word == "table" ? out.table : is(word, "protocol") ? out.protocol : out.exported) = name;
        if (word == "table" && *name != "master4" && *name != "master6") {
            return unknown(*name, "master4, master6").error;
        }
    } else {
        return set_target(out, word);
    }
    return std::nullopt;
}

Result<Command, Error> parse_route(Words& words) {
    ShowRoute out;
    while (!words.empty()) {
        const std::string& word = words.take();
        if (auto error = parse_route_word(out, word, words)) return Unexpected{std::move(*error)};
    }
    return Command(std::move(out));
}

Result<Command, Error> nothing_more(Command command, Words& words) {
    if (!words.empty()) return unknown(words.take(), "nothing more");
    return command;
}

Result<Command, Error> parse_show(Words& words) {
    if (words.empty()) return incomplete("show", kShows);
    const std::string& what = words.take();
    if (is(what, "status")) return nothing_more(ShowStatus{}, words);
    if (is(what, "protocols")) return parse_protocols(words);
    if (is(what, "routes")) return parse_route(words);
    if (is(what, "neighbors")) return nothing_more(ShowNeighbors{}, words);
    return unknown(what, kShows);
}

Result<Command, Error> act_on(Act act, const std::string& verb, Words& words) {
    const auto name = words.maybe();
    if (!name) return incomplete(verb, "NAME of a protocol, as show protocols says it");
    return nothing_more(ActOn{act, *name}, words);
}

Result<Command, Error> parse_refresh(Words& words) {
    const auto direction = words.maybe();
    if (!direction) return incomplete("refresh", "in, out");
    if (*direction == "in") return act_on(Act::refresh_in, "refresh in", words);
    if (*direction == "out") return act_on(Act::refresh_out, "refresh out", words);
    return unknown(*direction, "in, out");
}

Result<Command, Error> parse_plan_words(Words& words) {
    const auto what = words.maybe();
    if (what && *what != "input") return unknown(*what, "input");
    return nothing_more(ShowPlan{what.has_value()}, words);
}

}  // namespace

Result<Command, Error> parse_command(const std::vector<std::string>& all) {
    Words words(all);
    if (words.empty()) return Unexpected{Error{"no command; could be: " + std::string(kVerbs)}};
    const std::string& verb = words.take();
    if (verb == "show") return parse_show(words);
    if (verb == "status") return nothing_more(ShowNodeStatus{}, words);
    if (verb == "plan") return parse_plan_words(words);
    if (verb == "enable") return act_on(Act::enable, verb, words);
    if (verb == "disable") return act_on(Act::disable, verb, words);
    if (verb == "restart") return act_on(Act::restart, verb, words);
    if (verb == "refresh") return parse_refresh(words);
    return unknown(verb, kVerbs);
}

std::string request_line(const std::vector<std::string>& words, bool json) {
    std::string out = json ? "-o json" : "";
    for (const std::string& word : words) {
        if (!out.empty()) out += ' ';
        out += word;
    }
    return out;
}

Result<Request, Error> parse_request(std::string_view line) {
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    const auto all = dunlin::words(line, kBlanks);
    std::vector<std::string> words(all.begin(), all.end());
    bool json = false;
    if (words.size() >= 2 && words[0] == "-o") {
        if (words[1] != "json" && words[1] != "table") return unknown(words[1], "json, table");
        json = words[1] == "json";
        words.erase(words.begin(), words.begin() + 2);
    }
    auto command = parse_command(words);
    if (!command) return Unexpected{command.error()};
    return Request{*std::move(command), json};
}

std::string encode_reply(const Reply& reply) {
    return (reply.ok ? "ok " : "error ") + std::to_string(reply.text.size()) + "\n" + reply.text;
}

std::optional<Reply> decode_reply(std::string_view bytes) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view head = bytes.substr(0, end);
    Reply out;
    out.ok = head.starts_with("ok ");
    if (!out.ok && !head.starts_with("error ")) return std::nullopt;
    head.remove_prefix(out.ok ? 3 : 6);
    std::size_t length = 0;
    const auto [stop, bad] = std::from_chars(head.data(), head.data() + head.size(), length);
    if (bad != std::errc() || stop != head.data() + head.size()) return std::nullopt;
    if (bytes.size() - end - 1 != length) return std::nullopt;
    out.text = bytes.substr(end + 1);
    return out;
}

}  // namespace dunlin::agent
