// An HTTPS server that does what a test says, down to half a line and silence: for what a real API server
// cannot be made to do. A thread a connection; the handler runs on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/k8s/certificates.h"

namespace dunlin::test {

struct Asked {
    std::string method, target, body;
    std::map<std::string, std::string> headers;  // names in lower case

    bool is_watch() const { return target.find("watch=1") != std::string::npos; }
    bool has(const std::string& part) const { return target.find(part) != std::string::npos; }
};

class Connection {
public:
    virtual ~Connection() = default;
    // A whole answer. `headers`: lines that end in CRLF.
    virtual void answer(int status, const std::string& body, const std::string& headers = {}) = 0;
    // An answer in pieces: begin, any number of chunks, end.
    virtual void begin() = 0;
    virtual void chunk(const std::string& bytes) = 0;
    virtual void end() = 0;
    virtual void raw(const std::string& bytes) = 0;
    // Until the client closes the connection or the server stops.
    virtual void hang() = 0;
    // Until the predicate holds.
    virtual void wait_for(const std::function<bool()>& predicate) = 0;
    // Closes without an end of anything.
    virtual void cut() = 0;
};

class ScriptedServer {
public:
    using Handler = std::function<void(const Asked&, Connection&)>;
    struct Options {
        std::string address = "127.0.0.1";
        std::string client_authority;  // PEM: clients have to show a certificate of it
        unsigned short port = 0;       // 0: any that is free
    };
    ScriptedServer(const Identity& identity, Handler handler)
        : ScriptedServer(identity, std::move(handler), Options()) {}
    ScriptedServer(const Identity& identity, Handler handler, const Options& options);
    ~ScriptedServer();

    unsigned short port() const;
    std::string url() const;
    std::vector<Asked> asked() const;  // so far, in order of arrival

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dunlin::test
