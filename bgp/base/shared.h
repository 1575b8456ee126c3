// A value that many hold and few change: copies share it, and who changes his has one of his own from then
// on. It compares as the value does.
#pragma once

#include <memory>
#include <utility>

namespace dunlin {

template <class T>
class Shared {
public:
    Shared() : value_(none()) {}
    Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}  // NOLINT: it stands for the value

    const T& operator*() const { return *value_; }
    const T* operator->() const { return value_.get(); }
    T& edit() {
        if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
        return *value_;
    }
    friend bool operator==(const Shared& a, const Shared& b) {
        return a.value_ == b.value_ || *a.value_ == *b.value_;
    }

private:
    static const std::shared_ptr<T>& none() {
        static const auto empty = std::make_shared<T>();
        return empty;
    }
    std::shared_ptr<T> value_;  // never null; changed only where nobody else has it
};

}  // namespace dunlin
