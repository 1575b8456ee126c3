// Fuzz target: the body of an UPDATE in both stages, with the context in the first octet. Attributes that
// were accepted without a repair are encoded and decoded again, and must be the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bgp/wire/encode.h"
#include "bgp/wire/framer.h"
#include "bgp/wire/update.h"

namespace {

using namespace dunlin;
using namespace dunlin::bgp;

WireContext context_of(std::uint8_t octet) {
    WireContext context;
    context.as4 = (octet & 1) != 0;
    context.internal = (octet & 2) != 0;
    context.confed_member = (octet & 4) != 0;
    context.ipv4 = (octet & 8) == 0;
    context.ipv6 = (octet & 16) == 0;
    context.add_path_v4 = context.add_path_v6 = (octet & 32) != 0;
    context.extended_next_hop = (octet & 64) != 0;
    context.accept_as_sets = (octet & 128) != 0;
    return context;
}

void round_trip(const std::vector<Nlri>& nlri, const PathAttributes& attributes, const WireContext& context) {
    std::vector<std::uint8_t> block;
    // A member of a confederation is sent what an internal neighbour is; only LOCAL_PREF is looked at here.
    encode_attributes(attributes, {context.as4, context.internal || context.confed_member}, block);
    PackContext pack;
    pack.family = nlri.front().prefix.family();
    pack.max_message = kMaxExtendedMessage;
    pack.add_path = context.add_path_v4;
    std::vector<std::uint8_t> stream;
    const NextHop next_hop{attributes.next_hop, attributes.link_local_next_hop};
    if (!encode_announcements(nlri, block, next_hop, pack, stream)) return;
    const auto frame = peek(stream, kMaxExtendedMessage);
    if (!frame || !*frame) std::abort();
    UpdateParts parts;
    if (!split_update((*frame)->body, context, parts)) std::abort();
    const NlriKind kind = parts.mp_family ? NlriKind::multiprotocol : NlriKind::classic;
    if (parts.nlri(kind).empty() || !(parts.nlri(kind).front() == nlri.front())) std::abort();
    const auto outcome = decode_attributes(parts, context, kind);
    if (outcome.verdict != Verdict::ok || !(outcome.attributes == attributes)) std::abort();
    if (hash_of(outcome.attributes) != hash_of(attributes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const WireContext context = context_of(data[0]);
    static UpdateParts parts;
    if (!split_update(Bytes(data, size).subspan(1), context, parts)) return 0;
    for (const NlriKind kind : {NlriKind::classic, NlriKind::multiprotocol}) {
        const auto outcome = decode_attributes(parts, context, kind);
        // With two octets a path can lose what an AS4_PATH with sets cannot carry: not compared.
        if (outcome.verdict != Verdict::ok || !outcome.repairs.empty() || parts.nlri(kind).empty() ||
            !context.as4) {
            continue;
        }
        round_trip(parts.nlri(kind), outcome.attributes, context);
    }
    return 0;
}
