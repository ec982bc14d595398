/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_HPP
#define LIBREGISTRY_HPP

/**
 * @file
 * libregistry for C++17: the C API with handles that end themselves, failures as exceptions, listings to go through,
 * and callbacks and storages that are written in C++. Header-only; links with nothing but the library.
 *
 *     libregistry::instance instance("/var/lib/registry");
 *     libregistry::registry files = instance.find_registry("my-organization", "my-files");
 *     libregistry::publication upload = instance.publish(files, "app-1.0.zip");
 *     upload.write(bytes);
 *     std::cout << upload.finish().item.path() << '\n';
 *     for (const libregistry::package &item : instance.packages(files))
 *         std::cout << item.filename() << ' ' << item.size_bytes() << '\n';
 *
 * What a function does, and with which statuses it fails, is said at the C function whose name it has; only what
 * differs is said here.
 *
 * Ownership. Handles own; they move and do not copy; they may end in any order. An empty or moved-from one is harmless:
 * calls throw LREG_BAD_ARGUMENT, accessors give "" or 0. get() gives the handle of the C API, for what is not here.
 *
 * Errors. libregistry::error, which is a std::runtime_error, carries status, code, message, operation and cause. No
 * exception crosses the border: what a callback throws goes through the library as a status, and comes out of the
 * call that led to the callback as it was thrown.
 *
 * Threads. As in the C API. Compiles with -fno-rtti; needs exceptions.
 */

#include <libregistry.h>
#include <libregistry/cpp/content.hpp>
#include <libregistry/cpp/error.hpp>
#include <libregistry/cpp/exchange.hpp>
#include <libregistry/cpp/handle.hpp>
#include <libregistry/cpp/instance.hpp>
#include <libregistry/cpp/options.hpp>
#include <libregistry/cpp/snapshots.hpp>
#include <libregistry/cpp/storage.hpp>

#include <string>

namespace libregistry {

/** The version of the library that is loaded, "MAJOR.MINOR.PATCH". Threads: any, at once. Since: 0.1 */
inline std::string version() {
    return lreg_version_string();
}

/** The same as MAJOR * 1000000 + MINOR * 1000 + PATCH. Threads: any, at once. Since: 0.1 */
inline std::int32_t version_number() noexcept {
    return lreg_version_number();
}

} // namespace libregistry

#endif
