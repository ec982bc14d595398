/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_HPP
#define LIBREGISTRY_HPP

/**
 * @file
 * libregistry for C++17: the C API with RAII handles, failures as exceptions, listings as ranges, and callbacks and
 * storages written in C++. Header-only; links only with the library.
 *
 *     libregistry::instance instance("/var/lib/registry");
 *     libregistry::registry files = instance.find_registry("my-organization", "my-files");
 *     libregistry::publication upload = instance.publish(files, "app-1.0.zip");
 *     upload.write(bytes);
 *     std::cout << upload.finish().item.path() << '\n';
 *     for (const libregistry::package &item : instance.packages(files))
 *         std::cout << item.filename() << ' ' << item.size_bytes() << '\n';
 *
 * The C function of the same name documents what a function does and the statuses it fails with; the comments here
 * only describe the differences.
 *
 * Ownership. Handles own their object; they can be moved but not copied, and destroyed in any order. An empty or
 * moved-from handle is harmless: calls throw LREG_BAD_ARGUMENT, accessors return "" or 0. get() returns the C handle,
 * for functions without a wrapper.
 *
 * Errors. libregistry::error, which is a std::runtime_error, has status, code, message, operation and cause. No
 * exception passes through the library: when a callback throws, the library sees a status, and the call that led to
 * the callback throws the original exception.
 *
 * Threads. As in the C API. Compiles with -fno-rtti; needs exceptions.
 */

#include <libregistry.h>
#include <libregistry/cpp/package_reader.hpp>
#include <libregistry/cpp/error.hpp>
#include <libregistry/cpp/exchange.hpp>
#include <libregistry/cpp/handle.hpp>
#include <libregistry/cpp/instance.hpp>
#include <libregistry/cpp/options.hpp>
#include <libregistry/cpp/snapshots.hpp>
#include <libregistry/cpp/storage.hpp>

#include <string>

namespace libregistry {

/** The version of the loaded library, "MAJOR.MINOR.PATCH". Threads: any, at once. Since: 0.1 */
inline std::string version() {
    return lreg_version_string();
}

/** The same as MAJOR * 1000000 + MINOR * 1000 + PATCH. Threads: any, at once. Since: 0.1 */
inline std::int32_t version_number() noexcept {
    return lreg_version_number();
}

/** Whether the library that is loaded has a part that another build or version may lack, such as "ecosystem-alpine".
 * Threads: any, at once. Since: 0.1 */
inline bool has_feature(std::string_view name) {
    return lreg_has_feature(detail::text(name).c_str()) != 0;
}

} // namespace libregistry

#endif
