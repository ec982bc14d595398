/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_INSTANCE_H
#define LIBREGISTRY_INSTANCE_H

/**
 * @file
 * Opening an instance, its options, and the work that keeps it in order.
 *
 * An instance is a data directory: metadata, blobs, keys. It needs no daemon and no configuration. Any number of
 * threads, of instances and of processes may use one directory at the same time. After fork() the child opens its own
 * instance.
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
 * New options with all defaults.
 * @param out  owned, lreg_options_free(); NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NO_MEMORY. Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_new(lreg_options **out, lreg_error **err);

/** End options; instances opened with them live on. @param options may be NULL. Threads: any, one at a time per handle.
 * Since: 0.1 */
LREG_EXPORT void lreg_options_free(lreg_options *options);

/**
 * Where the instance lives. Made when absent, with mode 0700.
 * @param directory  path; NULL keeps everything in memory, until the last handle is closed. Copied. Default: NULL
 * @return LREG_OK; LREG_NO_MEMORY. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_directory(lreg_options *options, const char *directory, lreg_error **err);

/**
 * The absolute base of URLs in answers, such as "https://packages.example.com" or "https://example.com/packages".
 * @param base_url  http or https, no query; NULL takes scheme, host and mount from each request. Copied. Default: NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_base_url(lreg_options *options, const char *base_url, lreg_error **err);

/**
 * Whether what was acknowledged survives a power cut (1, the default), or only the death of the process (0: faster).
 * Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_durable(lreg_options *options, lreg_bool durable, lreg_error **err);

/** How long to wait for another process's lock before LREG_BUSY, in milliseconds. Default: 10,000.
 * @return LREG_OK; LREG_BAD_ARGUMENT below 0. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_options_set_busy_timeout_ms(lreg_options *options, int32_t timeout_ms, lreg_error **err);

/** Limits that lreg_options_set_limit() sets. The unit is in the name; the defaults are behind. */
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
#define LREG_LIMIT_ARCHIVE_ENTRIES 11 /**< entries of an archive that are looked at: 100,000 */
#define LREG_LIMIT_UNPACKED_BYTES 12 /**< unpacked bytes of control data that are looked at: 64 MiB */
#define LREG_LIMIT_UPLOADS 13 /**< upload sessions open at once in one registry: 1,000 */
#define LREG_LIMIT_UPLOAD_AGE_MS 14 /**< time without progress until a session may be collected: 7 days */
#define LREG_LIMIT_BLOB_GRACE_MS 15 /**< how long a blob waits for its manifest: 24 hours */
#define LREG_LIMIT_BEARER_LIFETIME_MS 16 /**< life of a bearer token: 5 minutes */
#define LREG_LIMIT_AUDIT_KEEP_MS 17 /**< age at which audit events rotate away: 365 days */
#define LREG_LIMIT_AUDIT_KEEP_EVENTS 18 /**< number beyond which the oldest rotate away: 1,000,000 */
#define LREG_LIMIT_CACHE_BYTES 19 /**< memory for what was read lately: 8 MiB */

/**
 * Sets a limit. Over a limit a request is refused with a 4xx that names it.
 * @param limit  one of LREG_LIMIT_*
 * @param value  1 to 2^53
 * @return LREG_OK; LREG_BAD_ARGUMENT. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_limit(lreg_options *options, int32_t limit, uint64_t value, lreg_error **err);

/**
 * Puts new packages into a storage of the host instead of files below the directory.
 * @param backend  not NULL; copied
 * @param state    handed to every entry; taken, also when this call fails: backend->destroy ends it, exactly once
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, or an entry missing); LREG_NO_MEMORY.
 * Options with a storage can open one instance. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_storage(lreg_options *options, const lreg_storage_backend *backend,
                                                 void *state, lreg_error **err);

/** Keep package bytes in memory, whatever the directory. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_options_set_memory_storage(lreg_options *options, lreg_error **err);

/** Each replaces a hook; the struct is copied, NULL brings the default back.
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, or a function missing). Threads: any, one at a time per handle. Since:
 * 0.1 */
