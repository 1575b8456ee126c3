// What is wrong with an object, or what of it does not count, for its status, its event and the log. Pure
// values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::agent {

enum class Reason {
    invalid,        // the field, or the object as a whole, is refused
    unknown_field,  // a field that no such object has: a warning, the object counts
    ignored,        // accepted, has no effect here by its definition (say: asNumber in node.x)
    superseded,     // another object has this neighbour
    secret_missing,
    filter_missing,
    no_node_address,
    kernel_lacks,  // what the session needs, this machine's kernel does not have
    exhausted,     // the object counts, but there is nothing left of what it gives
};
std::string_view name(Reason reason);  // "Invalid", "Superseded", …
// A warning leaves the object in force.
bool is_warning(Reason reason);

struct FieldProblem {
    std::string field;    // "spec.peerIP", "spec.importV4[2].cidr"; empty: the object as a whole
    std::string message;  // without the field: "300.1.1.1 is not an IP address"
    Reason reason = Reason::invalid;
    std::string to_string() const { return field.empty() ? message : field + ": " + message; }
    friend bool operator==(const FieldProblem&, const FieldProblem&) = default;
};
using Problems = std::vector<FieldProblem>;

struct ObjectRef {
    std::string kind, name;
    friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;
};

struct Problem {
    std::string kind, name, field;
    Reason reason = Reason::invalid;
    std::string message;
    friend auto operator<=>(const Problem&, const Problem&) = default;
};

// What every object has.
struct ObjectMeta {
    std::string name, uid;
    std::int64_t generation = 0;
    Problems warnings;  // of parsing: unknown fields, fields without effect; the object counts all the same
    friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

}  // namespace dunlin::agent
