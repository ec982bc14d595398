/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_ERROR_HPP
#define LIBREGISTRY_CPP_ERROR_HPP

/**
 * @file
 * Failures as exceptions, in both directions. A status of the library is thrown as libregistry::error. When a callback
 * throws, the library sees a status, and the call that led to the callback throws the original exception.
 */

#include <libregistry/error.h>
#include <libregistry/sys/failure.h>

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
 * A failure. Copies share their texts. It may outlive its instance. what() is the message for a person. A callback may
 * throw one to fail with a specific status.
 * Threads: any, at once. Since: 0.1
 */
class error : public std::runtime_error {
  public:
    /** For callbacks. @param status such as LREG_NOT_FOUND, or LREG_HOST_STATUS and above */
    error(lreg_status status, const std::string &message) : std::runtime_error(message), status_(status) {
    }

    /** For callbacks: the same with a stable word and a cause (LREG_CAUSE_*, a number); `retry_ms` says when the same
     * may succeed, 0: not known. */
    error(lreg_status status, const std::string &message, std::string code, std::int32_t cause_domain = LREG_CAUSE_NONE,
          std::int64_t cause = 0, std::int64_t retry_ms = 0)
        : std::runtime_error(message), status_(status),
          own_(std::make_shared<const reason>(reason{std::move(code), cause_domain, cause, retry_ms})) {
    }

    /** A failure of the library. @param failure taken; NULL: there is only a status */
    error(lreg_status status, std::shared_ptr<const lreg_error> failure)
        : std::runtime_error(failure ? lreg_error_message(failure.get()) : lreg_status_name(status)), status_(status),
          failure_(std::move(failure)) {
    }

    /** For programs to decide by; never LREG_OK. */
    lreg_status status() const noexcept {
        return status_;
    }

    /** The name of the status, such as "LREG_NOT_FOUND". */
    std::string_view status_name() const noexcept {
        return lreg_status_name(status_);
    }

    /** The HTTP status that corresponds to it in a response. */
    std::int32_t http_status() const noexcept {
        return lreg_status_http(status_);
    }

    /** A stable word for the exact reason, or "". Borrowed until the last copy is destroyed. */
    std::string_view code() const noexcept {
        return own_ != nullptr ? std::string_view(own_->code) : std::string_view(lreg_error_code(failure_.get()));
    }

    /** The operation that failed, or "". Borrowed until the last copy is destroyed. */
    std::string_view operation() const noexcept {
        return lreg_error_operation(failure_.get());
    }

    /** What cause() is: LREG_CAUSE_*. */
    std::int32_t cause_domain() const noexcept {
        return own_ != nullptr ? own_->cause_domain : lreg_error_cause_domain(failure_.get());
    }

    /** The number that the operating system, SQLite, a remote service or a hook gave; 0 when there is none. */
    std::int64_t cause() const noexcept {
        return own_ != nullptr ? own_->cause : lreg_error_cause(failure_.get());
    }

    /** For callbacks: tells the library. */
    void tell(lreg_failure *failure) const noexcept {
        lreg_failure_set(failure, own_ != nullptr ? own_->code.c_str() : lreg_error_code(failure_.get()), what());
        lreg_failure_set_cause(failure, cause_domain(), cause());
        lreg_failure_set_retry_ms(failure, own_ != nullptr ? own_->retry_ms : 0);
    }

  private:
    struct reason {
        std::string code;
        std::int32_t cause_domain;
        std::int64_t cause;
        std::int64_t retry_ms;
    };

    lreg_status status_;
    std::shared_ptr<const lreg_error> failure_;
    std::shared_ptr<const reason> own_;
};

namespace detail {

/** The exception of the last callback that failed in the current call of this thread. */
struct thrown {
    std::exception_ptr what;
    lreg_status status = LREG_OK;
};

inline thrown &pending() noexcept {
    static thread_local thrown of_this_thread;
    return of_this_thread;
}

/** Only in a catch block: keeps the exception for the call that led here. @return the status for the library. */
inline lreg_status keep_exception() noexcept {
    lreg_status status = LREG_HOST_STATUS;
    try {
        throw;
    } catch (const error &failure) {
        status = failure.status() != LREG_OK ? failure.status() : LREG_HOST_STATUS;
    } catch (const std::bad_alloc &) {
        status = LREG_NO_MEMORY;
    } catch (...) { /* the call rethrows it; the library only passes the status */
    }
    pending().what = std::current_exception();
    pending().status = status;
    return status;
}

/** Runs the body of a callback and catches every exception, so that none passes through the library. */
template <class Body> lreg_status guard(Body &&body) noexcept {
    try {
        body();
        return LREG_OK;
    } catch (...) {
        return keep_exception();
    }
}

/** The same for callbacks that say why they fail: the library gets the text of the exception too. */
template <class Body> lreg_status guard(lreg_failure *failure, Body &&body) noexcept {
    try {
        try {
            body();
            return LREG_OK;
        } catch (const error &thrown) {
            thrown.tell(failure);
            throw;
        } catch (const std::exception &thrown) {
            lreg_failure_set(failure, nullptr, thrown.what());
            throw;
        }
    } catch (...) {
        return keep_exception();
    }
}

/** The same for callbacks that cannot fail: exceptions are dropped. */
template <class Body> void guard_quietly(Body &&body) noexcept {
    try {
        body();
    } catch (...) { /* there is no way to report it */
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

/** Saves and restores the exception of an outer call: a callback may use other instances. */
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

/** Calls `operation(lreg_error **)`, and throws when the status that it returns is not LREG_OK. */
template <class Operation> void call(Operation &&operation) {
    call_scope scope;
    lreg_error *failure = nullptr;
    const lreg_status status = operation(&failure);
    if (status != LREG_OK) {
        raise(status, failure);
    }
}

/** A text for the C functions. Throws LREG_BAD_ARGUMENT when it contains a NUL, which would truncate it. */
inline std::string text(std::string_view value) {
    if (value.find('\0') != std::string_view::npos) {
        throw error(LREG_BAD_ARGUMENT, "a text has a NUL inside");
    }
    return std::string(value);
}

} // namespace detail
} // namespace libregistry

#endif
