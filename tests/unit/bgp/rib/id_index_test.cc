#include "bgp/rib/id_index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace dunlin::bgp;

TEST_CASE("the index finds what a plain map has, with few places and many that collide") {
    std::mt19937 random(3);
    for (const std::uint32_t keys : {20U, 300U, 5000U}) {
        IdIndex index;
        std::map<std::uint32_t, std::uint32_t> model;  // key -> id
        std::map<std::uint32_t, std::uint32_t> key_of;
        std::uint32_t last = 0;
        const auto hash = [](std::uint32_t key) { return (key % 37) << 27 | (key & 63); };
        for (int step = 0; step < 40000; ++step) {
            const auto key = static_cast<std::uint32_t>(random() % keys);
            const auto known = model.find(key);
            const std::uint32_t found =
                index.find(hash(key), [&](std::uint32_t id) { return key_of.at(id) == key; });
            REQUIRE(found == (known == model.end() ? 0 : known->second));
            if (known == model.end() && random() % 4 != 0) {
                model[key] = ++last;
                key_of[last] = key;
                index.insert(hash(key), last, [&](std::uint32_t id) { return hash(key_of.at(id)); });
            } else if (known != model.end()) {
                index.erase(hash(key), known->second);
                key_of.erase(known->second);
                model.erase(known);
            }
            REQUIRE(index.size() == model.size());
            if (keys == 5000 && step > 3000) break;
        }
        for (const auto& [key, id] : model) index.erase(hash(key), id);
        CHECK(index.bytes() == 0);
    }
}
