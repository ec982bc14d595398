/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_INSTANCE_H
#define LIBREGISTRY_INSTANCE_H

/**
 * @file
 * Opening an instance, its options, verification, collection and backups.
 *
 * An instance is an open data directory: metadata, blobs, keys. It needs no daemon and no configuration. Any number of
 * threads, instances and processes may use one directory at the same time.
 *
 * For fork() see lreg_fork_begin(). In a child that was forked without it, calls on handles of the parent return
 * LREG_MISUSE ("forked"), and the functions that end handles release memory and descriptors and change nothing else.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/sys/hooks.h>
#include <libregistry/sys/storage_backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Settings for lreg_open(). Opaque; every setting has a default. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_options lreg_options;

/**
 * Makes options with all defaults.
 *
 * @param out  owned, lreg_options_free(); not NULL; NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_new(lreg_options **out, lreg_error **err);

/** Ends options. Instances that were opened with them are not affected. @param options may be NULL. Blocks: no.
 * Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_options_free(lreg_options *options);

/**
 * Sets the data directory. If it is absent, lreg_open() makes it with mode 0700, but not its parents.
 *
 * @param options    not NULL
 * @param directory  path, UTF-8; NULL, the default, keeps everything in memory until the last handle ends; copied
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (empty, not UTF-8); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_directory(lreg_options *options, const char *directory, lreg_error **err);

/**
 * Sets the absolute base of URLs in responses, such as "https://packages.example.com" or
 * "https://example.com/packages".
 *
 * @param options   not NULL
 * @param base_url  http or https, a name or an address (IPv6 in brackets), optionally a port from 0 to 65535 and a
 *                  path; no user, query or fragment; at most 1,024 bytes; NULL, the default, takes scheme, host and
 *                  mount from each request; copied
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_base_url(lreg_options *options, const char *base_url, lreg_error **err);

/** Families of fields in which proxies describe the client, for lreg_options_set_forwarded_header(). Since: 0.1 */
#define LREG_FORWARDED_HEADER_X_FORWARDED 0 /**< X-Forwarded-For, -Proto, -Host, -Port and -Prefix */
#define LREG_FORWARDED_HEADER_FORWARDED 1 /**< Forwarded (RFC 7239) */

/**
 * Sets the family of fields that counts in requests of trusted proxies. The other family is ignored, because a proxy
 * that writes one family forwards the other as the client sent it. The proxy must set or remove every field of the
 * family that counts.
 *
 * @param options  not NULL
 * @param header   LREG_FORWARDED_HEADER_X_FORWARDED, the default, or LREG_FORWARDED_HEADER_FORWARDED
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (another number)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_forwarded_header(lreg_options *options, int32_t header, lreg_error **err);

/**
 * Sets how many trusted proxies a request passes in a row. Each of them adds an element at the end of the forwarded
 * lists. The element that counts is this many from the end; the client wrote the elements before it. If a list is
 * shorter, its first element counts.
 *
 * @param options  not NULL
 * @param hops     1, the default, to 16
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (out of range)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_forwarded_hops(lreg_options *options, int32_t hops, lreg_error **err);

/**
 * Adds a network of trusted proxies. Requests whose peer is in it, by lreg_exchange_set_peer() or REMOTE_ADDR, are
 * treated as after lreg_exchange_trust_forwarded(). This is for hosts that do not decide themselves, such as CGI and
 * FastCGI programs. Without a network no peer is trusted because of its address.
 *
 * @param options  not NULL
 * @param network  an IPv4 or IPv6 address, or "ADDRESS/BITS" such as "10.0.0.0/8"; NULL removes all; copied
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (not a network, or more than 32)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_trust_forwarded(lreg_options *options, const char *network, lreg_error **err);

/**
 * Sets what an acknowledged change survives. Durable and other instances may have one directory open at the same time
 * or one after the other. The next change by a durable instance then also makes durable what the others have written.
 * It calls syncfs() and blocks until that returns.
 *
 * @param options  not NULL
 * @param durable  1, the default: a power failure; 0: only the end of the process, which is faster
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_durable(lreg_options *options, lreg_bool durable, lreg_error **err);

/**
 * Sets how long a call waits for a lock before it returns LREG_BUSY.
 *
 * @param options     not NULL
 * @param timeout_ms  milliseconds, from 0 on; default: 10,000
 * @param err         owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (below 0)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_busy_timeout_ms(lreg_options *options, int32_t timeout_ms, lreg_error **err);

/** Limits, for lreg_options_set_number(). A request above one gets a 4xx that names it. The unit is in the name. Each
 * comment has the default. */
