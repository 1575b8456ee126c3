#include "agent/api/problem.h"

namespace dunlin::agent {

std::string_view name(Reason reason) {
    switch (reason) {
        case Reason::invalid:
            return "Invalid";
        case Reason::unknown_field:
            return "UnknownField";
        case Reason::ignored:
            return "Ignored";
        case Reason::superseded:
            return "Superseded";
        case Reason::secret_missing:
            return "SecretMissing";
        case Reason::filter_missing:
            return "FilterMissing";
        case Reason::no_node_address:
            return "NoNodeAddress";
        case Reason::kernel_lacks:
            return "NotInKernel";
        case Reason::exhausted:
            return "Exhausted";
    }
    return "Invalid";
}

bool is_warning(Reason reason) {
    return reason == Reason::unknown_field || reason == Reason::ignored || reason == Reason::exhausted;
}

}  // namespace dunlin::agent
