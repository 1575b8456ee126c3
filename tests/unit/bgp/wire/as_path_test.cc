#include <doctest/doctest.h>

#include "bgp/wire/as_path_codec.h"
#include "tests/unit/bgp/wire/support.h"

namespace dunlin::bgp {
namespace {

AsSegment segment(SegmentType type, std::initializer_list<std::uint32_t> numbers) {
    AsSegment out{type, {}};
    for (const std::uint32_t number : numbers) out.asns.emplace_back(number);
    return out;
}
AsPath sequence(std::initializer_list<std::uint32_t> numbers) {
    return AsPath({segment(SegmentType::sequence, numbers)});
}

TEST_CASE("AS_PATH: length, loop count, ends and text") {
    const AsPath path(
        {segment(SegmentType::sequence, {65001, 65002, 65001}), segment(SegmentType::set, {1, 2, 3})});
    CHECK(path.length() == 4);
    CHECK(path.count(Asn(65001)) == 2);
    CHECK(path.first() == Asn(65001));
    CHECK_FALSE(path.origin_as().has_value());
    CHECK(path.has_set());
    CHECK(path.to_string() == "65001 65002 65001 {1 2 3}");
    CHECK(AsPath().length() == 0);
    CHECK_FALSE(AsPath().first().has_value());
    CHECK(AsPath({segment(SegmentType::confed_sequence, {1, 2})}).length() == 0);
}

TEST_CASE("AS_PATH: prepending to a full segment makes a new one") {
    AsPath path = AsPath::sequence(std::vector<Asn>(255, Asn(7)));
    path.prepend(Asn(1));
    REQUIRE(path.segments().size() == 2);
    CHECK(path.segments()[0].asns == std::vector<Asn>{Asn(1)});
    path.prepend(Asn(2), 2);
    CHECK(path.length() == 258);
    CHECK(path.to_string().substr(0, 7) == "2 2 1 7");
}

TEST_CASE("AS_PATH: a long path is split into segments of 255") {
    const AsPath path = AsPath::sequence(std::vector<Asn>(766, Asn(65001)));
    CHECK(path.segments().size() == 4);
    Octets octets;
    encode_as_path(path, true, octets);
    CHECK(octets.size() == 766 * 4 + 4 * 2);
    CHECK(*decode_as_path(octets, true) == path);
}

TEST_CASE("AS_PATH: with two octets a large number becomes AS_TRANS") {
    Octets octets;
    encode_as_path(sequence({65001, 4200000000}), false, octets);
    CHECK(octets == hex("02 02 fd e9 5b a0"));
}

TEST_CASE("AS4_PATH: the merge of RFC 6793 4.2.3") {
    const AsPath old = sequence({65001, 23456, 23456});
    CHECK(merge_as4_path(old, sequence({4200000000, 4200000001})).to_string() ==
          "65001 4200000000 4200000001");
    CHECK(merge_as4_path(old, sequence({1, 2, 3, 4})) == old);
    CHECK(merge_as4_path(old, sequence({1, 2, 3})).to_string() == "1 2 3");
    CHECK(merge_as4_path(old, AsPath()) == old);
    const AsPath confederation(
        {segment(SegmentType::confed_sequence, {9}), segment(SegmentType::sequence, {4200000000})});
    CHECK(merge_as4_path(old, confederation).to_string() == "65001 23456 4200000000");
}

TEST_CASE("AS4_PATH: leading confederation segments of AS_PATH stay") {
    const AsPath old(
        {segment(SegmentType::confed_sequence, {64512}), segment(SegmentType::sequence, {23456, 5})});
    CHECK(merge_as4_path(old, sequence({4200000000, 5})).to_string() == "(64512) 4200000000 5");
}

}  // namespace
}  // namespace dunlin::bgp
