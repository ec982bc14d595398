/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_PACKAGE_H
#define LIBREGISTRY_PACKAGE_H

/**
 * @file
 * Packages: publishing, listing, reading, deleting, without HTTP. A handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A package as it was when it was read: a file, an apk of one architecture, a tag of an image. Threads: any, at once.
 * Since: 0.1 */
typedef struct lreg_package lreg_package;

/** A listing that is read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_package_list lreg_package_list;

/** A package file on its way in. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_publication lreg_publication;

/** A package's bytes, open for reading. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_content lreg_content;

/**
 * Begins to publish one package file.
 *
 * @param registry  not NULL; may be freed before the publication ends
 * @param filename  as a person names the file, without directories, UTF-8, at most 255 bytes; copied
 * @param out       owned, lreg_publication_free(); NULL on failure
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_UNPROCESSABLE (the registry refuses such names); LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_begin(lreg_instance *instance, const lreg_registry *registry,
                                               const char *filename, lreg_publication **out, lreg_error **err);

/**
 * Adds bytes, in order. After a failure only lreg_publication_free() is left.
 * @param bytes  borrowed for the call
 * @return LREG_OK; LREG_TOO_LARGE; LREG_UNPROCESSABLE (not a sound package); LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY;
 * LREG_MISUSE Blocks: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_write(lreg_publication *publication, const void *bytes, size_t length,
                                               lreg_error **err);

/**
 * Ends the bytes and publishes: when this returns LREG_OK, the package is there for everybody, durably.
 * @param out          owned, lreg_package_free(); may be NULL; NULL on failure
 * @param out_created  0 when the same package was there already; may be NULL
 * @return LREG_OK; LREG_CONFLICT (exists with other bytes); LREG_UNPROCESSABLE; LREG_NO_SPACE; LREG_IO; LREG_BUSY;
 * LREG_NO_MEMORY; LREG_NOT_FOUND (the registry was deleted); LREG_MISUSE Blocks. Threads: any, one at a time per
 * handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_finish(lreg_publication *publication, lreg_package **out,
                                                lreg_bool *out_created, lreg_error **err);

/** Ends a publication; before lreg_publication_finish() nothing of it stays. @param publication may be NULL.
 * Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_publication_free(lreg_publication *publication);

/** Looks a package up by its id. @param out owned, lreg_package_free(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_package_find(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                          lreg_package **out, lreg_error **err);

/** Looks a package up by its file name ("app-1.0.zip", "hello-1.0-r0.apk" below its architecture:
 * "x86_64/hello-1.0-r0.apk", "image:tag"). @param out owned, lreg_package_free(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_package_find_by_filename(lreg_instance *instance, const lreg_registry *registry,
                                                      const char *filename, lreg_package **out, lreg_error **err);

/**
 * Lists a registry's packages, newest first.
 * @param name_contains  only those whose name contains this text, ASCII case ignored; NULL: all
 * @param out            owned, lreg_package_list_free(); NULL on failure
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_list_open(lreg_instance *instance, const lreg_registry *registry,
                                               const char *name_contains, lreg_package_list **out, lreg_error **err);

/** The next one. @param out owned, lreg_package_free(); NULL at the end, which is LREG_OK, and on failure
 * @return LREG_OK; LREG_BUSY; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_package_list_next(lreg_package_list *list, lreg_package **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_package_list_free(lreg_package_list *list);

/** Deletes a package. The snapshot stays readable, its bytes may be gone.
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BUSY; LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY. Blocks. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT lreg_status lreg_package_delete(lreg_instance *instance, const lreg_package *package, lreg_error **err);

/** Opens a package's bytes (of an image: its manifest). @param out owned, lreg_content_close(); NULL on failure
 * @return LREG_OK; LREG_NOT_FOUND (deleted meanwhile); LREG_IO; LREG_CORRUPT; LREG_BUSY; LREG_NO_MEMORY
 * Blocks: storage. Threads: any, at once. Since: 0.1 */
LREG_EXPORT lreg_status lreg_content_open(lreg_instance *instance, const lreg_package *package, lreg_content **out,
                                          lreg_error **err);
/** @return number of bytes. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_content_length(const lreg_content *content);
/** Reads from `offset`. @param out_got fewer than `length` only at the end; 0 there. Not NULL
 * @return LREG_OK; LREG_IO; LREG_CORRUPT. Blocks: storage. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_content_read(lreg_content *content, uint64_t offset, void *bytes, size_t length,
                                          size_t *out_got, lreg_error **err);
/** Ends reading. @param content may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_content_close(lreg_content *content);

/** @return UUID; borrowed until lreg_package_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_id(const lreg_package *package);
/** @return borrowed until lreg_package_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_name(const lreg_package *package);
/** @return "" when there is none; borrowed until lreg_package_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_version(const lreg_package *package);
/** @return architecture, "" when there is none; borrowed until lreg_package_free(). Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_package_architecture(const lreg_package *package);
/** @return see lreg_package_find_by_filename(); borrowed until lreg_package_free(). Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_package_filename(const lreg_package *package);
/** @return path below the mount from which HTTP clients get it; borrowed until lreg_package_free(). Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_path(const lreg_package *package);
/** @return bytes; of an image with all that its manifest names. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_package_size_bytes(const lreg_package *package);
/** @param algorithm "md5", "sha1", "sha256" or "sha512" @return lower-case hexadecimal, "" when unknown; borrowed until
 * lreg_package_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_digest(const lreg_package *package, const char *algorithm);
/** @return JSON object of what the ecosystem knows besides ("{}" when nothing); borrowed until lreg_package_free().
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_attributes(const lreg_package *package);
/** @return how often it was downloaded; counts of the last seconds may be missing. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_package_downloads(const lreg_package *package);
/** @return when it was published, milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_package_created_ms(const lreg_package *package);
/** Ends a snapshot. @param package may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_package_free(lreg_package *package);

#ifdef __cplusplus
}
#endif

#endif
