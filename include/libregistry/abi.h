/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_ABI_H
#define LIBREGISTRY_ABI_H

/**
 * @file
 * What every other header needs: linkage, the status type, and the version of the library.
 *
 * The ABI uses fixed-width integers, `const char *` (UTF-8, NUL-terminated), pointer + `size_t` for bytes, opaque
 * handles, and structs whose first member is their size. Nothing else, so that any language can call it.
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

/** Boolean of the ABI: 0 is false, everything else true. (C's `_Bool` has no agreed shape in every FFI.) Since: 0.1 */
typedef int32_t lreg_bool;

/** One open registry: a data directory with everything in it. See instance.h. Threads: any, at once. Since: 0.1 */
typedef struct lreg_instance lreg_instance;

#define LREG_VERSION_MAJOR 0
#define LREG_VERSION_MINOR 1
#define LREG_VERSION_PATCH 0
#define LREG_VERSION_STRING "0.1.0"

/**
 * The version of the library that is loaded, which may be newer than the headers.
 *
 * @return "MAJOR.MINOR.PATCH"; static storage, never NULL
 * Threads: any, at once. Does not block. Since: 0.1
 */
LREG_EXPORT const char *lreg_version_string(void);

/**
 * The version of the library that is loaded, as a number that can be compared.
 *
 * @return MAJOR * 1000000 + MINOR * 1000 + PATCH
 * Threads: any, at once. Does not block. Since: 0.1
 */
LREG_EXPORT int32_t lreg_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