#define LREG_LIMIT_PACKAGE_BYTES 1 /**< one package file: 64 GiB */
#define LREG_LIMIT_BLOB_BYTES 2 /**< one blob of an image: 64 GiB */
#define LREG_LIMIT_MANIFEST_BYTES 3 /**< one manifest: 4 MiB */
#define LREG_LIMIT_JSON_BYTES 4 /**< body of a management request: 1 MiB */
#define LREG_LIMIT_JSON_DEPTH 5 /**< nesting of JSON: 32 */
#define LREG_LIMIT_TARGET_BYTES 6 /**< request target: 8 KiB */
#define LREG_LIMIT_HEADER_BYTES 7 /**< all header fields together: 64 KiB */
#define LREG_LIMIT_HEADERS 8 /**< number of header fields: 200 */
#define LREG_LIMIT_MULTIPART_PARTS 9 /**< parts of a form: 32 */
#define LREG_LIMIT_PART_HEADER_BYTES 10 /**< header block of one part: 16 KiB */
#define LREG_LIMIT_ARCHIVE_ENTRIES 11 /**< entries of a package or archive: 250,000 */
#define LREG_LIMIT_UNPACKED_BYTES 12 /**< unpacked bytes of control data that are read: 64 MiB */
#define LREG_LIMIT_UPLOADS 13 /**< upload sessions in progress at once in one registry: 1,000 */
#define LREG_LIMIT_PACKAGE_UNPACKED_BYTES 20 /**< unpacked bytes of a compressed package: 16 GiB */
#define LREG_LIMIT_UNPACKED_RATIO 21 /**< unpacked bytes per compressed byte, after the first 64 MiB: 100 */
#define LREG_LIMIT_ARCHIVE_MANIFEST_BYTES 22 /**< all manifests of one image archive together: 32 MiB */
#define LREG_LIMIT_TOKEN_UPLOADS 23 /**< upload sessions in progress at once of one token in one registry: 250 */

/** Other numbers for lreg_options_set_number(): lifetimes, ages and sizes above which nothing is refused. They share
 * one number space with LREG_LIMIT_*. */
#define LREG_SETTING_UPLOAD_AGE_MS 14 /**< time without progress after which a session may be collected: 7 days */
#define LREG_SETTING_BLOB_GRACE_MS 15 /**< time that a blob is kept without a manifest: 24 hours */
#define LREG_SETTING_BEARER_LIFETIME_MS 16 /**< lifetime of a bearer token: 5 minutes */
#define LREG_SETTING_AUDIT_KEEP_MS 17 /**< age at which audit events are removed: 365 days */
#define LREG_SETTING_AUDIT_KEEP_EVENTS 18 /**< number of audit events above which the oldest are removed: 1,000,000 */
#define LREG_SETTING_CACHE_BYTES 19 /**< memory for recently read metadata: 8 MiB */
#define LREG_SETTING_UPLOAD_IDLE_MS 24 /**< time without progress after which a session no longer counts: 10 minutes */

