/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_OPTIONS_HPP
#define LIBREGISTRY_CPP_OPTIONS_HPP

/**
 * @file
 * Settings for an instance, and hooks that replace services of the operating system.
 */

#include <libregistry/cpp/handle.hpp>
#include <libregistry/cpp/storage.hpp>
#include <libregistry/instance.h>
#include <libregistry/metrics.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace libregistry {

/**
 * Settings for an instance. Every setting has a default, documented in <libregistry/instance.h>. Setters throw when the
 * C function fails, and return the options.
 * Threads: any, one at a time per handle. Since: 0.1
 */
class options : public handle<lreg_options, lreg_options_free> {
  public:
    /** All defaults. Throws LREG_NO_MEMORY. */
    options() {
        open(lreg_options_new);
    }

    /** The data directory; nothing: in memory, until the last handle ends. */
    options &set_directory(const optional_text &directory) {
        const detail::nullable_text copy(directory);
        return set([&](lreg_error **failure) { return lreg_options_set_directory(get(), copy.get(), failure); });
    }
    /** The absolute base of URLs in responses; nothing: taken from each request. */
    options &set_base_url(const optional_text &base_url) {
        const detail::nullable_text copy(base_url);
        return set([&](lreg_error **failure) { return lreg_options_set_base_url(get(), copy.get(), failure); });
    }
    /** Which fields of trusted proxies are used. @param header one of LREG_FORWARDED_HEADER_* */
    options &set_forwarded_header(std::int32_t header) {
        return set([&](lreg_error **failure) { return lreg_options_set_forwarded_header(get(), header, failure); });
    }
    /** The number of the operator's proxies that a request passes. */
    options &set_forwarded_hops(std::int32_t hops) {
        return set([&](lreg_error **failure) { return lreg_options_set_forwarded_hops(get(), hops, failure); });
    }
    /** Adds a network whose addresses are such proxies; nothing: removes all. */
    options &trust_forwarded(const optional_text &network) {
        const detail::nullable_text copy(network);
        return set([&](lreg_error **failure) { return lreg_options_trust_forwarded(get(), copy.get(), failure); });
    }
    /** Sets the clients that may read the metrics over HTTP. @param access one of LREG_METRICS_ACCESS_* */
    options &set_metrics_access(std::int32_t access) {
        return set([&](lreg_error **failure) { return lreg_options_set_metrics_access(get(), access, failure); });
    }
    /** Whether acknowledged changes survive a power failure, or only the end of the process. */
    options &set_durable(bool durable) {
        return set([&](lreg_error **failure) { return lreg_options_set_durable(get(), durable ? 1 : 0, failure); });
    }
    /** The time to wait for another process's lock. */
    options &set_busy_timeout_ms(std::int32_t timeout_ms) {
        return set([&](lreg_error **failure) { return lreg_options_set_busy_timeout_ms(get(), timeout_ms, failure); });
    }
    /** @param limit one of LREG_LIMIT_* and LREG_SETTING_* */
    options &set_number(std::int32_t setting, std::uint64_t value) {
        return set([&](lreg_error **failure) { return lreg_options_set_number(get(), setting, value, failure); });
    }
    /** Sets an option by its name. @param name such as "directory" or "package-bytes" */
    options &set(std::string_view name, std::string_view value) {
        const std::string name_copy = detail::text(name);
        const std::string value_copy = detail::text(value);
        return set([&](lreg_error **failure) {
            return lreg_options_set(get(), name_copy.c_str(), value_copy.c_str(), failure);
        });
    }
    /** The same for all lines "name = value" of a file. */
    options &load(std::string_view path) {
        const std::string copy = detail::text(path);
        return set([&](lreg_error **failure) { return lreg_options_load(get(), copy.c_str(), failure); });
    }
    /** Keeps package bytes in memory, even with a directory. */
    options &set_memory_storage() {
        return set([&](lreg_error **failure) { return lreg_options_set_memory_storage(get(), failure); });
    }
    /** Stores packages in a storage of the host. @param name the same for the same bytes each time
     * @param backend taken, also when this throws */
    options &set_storage(const std::string &name, std::unique_ptr<storage> backend) {
        if (backend == nullptr) {
            throw error(LREG_BAD_ARGUMENT, "there is no storage");
        }
        const lreg_storage_backend table = detail::storage_table::table();
        return set([&](lreg_error **failure) {
            return lreg_options_set_storage(get(), name.c_str(), &table, backend.release(), failure);
        });
    }
    /** The same with a table of the C API. @param state taken, also when this throws, if the table has `destroy` */
    options &set_storage(const std::string &name, const lreg_storage_backend &table, void *state) {
        return set([&](lreg_error **failure) {
            return lreg_options_set_storage(get(), name.c_str(), &table, state, failure);
        });
    }

    /** The memory allocator. @param allocator its `user` must live until the last handle and error have ended */
    options &set_allocator(const lreg_allocator &allocator) {
        return set([&](lreg_error **failure) { return lreg_options_set_allocator(get(), &allocator, failure); });
    }

    /** The clock. @param now_ms `std::int64_t() noexcept`, milliseconds since the epoch. It is kept until the last
     * handle of the instances has ended, and called from any thread */
    template <class Now> options &set_clock(Now now_ms) {
        static_assert(std::is_nothrow_invocable_r_v<std::int64_t, Now &>, "a clock cannot fail: it is noexcept");
        lreg_clock hook = {};
        hook.now_ms = [](void *user) noexcept { return static_cast<std::int64_t>((*static_cast<Now *>(user))()); };
        return set_hook(lreg_options_set_clock, hook, std::move(now_ms));
    }

    /** The source of randomness. @param fill `void(void *bytes, std::size_t length)`, throws when it cannot fill them
     * all; kept and called like a clock */
    template <class Fill> options &set_random(Fill fill) {
        lreg_random hook = {};
        hook.fill = [](void *user, void *bytes, std::size_t length, lreg_failure *failure) noexcept {
            return detail::guard(failure, [&] { (*static_cast<Fill *>(user))(bytes, length); });
        };
        return set_hook(lreg_options_set_random, hook, std::move(fill));
    }

    /** The receiver of log lines. @param level one of LREG_LOG_* @param write
     * `void(std::int32_t level, std::string_view line)`; exceptions are dropped; kept and called like a clock */
    template <class Write> options &set_log(std::int32_t level, Write write) {
        lreg_log hook = {};
        hook.level = level;
        hook.write = [](void *user, std::int32_t line_level, const char *line) noexcept {
            detail::guard_quietly([&] { (*static_cast<Write *>(user))(line_level, std::string_view(line)); });
        };
        return set_hook(lreg_options_set_log, hook, std::move(write));
    }

    /** Threads of the host that help with uploads. @param run `bool(void (*task)(void *), void *argument) noexcept`, as
     * lreg_executor::run; kept and called like a clock */
    template <class Run> options &set_executor(Run run) {
        static_assert(std::is_nothrow_invocable_r_v<bool, Run &, void (*)(void *), void *>,
                      "an executor that cannot take a task returns false: it is noexcept");
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

    /** The library takes ownership of the function. */
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
