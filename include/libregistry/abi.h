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

/* Marks a function that has a better successor. A program that must build without these warnings defines
 * LREG_NO_DEPRECATED before it includes a header. */
#if defined(__GNUC__) && !defined(LREG_NO_DEPRECATED)
#define LREG_DEPRECATED(since, instead) __attribute__((deprecated("since " since ": use " instead)))
#else
#define LREG_DEPRECATED(since, instead)
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
#define LREG_VERSION_NUMBER 1000 /**< as lreg_version_number() returns it, for #if */

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

/**
 * Whether the library that is loaded has a part that another build or version may lack. Use it instead of a comparison
 * of versions.
 *
 * @param name  "ecosystem-files", "ecosystem-alpine" or "ecosystem-container"; later versions know more names; not NULL
 * @return 1; 0 also for names that this version does not know, and for NULL
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_has_feature(const char *name);

#ifdef __cplusplus
}
#endif

#endif
