/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_OPTIONS_HPP
#define LIBREGISTRY_CPP_OPTIONS_HPP

/**
 * @file
 * Settings for an instance, and what a host may put in place of the operating system.
 */

#include <libregistry/cpp/handle.hpp>
#include <libregistry/cpp/storage.hpp>
#include <libregistry/instance.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace libregistry {

/** A text that may be left out. */
using optional_text = std::optional<std::string_view>;

namespace detail {

/** A text as the C functions want it, or NULL. */
class nullable_text {
  public:
    explicit nullable_text(const optional_text &value) {
        if (value) {
            copy_ = text(*value);
        }
    }
    const char *get() const noexcept {
        return copy_ ? copy_->c_str() : nullptr;
    }

  private:
    std::optional<std::string> copy_;
};

} // namespace detail

/**
 * Settings for an instance; every one has a default, which <libregistry/instance.h> tells. Setters throw as the C
 * functions fail, and give the options back.
 * Threads: any, one at a time per handle. Since: 0.1
 */
class options : public handle<lreg_options, lreg_options_free> {
  public:
    /** All defaults. Throws LREG_NO_MEMORY. */
    options() {
        open(lreg_options_new);
    }

    /** Where the instance lives; nothing: in memory, until its last handle ends. */
    options &set_directory(const optional_text &directory) {
        const detail::nullable_text copy(directory);
        return set([&](lreg_error **failure) { return lreg_options_set_directory(get(), copy.get(), failure); });
    }
    /** The absolute base of URLs in answers; nothing: as each request says. */
    options &set_base_url(const optional_text &base_url) {
        const detail::nullable_text copy(base_url);
        return set([&](lreg_error **failure) { return lreg_options_set_base_url(get(), copy.get(), failure); });
    }
    /** Which fields of trusted proxies count. @param header LREG_FORWARDED_HEADER_X_FORWARDED or its relative */
    options &set_forwarded_header(std::int32_t header) {
        return set([&](lreg_error **failure) { return lreg_options_set_forwarded_header(get(), header, failure); });
    }
    /** How many proxies of the operator's own a request passes. */
    options &set_forwarded_hops(std::int32_t hops) {
        return set([&](lreg_error **failure) { return lreg_options_set_forwarded_hops(get(), hops, failure); });
    }
    /** Adds a network whose addresses are such proxies; nothing: removes all. */
    options &trust_forwarded(const optional_text &network) {
        const detail::nullable_text copy(network);
        return set([&](lreg_error **failure) { return lreg_options_trust_forwarded(get(), copy.get(), failure); });
    }
    /** Whether what is acknowledged survives a power cut, or only the death of the process. */
    options &set_durable(bool durable) {
        return set([&](lreg_error **failure) { return lreg_options_set_durable(get(), durable ? 1 : 0, failure); });
    }
    /** How long to wait for another process's lock. */
    options &set_busy_timeout_ms(std::int32_t timeout_ms) {
        return set([&](lreg_error **failure) { return lreg_options_set_busy_timeout_ms(get(), timeout_ms, failure); });
    }
    /** @param limit LREG_LIMIT_PACKAGE_BYTES or one of its relatives */
    options &set_limit(std::int32_t limit, std::uint64_t value) {
        return set([&](lreg_error **failure) { return lreg_options_set_limit(get(), limit, value, failure); });
    }
    /** Sets an option by its name. @param name such as "directory" or "package-bytes" */
    options &set_text(std::string_view name, std::string_view value) {
        const std::string name_copy = detail::text(name);
        const std::string value_copy = detail::text(value);
        return set([&](lreg_error **failure) {
            return lreg_options_set_text(get(), name_copy.c_str(), value_copy.c_str(), failure);
        });
    }
    /** The same for all lines "name = value" of a file. */
    options &set_from_file(std::string_view path) {
        const std::string copy = detail::text(path);
        return set([&](lreg_error **failure) { return lreg_options_set_from_file(get(), copy.c_str(), failure); });
    }
    /** Keeps package bytes in memory, whatever the directory. */
    options &set_memory_storage() {
        return set([&](lreg_error **failure) { return lreg_options_set_memory_storage(get(), failure); });
    }
    /** Puts packages into a storage of the host. @param backend taken, also when this throws */
    options &set_storage(std::unique_ptr<storage> backend) {
        if (backend == nullptr) {
            throw error(LREG_BAD_ARGUMENT, "there is no storage");
        }
        const lreg_storage_backend table = detail::storage_table::table();
        return set(
            [&](lreg_error **failure) { return lreg_options_set_storage(get(), &table, backend.release(), failure); });
    }
    /** The same with a table of the C API. @param state taken, also when this throws, if the table has `destroy` */
    options &set_storage(const lreg_storage_backend &table, void *state) {
        return set([&](lreg_error **failure) { return lreg_options_set_storage(get(), &table, state, failure); });
    }

