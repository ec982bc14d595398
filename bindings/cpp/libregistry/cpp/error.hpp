/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_ERROR_HPP
#define LIBREGISTRY_CPP_ERROR_HPP

/**
 * @file
 * Failures as exceptions, in both directions: a status of the library is thrown as libregistry::error; what a callback
 * throws goes through the library as a status, and comes out of the call that led to the callback as it was thrown.
 */

#include <libregistry/error.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace libregistry {

/**
 * A failure. Copies share what they show; it may outlive the instance that it came from. what() is the sentence for a
 * person. A callback may throw one to fail with a certain status.
 * Threads: any, at once. Since: 0.1
 */
class error : public std::runtime_error {
  public:
    /** One of a callback's own. @param status LREG_NOT_FOUND and its relatives, or from LREG_HOST_STATUS on. */
    error(lreg_status status, const std::string &message) : std::runtime_error(message), status_(status) {
    }

    /** One of the library. @param failure taken; may be NULL, when there is a status alone */
    error(lreg_status status, std::shared_ptr<const lreg_error> failure)
        : std::runtime_error(failure ? lreg_error_message(failure.get()) : lreg_status_name(status)), status_(status),
          failure_(std::move(failure)) {
    }

    /** What to decide by; never LREG_OK. */
    lreg_status status() const noexcept {
        return status_;
    }

    /** The status' name, such as "LREG_NOT_FOUND". */
    std::string_view status_name() const noexcept {
        return lreg_status_name(status_);
    }

    /** The HTTP status that it would become in a response. */
    std::int32_t http_status() const noexcept {
        return lreg_status_http(status_);
    }

    /** A stable word for the exact reason, or "". Borrowed until the last copy ends. */
    std::string_view code() const noexcept {
        return lreg_error_code(failure_.get());
    }

    /** What was being done, or "". Borrowed until the last copy ends. */
    std::string_view operation() const noexcept {
        return lreg_error_operation(failure_.get());
    }

    /** The number behind the failure: an errno value or an SQLite result code; 0 when there is none. */
    std::int32_t cause() const noexcept {
        return lreg_error_cause(failure_.get());
    }

  private:
    lreg_status status_;
    std::shared_ptr<const lreg_error> failure_;
};

namespace detail {

/** What the last callback that failed in the running call of this thread has thrown. */
struct thrown {
    std::exception_ptr what;
    lreg_status status = LREG_OK;
};

inline thrown &pending() noexcept {
    static thread_local thrown of_this_thread;
    return of_this_thread;
}

/** Only in a catch block: keeps the exception for the call that led here. @return the status to give the library. */
inline lreg_status keep_exception() noexcept {
    lreg_status status = LREG_HOST_STATUS;
    try {
        throw;
    } catch (const error &failure) {
        status = failure.status() != LREG_OK ? failure.status() : LREG_HOST_STATUS;
    } catch (const std::bad_alloc &) {
        status = LREG_NO_MEMORY;
    } catch (...) { /* any other comes out as it is; the library only passes its number */
    }
    pending().what = std::current_exception();
    pending().status = status;
    return status;
}

/** The body of a callback that the library calls: nothing that is thrown crosses the border. */
template <class Body> lreg_status guard(Body &&body) noexcept {
    try {
        body();
        return LREG_OK;
    } catch (...) {
        return keep_exception();
    }
}

/** The same for callbacks that cannot fail: what they throw is dropped. */
template <class Body> void guard_quietly(Body &&body) noexcept {
    try {
        body();
    } catch (...) { /* nobody could be told */
    }
}

[[noreturn]] inline void raise(lreg_status status, lreg_error *failure) {
    std::shared_ptr<const lreg_error> owned(failure, [](lreg_error *ended) { lreg_error_free(ended); });
    thrown &last = pending();
    if (last.what && last.status == status) {
        std::rethrow_exception(std::exchange(last.what, nullptr));
    }
    throw error(owned ? lreg_error_status(owned.get()) : status, std::move(owned));
}

/** Sets aside what belongs to an outer call: a callback may use other instances. */
class call_scope {
  public:
    call_scope() noexcept : outer_(std::exchange(pending(), thrown())) {
    }
    ~call_scope() {
        pending() = std::move(outer_);
    }
    call_scope(const call_scope &) = delete;
    call_scope &operator=(const call_scope &) = delete;

  private:
    thrown outer_;
};

/** Calls the library: `operation(lreg_error **)` gives a status, and one that is not LREG_OK is thrown. */
template <class Operation> void call(Operation &&operation) {
    call_scope scope;
    lreg_error *failure = nullptr;
    const lreg_status status = operation(&failure);
    if (status != LREG_OK) {
        raise(status, failure);
    }
}

/** A text as the C functions want it. Throws LREG_BAD_ARGUMENT for a NUL inside, which would cut it short. */
inline std::string text(std::string_view value) {
    if (value.find('\0') != std::string_view::npos) {
        throw error(LREG_BAD_ARGUMENT, "a text has a NUL inside");
    }
    return std::string(value);
}

} // namespace detail
} // namespace libregistry

#endif
