// A value or an error. The names are those of std::expected (C++23), so that an alias can replace it one day.
// Errors of the world are values; a bug is an assert.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace dunlin {

template <class E>
struct Unexpected {
    E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Result {
public:
    // Implicit on purpose, as in std::expected: `return value;` and `return Unexpected{error};`.
    // NOLINTBEGIN(google-explicit-constructor)
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class G>
    Result(Unexpected<G> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}
    // NOLINTEND(google-explicit-constructor)

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(value()); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }
    const T& value() const {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    T& value() {
        assert(has_value());
        return *std::get_if<0>(&state_);
    }
    const E& error() const {
        assert(!has_value());
        return *std::get_if<1>(&state_);
    }
    T value_or(T other) const { return has_value() ? **this : std::move(other); }

private:
    std::variant<T, E> state_;
};

// A result without a value: success, or why not.
using Done = std::monostate;

// The plainest error: a sentence for a person.
struct Error {
    std::string message;
    friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace dunlin
