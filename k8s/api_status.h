// What an API server says in a body that is no object: a Status (Kubernetes API conventions, "Response Status
// Kind"), or plain text. Turned into one sentence for a person, and what a program asks of it.
#pragma once

#include <string>

#include "k8s/transport.h"
#include "k8s/writer.h"

namespace dunlin::k8s {

struct ApiStatus {
    int code = 0;         // of the Status, else of HTTP
    std::string reason;   // "AlreadyExists", "Expired"; empty if there was no Status
    std::string message;  // "403 Forbidden: bgppeers is forbidden: …"; never empty, at most 500 octets
};

ApiStatus api_status(const HttpResponse& response);
// Of an answer that was not good.
WriteError write_error(const HttpResponse& response);

}  // namespace dunlin::k8s