    /** Where memory comes from. @param allocator its `user` lives until the last handle and error have ended */
    options &set_allocator(const lreg_allocator &allocator) {
        return set([&](lreg_error **failure) { return lreg_options_set_allocator(get(), &allocator, failure); });
    }

    /** The clock. @param now_ms `std::int64_t() noexcept`, milliseconds since the epoch; lives until the last handle of
     * the instances has ended; called from any thread */
    template <class Now> options &set_clock(Now now_ms) {
        static_assert(std::is_nothrow_invocable_r_v<std::int64_t, Now &>, "a clock cannot fail: it is noexcept");
        lreg_clock hook = {};
        hook.now_ms = [](void *user) noexcept { return static_cast<std::int64_t>((*static_cast<Now *>(user))()); };
        return set_hook(lreg_options_set_clock, hook, std::move(now_ms));
    }

    /** The source of randomness. @param fill `void(void *bytes, std::size_t length)`, throws when it cannot fill them
     * all; lives and is called as a clock */
    template <class Fill> options &set_random(Fill fill) {
        lreg_random hook = {};
        hook.fill = [](void *user, void *bytes, std::size_t length) noexcept {
            return detail::guard([&] { (*static_cast<Fill *>(user))(bytes, length); });
        };
        return set_hook(lreg_options_set_random, hook, std::move(fill));
    }

    /** Who gets log lines. @param level LREG_LOG_ERROR or one of its relatives @param write
     * `void(std::int32_t level, std::string_view line)`; what it throws is dropped; lives and is called as a clock */
    template <class Write> options &set_log(std::int32_t level, Write write) {
        lreg_log hook = {};
        hook.level = level;
        hook.write = [](void *user, std::int32_t line_level, const char *line) noexcept {
            detail::guard_quietly([&] { (*static_cast<Write *>(user))(line_level, std::string_view(line)); });
        };
        return set_hook(lreg_options_set_log, hook, std::move(write));
    }

    /** Whose threads may help with an upload. @param run `bool(void (*task)(void *), void *argument) noexcept`, as
     * lreg_executor::run; lives and is called as a clock */
    template <class Run> options &set_executor(Run run) {
        static_assert(std::is_nothrow_invocable_r_v<bool, Run &, void (*)(void *), void *>,
                      "an executor that cannot take a task gives false: it is noexcept");
        lreg_executor hook = {};
        hook.run = [](void *user, void (*task)(void *), void *argument) noexcept -> std::int32_t {
            return (*static_cast<Run *>(user))(task, argument) ? 1 : 0;
        };
        return set_hook(lreg_options_set_executor, hook, std::move(run));
    }

  private:
    template <class Setter> options &set(Setter &&setter) {
        detail::call(setter);
        return *this;
    }

    /** The library takes the function, and ends it. */
    template <class Hook, class Function>
    options &set_hook(lreg_status (*setter)(lreg_options *, const Hook *, lreg_error **), Hook &hook,
                      Function &&function) {
        hook.size = sizeof hook;
        hook.user = new Function(std::forward<Function>(function));
        hook.destroy = [](void *user) noexcept { delete static_cast<Function *>(user); };
        return set([&](lreg_error **failure) { return setter(get(), &hook, failure); });
    }
};

} // namespace libregistry

#endif
