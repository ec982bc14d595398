/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_CPP_PACKAGE_READER_HPP
#define LIBREGISTRY_CPP_PACKAGE_READER_HPP

/**
 * @file
 * The bytes of packages: being published (publication), and open for reading (package_reader).
 */

#include <libregistry/cpp/snapshots.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace libregistry {

/** The result of publication::finish(). */
struct published {
    package item;
    bool is_new; /**< false: the same package was there already */
};

/**
 * A package file that is being published, from instance::publish(). Destroying it without finish() discards it.
 * Threads: any, one at a time per handle. Since: 0.1
 */
class publication : public handle<lreg_publication, lreg_publication_close> {
  public:
    using handle::handle;

    /** Appends bytes. Throws when lreg_publication_write() fails; then it can only be destroyed. Blocks. */
    void write(const void *bytes, std::size_t length) {
        detail::call([&](lreg_error **failure) { return lreg_publication_write(get(), bytes, length, failure); });
    }
    void write(std::string_view bytes) {
        write(bytes.data(), bytes.size());
    }

    /** Publishes: when it returns, the package is visible and durable. Throws when lreg_publication_finish() fails.
     * Blocks. */
    published finish() {
        lreg_bool is_new = 0;
        package item = detail::make<package>([&](lreg_package **out, lreg_error **failure) {
            return lreg_publication_finish(get(), out, &is_new, failure);
        });
        return published{std::move(item), is_new != 0};
    }
};

/** A package's bytes, from instance::open_package(). Threads: any, one at a time per handle. Since: 0.1 */
class package_reader : public handle<lreg_package_reader, lreg_package_reader_close> {
  public:
    using handle::handle;

    /** Its length in bytes. */
    std::uint64_t length() const noexcept {
        return lreg_package_reader_length(get());
    }

    /** Reads from any offset. @return the number of bytes; less than `capacity` only at the end. Blocks. */
    std::size_t read(std::uint64_t offset, void *bytes, std::size_t capacity) {
        std::size_t got = 0;
        detail::call([&](lreg_error **failure) {
            return lreg_package_reader_read(get(), offset, bytes, capacity, &got, failure);
        });
        return got;
    }
};

} // namespace libregistry

#endif
