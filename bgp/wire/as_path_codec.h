// AS_PATH and AS4_PATH: octets <-> AsPath, and the merge of the two that an old neighbour makes necessary.
// RFC 4271 4.3, RFC 5065 3, RFC 6793 4.2, RFC 7606 7.2, RFC 7607.
#pragma once

#include <cstdint>
#include <vector>

#include "bgp/base/bytes.h"
#include "bgp/base/result.h"
#include "bgp/wire/attributes.h"

namespace dunlin::bgp {

// An error says what is wrong with the path, as words for a log line.
Result<AsPath, const char*> decode_as_path(Bytes value, bool four_octets);
// With two octets a number that does not fit is written as AS_TRANS.
void encode_as_path(const AsPath& path, bool four_octets, std::vector<std::uint8_t>& out);

// RFC 6793 4.2.3: as many ASes of as_path as as4_path lacks, then as4_path. Confederation segments of
// as4_path are cut out first (6). An as4_path that is longer than as_path is ignored.
AsPath merge_as4_path(const AsPath& as_path, AsPath as4_path);
// Whether a number in it needs four octets.
bool needs_four_octets(const AsPath& path);

}  // namespace dunlin::bgp
