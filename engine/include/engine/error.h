// Errors as values. Public engine functions return Result<T>; inside the engine a Failure is thrown and
// caught at the public boundary (engine/src/runtime/guard.h). No function here allocates beyond its strings.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace engine {

enum class ErrorCode {
    bad_input,      // the person can mend it: wrong file, wrong value. Command line exit code 2.
    io,             // reading or writing failed (disk full, no permission). Exit code 3.
    out_of_memory,  // Exit code 3.
    no_device,      // the named device is not there. Exit code 2.
    failed,         // failed while running (non-finite loss, library error). Exit code 3.
    interrupted     // stopped on request, state saved. Exit code 130.
};

// message: one sentence for the person: what failed, on which object, why, what to do.
// detail: for the log (library text, backtrace); may be empty.
struct Error {
    ErrorCode code = ErrorCode::failed;
    std::string message;
    std::string detail;
};

// The exception used inside the engine; never crosses a public function that returns Result.
class Failure : public std::runtime_error {
  public:
    explicit Failure(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
    Failure(ErrorCode code, std::string message)
        : Failure(Error{code, std::move(message), {}}) {}
    const Error& error() const { return error_; }

  private:
    Error error_;
};

[[noreturn]] inline void fail_input(std::string message) {
    throw Failure(ErrorCode::bad_input, std::move(message));
}
[[noreturn]] inline void fail_io(std::string message) { throw Failure(ErrorCode::io, std::move(message)); }

// Either a value or an Error. value() on an error throws Failure, so nothing is silently ignored.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    const T& value() const& {
        if (!ok()) throw Failure(error());
        return std::get<0>(state_);
    }
    T&& value() && {
        if (!ok()) throw Failure(error());
        return std::get<0>(std::move(state_));
    }
    const Error& error() const { return std::get<1>(state_); }

    const T& operator*() const& { return value(); }
    const T* operator->() const { return &value(); }

  private:
    std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace engine
