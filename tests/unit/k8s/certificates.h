// Certificates made while a test runs: an authority, and what it signs. Not for the product.
#pragma once

#include <string>

namespace dunlin::test {

struct Identity {
    std::string certificate, key;  // PEM
};

struct IssueOptions {
    std::string names;  // "IP:127.0.0.1,DNS:localhost": subjectAltName as OpenSSL writes it; may be empty
    int days = 1;       // negative: it has run out
};

class Authority {
public:
    explicit Authority(const std::string& name);
    const std::string& certificate() const { return self_.certificate; }
    Identity issue(const std::string& common_name, const IssueOptions& options = {}) const;

private:
    Identity self_;
};

}  // namespace dunlin::test
