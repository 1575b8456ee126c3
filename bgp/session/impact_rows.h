// A table of fields with what a change of each costs, over any struct of configuration: read the same way for
// a session and for a policy.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "bgp/session/impact.h"

namespace dunlin::bgp {

template <class Config>
struct ImpactRow {
    std::string_view field;
    Impact impact;
    bool (*same)(const Config&, const Config&);
};

template <class Config, std::size_t Size>
std::vector<FieldImpact> changed_rows(const std::array<ImpactRow<Config>, Size>& rows, const Config& from,
                                      const Config& to) {
    std::vector<FieldImpact> out;
    for (const auto& row : rows) {
        if (!row.same(from, to)) out.push_back({row.field, row.impact});
    }
    return out;
}

inline Impact dearest(const std::vector<FieldImpact>& fields) {
    Impact out = Impact::none;
    for (const FieldImpact& field : fields) out = std::max(out, field.impact);
    return out;
}

template <class Config, std::size_t Size>
std::vector<FieldImpact> all_rows(const std::array<ImpactRow<Config>, Size>& rows) {
    std::vector<FieldImpact> out;
    for (const auto& row : rows) out.push_back({row.field, row.impact});
    return out;
}

}  // namespace dunlin::bgp
