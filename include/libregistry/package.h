/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_PACKAGE_H
#define LIBREGISTRY_PACKAGE_H

/**
 * @file
 * Publishing, listing, reading and deleting packages without HTTP. A package handle is an immutable snapshot.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot of a package: a file, an apk of one architecture, a tag of an image.
 * Threads: any, at once. Since: 0.1 */
typedef struct lreg_package lreg_package;

/** A listing of packages, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_package_list lreg_package_list;

/** A package file that is being published. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_publication lreg_publication;

/** Reads a package's bytes. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_package_reader lreg_package_reader;

/** Which packages a listing has. A member that is 0 or NULL is no condition. Since: 0.1 */
typedef struct lreg_package_filter {
    uint32_t size; /**< sizeof(lreg_package_filter), set by the caller */
    uint32_t flags; /**< 0 */
    const char *name_contains; /**< only packages whose name contains this text, ignoring ASCII case; UTF-8 */
} lreg_package_filter;

/**
 * Begins to publish one package file: any file, an apk, or an image as an archive of an OCI image layout. This decides
 * nothing but whether the form of the file name is possible; all else is decided by lreg_publication_finish().
 *
 * @param instance  not NULL
 * @param registry  not NULL; may be freed before the publication ends
 * @param filename  name of the file for people, UTF-8, at most 255 bytes; of a path only the last part counts; not
 *                  NULL; copied
 * @param out       owned, lreg_publication_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_UNPROCESSABLE (no file name, or the registry refuses it);
 *         LREG_NOT_IMPLEMENTED (this build lacks the registry's ecosystem); LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY
 * Blocks: storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_open(lreg_instance *instance, const lreg_registry *registry,
                                              const char *filename, lreg_publication **out, lreg_error **err);

/**
 * Adds bytes, in order. After a failure the publication can only be freed.
 *
 * @param publication  not NULL
 * @param bytes        borrowed for the call; may be NULL when `length` is 0
 * @param length       any
 * @param err          owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_TOO_LARGE; LREG_UNPROCESSABLE (not a valid package); LREG_MISUSE (already finished or failed);
 *         LREG_BAD_ARGUMENT (NULL); LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY; a status of the host's storage
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_write(lreg_publication *publication, const void *bytes, size_t length,
                                               lreg_error **err);

/**
 * Ends the bytes and publishes the package. After LREG_OK the package is visible to all readers, and durable. After a
 * failure nothing was published, with one exception: after LREG_NO_MEMORY the package may have been published, without
 * memory for its handle. Publish again to get it.
 *
 * @param publication  not NULL
 * @param out          owned, lreg_package_free(); may be NULL; NULL on failure
 * @param out_created  1 when the package is new, 0 when it existed already; may be NULL; unchanged on failure
 * @param err          owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_CONFLICT (it exists with other bytes); LREG_UNPROCESSABLE (not a valid package); LREG_NOT_FOUND
 *         (the registry was deleted); LREG_MISUSE (already finished or failed); LREG_BAD_ARGUMENT (NULL); LREG_BUSY;
 *         LREG_NO_SPACE; LREG_IO; LREG_NO_MEMORY; a status of the host's storage
 * Blocks: metadata database, storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_publication_finish(lreg_publication *publication, lreg_package **out,
                                                lreg_bool *out_created, lreg_error **err);

/**
 * Ends a publication. If it was not finished, its bytes are removed.
 * @param publication  may be NULL
 * Blocks: metadata database, storage (removes what is staged). Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_publication_close(lreg_publication *publication);

/**
 * Finds a package by its reference.
 *
 * @param instance   not NULL
 * @param registry   not NULL
 * @param reference  see lreg_package_reference(): "app-1.0.zip"; for an apk with its architecture,
 *                   "x86_64/hello-1.0-r0.apk"; for an image "image:tag"; not NULL
 * @param out        owned, lreg_package_free(); not NULL; NULL on failure
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_find(lreg_instance *instance, const lreg_registry *registry, const char *reference,
                                          lreg_package **out, lreg_error **err);

/**
 * Finds a package by its id.
 *
 * @param instance  not NULL
 * @param registry  not NULL
 * @param id        not NULL
 * @param out       owned, lreg_package_free(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_find_by_id(lreg_instance *instance, const lreg_registry *registry, const char *id,
                                                lreg_package **out, lreg_error **err);

/**
 * Lists a registry's packages, newest first. What is made or deleted meanwhile may or may not appear; all others are
 * returned once.
 *
 * @param instance  not NULL
 * @param registry  not NULL; may be freed before the listing ends
 * @param filter    copied; NULL: all
 * @param out       owned, lreg_package_list_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags, not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_list_open(lreg_instance *instance, const lreg_registry *registry,
                                               const lreg_package_filter *filter, lreg_package_list **out,
                                               lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_package_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_list_next(lreg_package_list *list, lreg_package **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_package_list_close(lreg_package_list *list);

/**
 * Deletes a package. The snapshot stays readable. lreg_upkeep() or lreg_collect() frees the bytes, unless something
 * else names them. For an image this deletes the tag. With the last tag of a manifest it also deletes the manifest,
 * unless an index names it, and the manifests that only this manifest named.
 *
 * @param instance  not NULL
 * @param package   not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (already deleted); LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_NO_SPACE; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_delete(lreg_instance *instance, const lreg_package *package, lreg_error **err);

/**
 * Opens a package's bytes; for an image, its manifest. They stay readable when the package is deleted meanwhile.
 *
 * @param instance  not NULL
 * @param package   not NULL; may be freed before the reader is closed
 * @param out       owned, lreg_package_reader_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (deleted and collected); LREG_CORRUPT (lost, or in quarantine: lreg_upkeep());
 *         LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY; a status of the host's storage
 * Blocks: metadata database, storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_reader_open(lreg_instance *instance, const lreg_package *package,
                                                 lreg_package_reader **out, lreg_error **err);

/** Its length. @return bytes. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_package_reader_length(const lreg_package_reader *reader);

/**
 * Reads bytes at any offset.
 *
 * @param reader  not NULL
 * @param offset   from 0 on; reading at or after the end is not a failure, and returns no bytes
 * @param bytes    room for `length` bytes; may be NULL when `length` is 0
 * @param length   any
 * @param out_got  how many were read: fewer than `length` only at the end; 0 at the end and on failure; not NULL
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_IO; LREG_CORRUPT; LREG_NO_MEMORY; a status of the host's storage
 * Blocks: storage. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_package_reader_read(lreg_package_reader *reader, uint64_t offset, void *bytes,
                                                 size_t length, size_t *out_got, lreg_error **err);

/** Ends reading. @param reader may be NULL. Blocks: storage. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_package_reader_close(lreg_package_reader *reader);

/** Its id. @return UUID; borrowed until lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_id(const lreg_package *package);
/** Its name. @return borrowed until lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_name(const lreg_package *package);
/** Its version. @return "" when there is none; borrowed until lreg_package_free(). Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_version(const lreg_package *package);
/** Its architecture. @return "" when there is none; borrowed until lreg_package_free(). Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_architecture(const lreg_package *package);
/** What names it in its registry, where no other package has the same. @return its form is that of the ecosystem, see
 * lreg_package_find(), and later versions may have longer forms; borrowed until lreg_package_free(). Blocks: no.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_reference(const lreg_package *package);
/** The name under which to save it: the last part of its reference. Others in the registry may have the same. @return
 * without '/': "hello-1.0-r0.apk"; borrowed until lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_filename(const lreg_package *package);
/** The path from which HTTP clients get it. @return below the mount, percent-encoded; borrowed until
 * lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_path(const lreg_package *package);
/** Its size; for an image, including all that its manifest names. @return bytes. Blocks: no. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT uint64_t lreg_package_size_bytes(const lreg_package *package);
/** One of its digests. @param algorithm "md5", "sha1", "sha256" or "sha512" @return lower-case hexadecimal, "" when
 * it is not known; borrowed until lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_digest(const lreg_package *package, const char *algorithm);
/** Its other metadata, by ecosystem. @return JSON object, "{}" when there is nothing; borrowed until
 * lreg_package_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_package_attributes(const lreg_package *package);
/** How often it was downloaded over HTTP. @return a number, without those of the last seconds. Blocks: no. Threads:
 * any, at once. Since: 0.1 */
LREG_EXPORT uint64_t lreg_package_downloads(const lreg_package *package);
/** When it was first published: publishing other bytes under its reference does not change it. @return milliseconds
 * since the epoch. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_package_created_ms(const lreg_package *package);
/** Ends a snapshot. @param package may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one
 * at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_package_free(lreg_package *package);

#ifdef __cplusplus
}
#endif

#endif