LREG_EXPORT lreg_status lreg_options_set_allocator(lreg_options *options, const lreg_allocator *allocator,
                                                   lreg_error **err);
/** See lreg_options_set_allocator(). Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_options_set_clock(lreg_options *options, const lreg_clock *clock, lreg_error **err);
/** See lreg_options_set_allocator(). Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_options_set_random(lreg_options *options, const lreg_random *random, lreg_error **err);
/** See lreg_options_set_allocator(). Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT lreg_status lreg_options_set_log(lreg_options *options, const lreg_log *log, lreg_error **err);

/**
 * Opens an instance; makes it when the directory is new. Costs the same on an empty and on a huge store.
 *
 * @param options  not NULL; may be freed afterwards
 * @param out      owned, lreg_close(); NULL on failure
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_IO; LREG_NO_SPACE; LREG_CORRUPT; LREG_UNSUPPORTED (written by a newer version); LREG_BUSY;
 *         LREG_NO_MEMORY
 * Blocks: files and metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_open(lreg_options *options, lreg_instance **out, lreg_error **err);

/**
 * Lets go of an instance. Handles that came from it stay valid and keep what they need open until they are freed.
 * @param instance  may be NULL. Blocks: writes gathered download counts. Threads: any, one at a time per handle. Since:
 * 0.1
 */
LREG_EXPORT void lreg_close(lreg_instance *instance);

/** What lreg_verify() tells of each finding. @param message borrowed for the call. Threads: the caller's. Since: 0.1 */
typedef void (*lreg_finding)(const char *message, void *user);

/** What lreg_verify() looked at and found. Since: 0.1 */
typedef struct lreg_verify_report {
    uint32_t size; /**< sizeof(lreg_verify_report), set by the caller */
    uint32_t reserved;
    uint64_t blobs; /**< looked at */
    uint64_t blob_bytes; /**< looked at */
    uint64_t documents; /**< looked at */
    uint64_t missing; /**< named by the metadata, not stored */
    uint64_t damaged; /**< stored, with other content */
    uint64_t unnamed_objects; /**< stored, not named: the collector will remove them */
} lreg_verify_report;

/**
 * Hashes everything stored again and checks the database. Findings are not a failure: LREG_OK says that the walk was
 * complete.
 * @param finding  called for each finding; may be NULL
 * @param report   filled in up to its size; not NULL
 * @return LREG_OK; LREG_IO; LREG_NO_MEMORY; LREG_BUSY; LREG_BAD_ARGUMENT.
 * Blocks: reads every byte. Others read and write meanwhile. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_verify(lreg_instance *instance, lreg_finding finding, void *user,
                                    lreg_verify_report *report, lreg_error **err);

/** What lreg_collect() removed. Since: 0.1 */
typedef struct lreg_collect_report {
    uint32_t size; /**< sizeof(lreg_collect_report), set by the caller */
    uint32_t reserved;
    uint64_t uploads; /**< upload sessions without progress */
    uint64_t stages; /**< leftovers of writers that died */
    uint64_t blobs; /**< no longer named */
    uint64_t blob_bytes; /**< their bytes */
    uint64_t objects; /**< stored, but never named */
    uint64_t audit_events; /**< rotated away */
} lreg_collect_report;

/**
 * Removes what nothing names any more. Stops nobody; call it now and then, or never.
 * @param grace_ms  protects what is younger, for it may belong to a writer at work; 3,600,000 is a good value
 * @param report    filled in up to its size; may be NULL
 * @return LREG_OK; LREG_IO; LREG_BUSY; LREG_NO_MEMORY; LREG_BAD_ARGUMENT. What was removed until then stays removed.
 * Blocks. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_collect(lreg_instance *instance, int64_t grace_ms, lreg_collect_report *report,
                                     lreg_error **err);

/**
 * Makes a consistent copy of the instance while others read and write.
 * @param directory  the copy; must not exist
 * @return LREG_OK; LREG_CONFLICT (exists); LREG_UNSUPPORTED (not in a directory, or storage of the host); LREG_IO;
 *         LREG_NO_SPACE; LREG_NO_MEMORY. Blocks. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_backup(lreg_instance *instance, const char *directory, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
