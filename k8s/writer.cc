#include "k8s/writer.h"

namespace dunlin::k8s {

std::string_view name(WriteError::Kind kind) {
    switch (kind) {
        case WriteError::Kind::conflict:
            return "conflict";
        case WriteError::Kind::not_found:
            return "not_found";
        case WriteError::Kind::forbidden:
            return "forbidden";
        case WriteError::Kind::invalid:
            return "invalid";
        case WriteError::Kind::overloaded:
            return "overloaded";
        case WriteError::Kind::unreachable:
            return "unreachable";
        case WriteError::Kind::failed:
            return "failed";
    }
    return "unknown";
}

}  // namespace dunlin::k8s
