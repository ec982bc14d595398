/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ABI_H
#define LIBREGISTRY_ABI_H

/**
 * @file
 * Definitions for all other headers: linkage, the status type, and the version of the library.
 *
 * The ABI uses only fixed-width integers, `const char *` (UTF-8, NUL-terminated), pointer + `size_t` for bytes, opaque
 * handles, function pointers, and structs whose first member is their size, so that any language can call it.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define LREG_EXPORT
#elif defined(LREG_BUILD)
#define LREG_EXPORT __attribute__((visibility("default")))
#else
#define LREG_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Result of every function that can fail: one of the LREG_* constants in error.h; 0 is success. Since: 0.1 */
typedef int32_t lreg_status;

/** Boolean of the ABI: 0 is false, every other value is true. (Not every FFI supports C's `_Bool`.) Since: 0.1 */
typedef int32_t lreg_bool;

/** An open data directory, with all its registries. See instance.h. Threads: any, at once. Since: 0.1 */
typedef struct lreg_instance lreg_instance;

#define LREG_VERSION_MAJOR 0
#define LREG_VERSION_MINOR 1
#define LREG_VERSION_PATCH 0
#define LREG_VERSION_STRING "0.1.0"

/**
 * The version of the library that is loaded, which may be newer than the headers.
 *
 * @return "MAJOR.MINOR.PATCH"; static storage, never NULL
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_version_string(void);

/**
 * The version of the library that is loaded, as a number that can be compared.
 *
 * @return MAJOR * 1000000 + MINOR * 1000 + PATCH
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT int32_t lreg_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
