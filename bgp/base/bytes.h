// Reading and writing of octets in network byte order. A read past the end is sticky: it empties the reader,
// gives zeros from then on and ok() says so, so that one test after a group of reads is enough and every loop
// ends.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

namespace dunlin {

using Bytes = std::span<const std::uint8_t>;

class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    bool ok() const { return ok_; }
    bool empty() const { return rest_.empty(); }
    std::size_t size() const { return rest_.size(); }
    Bytes rest() const { return rest_; }
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }

    Bytes take(std::size_t n) {
        if (n > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const Bytes head = rest_.first(n);
        rest_ = rest_.subspan(n);
        return head;
    }

private:
    std::uint64_t number(std::size_t n) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(n)) value = value << 8 | byte;
        return value;
    }

    Bytes rest_;
    bool ok_ = true;
};

class ByteWriter {
public:
    explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}

    std::size_t size() const { return out_.size(); }
    void u8(std::uint8_t value) { out_.push_back(value); }
    void u16(std::uint16_t value) { number(value, 2); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }
    void bytes(Bytes data) { out_.insert(out_.end(), data.begin(), data.end()); }

    // Writes the number of octets after `at + width` into the `width` octets (1 or 2) that stand at `at`.
    void patch_length(std::size_t at, std::size_t width) {
        const std::size_t length = out_.size() - at - width;
        assert(width == 2 ? length <= 0xffff : length <= 0xff);
        for (std::size_t i = 0; i < width; ++i) {
            out_[at + i] = static_cast<std::uint8_t>(length >> (8 * (width - 1 - i)));
        }
    }

private:
    void number(std::uint64_t value, std::size_t n) {
        for (std::size_t i = n; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }

    std::vector<std::uint8_t>& out_;
};

}  // namespace dunlin