/**
 * Sets a limit or another number.
 *
 * @param options  not NULL
 * @param setting  one of LREG_LIMIT_* or LREG_SETTING_*
 * @param value    1 to 2^53
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (unknown setting, out of range)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_number(lreg_options *options, int32_t setting, uint64_t value,
                                                lreg_error **err);

/**
 * Sets an option by name, for hosts that read settings from a file, variables or a command line.
 *
 * Setting an option of one value again replaces the value. Setting an option that is a list adds one element, and "" as
 * its value empties the list. A name is never removed before the next major version: when an option is renamed, the old
 * name still works and logs a warning.
 *
 * @param options  not NULL
 * @param name     "directory", "base-url", "durable" ("true" or "false"), "busy-timeout-ms", "forwarded-header"
 *                 ("x-forwarded" or "forwarded"), "forwarded-hops", "trust-forwarded" (a list of networks),
 *                 "metrics-access" ("off", "token" or "anyone"), or a number: the name of its constant after
 *                 LREG_LIMIT_ or LREG_SETTING_, in this form: "package-bytes"; not NULL
 * @param value    not NULL; numbers are decimal digits; copied
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (unknown name, or the setter of that option refuses the value); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set(lreg_options *options, const char *name, const char *value, lreg_error **err);

/**
 * Sets options from a file with lines "name = value". The names are those of lreg_options_set(). Empty lines and
 * lines that begin with "#" are ignored.
 *
 * @param options  not NULL; after a failure the lines before the wrong one are set
 * @param path     a file of at most 64 KiB; not NULL
 * @param err      owned, lreg_error_free(); may be NULL; names the line
 * @return LREG_OK; LREG_BAD_ARGUMENT (a line is wrong, or the file is not text); LREG_NOT_FOUND; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: the file. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_load(lreg_options *options, const char *path, lreg_error **err);

/**
 * Stores packages in a storage backend of the host instead of files below the directory. Options with a storage backend
 * open one instance only.
 *
 * The name belongs to the stored bytes: the metadata has it with everything that is stored, so give the same bytes the
 * same name each time. When a directory is opened with another storage, nothing is lost: reading what only the former
 * storage has returns LREG_BUSY ("storage_unknown"), publishing it again stores it in the present one too, and both are
 * there again when either storage is. Rows of a directory from before storages had names get the name "local" when the
 * directory has packages as files, and otherwise the name of the first storage of a host that opens it.
 *
 * @param options  not NULL
 * @param name     not NULL; copied; 1 to LREG_STORAGE_NAME_MAX characters of [a-z0-9-]. "local" (files below the
 *                 directory), "memory" and "default" are the library's
 * @param backend  not NULL; copied
 * @param state    passed to every entry; taken, also when this call or lreg_open() fails: backend->destroy ends it,
 *                 exactly once, when options and instance no longer need it (unless the table is too short to have it)
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, a name that is malformed or the library's, too small, an entry missing)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_storage(lreg_options *options, const char *name,
                                                 const lreg_storage_backend *backend, void *state, lreg_error **err);

/**
 * Keeps package bytes in memory, also when a directory is set.
 *
 * @param options  not NULL
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_memory_storage(lreg_options *options, lreg_error **err);

/**
 * Sets the allocator of instances. The library, and zlib for it, uses it from lreg_open() on. SQLite, jansson, Mbed
 * TLS, libarchive and the C library do not use it: their allocators belong to the process, so the host has to set them
 * first (sqlite3_config(), json_set_alloc_funcs(), …; docs/abi.md, "Memory").
 *
 * @param options    not NULL
 * @param allocator  copied; its `user` is borrowed (sys/hooks.h); NULL: malloc, realloc, free
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, a function missing)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_allocator(lreg_options *options, const lreg_allocator *allocator,
                                                   lreg_error **err);

/**
 * Sets the clock.
 *
 * @param options  not NULL
 * @param clock    copied; its `user` is taken (sys/hooks.h); NULL: that of the operating system
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_clock(lreg_options *options, const lreg_clock *clock, lreg_error **err);

/**
 * Sets the source of randomness, from which secrets and keys are made.
 *
 * @param options  not NULL
 * @param random   copied; its `user` is taken (sys/hooks.h); NULL: that of the operating system
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_random(lreg_options *options, const lreg_random *random, lreg_error **err);

/**
 * Sets the receiver of log lines.
 *
 * @param options  not NULL
 * @param log      copied; its `user` is taken (sys/hooks.h); NULL, the default: none
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_log(lreg_options *options, const lreg_log *log, lreg_error **err);

/**
 * Sets the threads of the host that may help with uploads.
 *
 * @param options   not NULL
 * @param executor  copied; its `user` is taken (sys/hooks.h); NULL, the default: none
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_executor(lreg_options *options, const lreg_executor *executor,
                                                  lreg_error **err);

/**
 * Opens an instance, and makes it when the directory is new or empty. The time does not depend on the size of the
 * store.
 *
 * The file libregistry.txt marks a data directory. If it or other files show that the directory is in use, a missing or
 * empty database is refused and not made again ("database_missing"; docs/hosting.md, "Restoring"). A folder of
 * packages that is missing, or empty while the database names packages, is refused too ("objects_missing"). A directory
 * without a database that contains other files is refused ("directory_foreign"); lost+found and empty folders are
 * allowed. In these cases nothing is changed.
 *
 * A directory that this process cannot write to, such as on a read-only file system, is opened for reading. Every
 * change then returns LREG_FORBIDDEN ("read_only"), and nothing is recorded, such as downloads. New files belong to the
 * owner of the database. A process of root uses the ids of the owner while it makes a file (setfsuid(), for this thread
 * only). A process of another user is refused ("directory_of_another").
 *
 * @param options  not NULL; may be freed or changed afterwards
 * @param out      owned, lreg_close(); not NULL; NULL on failure
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_IO; LREG_NOT_FOUND (no parent directory); LREG_NO_SPACE; LREG_CORRUPT (database, key or
 *         objects are missing or damaged); LREG_UNSUPPORTED (written by a newer version, or the directory or the
 *         database is not that of a registry); LREG_BUSY; LREG_FORBIDDEN (a new directory that cannot be written
 *         to, or the directory of another user); LREG_MISUSE (the storage of these options is already used; "forked":
 *         the parent process had an instance on this directory open at the fork, and this child has not closed it, or
 *         the parent's threads were using it); LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY; a status of the source of
 *         randomness
 * Blocks: metadata database, files of the data directory. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_open(lreg_options *options, lreg_instance **out, lreg_error **err);

/**
 * Closes an instance. Handles that came from it stay valid and keep the database and the storage open until they end.
 * In a forked child this only releases memory and descriptors.
 *
 * @param instance  may be NULL
 * Blocks: metadata database (writes gathered download counts), storage. Threads: any, one at a time per handle. Since:
 * 0.1
 */
LREG_EXPORT void lreg_close(lreg_instance *instance);

/**
 * Prepares an instance for fork() while other threads use it: waits until no thread is in the database, closes it, and
 * makes new calls wait. It fits pthread_atfork(). After such a fork both processes can use the instance. Without it, a
 * forked child can only close the instance. Handles that other threads use at the fork belong to the parent. If the
 * instance is in memory, or has a storage backend of the host, a child can only close it in any case.
 *
 * @param instance  not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK: lreg_fork_end() has to follow, on the same thread, in each process, before any other call on this
 *         instance; LREG_BAD_ARGUMENT (NULL); LREG_BUSY (other threads were in the database for longer than the busy
 *         timeout; nothing is held); LREG_MISUSE (already begun, or in a forked child)
 * Blocks: metadata database (until the calls of other threads have left it, at most the busy timeout). Threads: any,
 * one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_fork_begin(lreg_instance *instance, lreg_error **err);

/**
 * Ends lreg_fork_begin(), in the parent and in the child.
 *
 * @param instance  may be NULL
 * Blocks: no. Threads: that of lreg_fork_begin(). Since: 0.1
 */
LREG_EXPORT void lreg_fork_end(lreg_instance *instance);

#ifdef __cplusplus
}
#endif

#endif
