/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_INSTANCE_H
#define LIBREGISTRY_INSTANCE_H

/**
 * @file
 * Opening an instance, its options, and the work that keeps it in order.
 *
 * An instance is a data directory: metadata, blobs, keys. It needs no daemon and no configuration. Any number of
 * threads, of instances and of processes may use one directory at the same time. For fork() see lreg_fork_begin(); in a
 * child that was forked without it, calls on handles of the parent give LREG_MISUSE ("forked"), and those that end
 * handles release memory and change nothing.
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
 *
 * @param out  owned, lreg_options_free(); not NULL; NULL on failure
 * @param err  owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Does not block. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_new(lreg_options **out, lreg_error **err);

/** Ends options; instances that were opened with them live on. @param options may be NULL.
 * Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_options_free(lreg_options *options);

/**
 * Sets where the instance lives. lreg_open() makes the directory when it is absent, with mode 0700; not its parents.
 *
 * @param options    not NULL
 * @param directory  path, UTF-8; NULL, the default, keeps everything in memory until the last handle is closed; copied
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (empty, not UTF-8); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_directory(lreg_options *options, const char *directory, lreg_error **err);

/**
 * Sets the absolute base of URLs in answers, such as "https://packages.example.com" or "https://example.com/packages".
 *
 * @param options   not NULL
 * @param base_url  http or https, a name or an address (IPv6 in brackets), maybe a port from 0 to 65535, maybe a path;
 *                  without user, query and fragment; at most 1,024 bytes; NULL, the default, takes scheme, host and
 *                  mount from each request; copied
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT; LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_base_url(lreg_options *options, const char *base_url, lreg_error **err);

/** Which fields trusted proxies describe the client in, for lreg_options_set_forwarded_header(). Since: 0.1 */
#define LREG_FORWARDED_HEADER_X_FORWARDED 0 /**< X-Forwarded-For, -Proto, -Host, -Port and -Prefix */
#define LREG_FORWARDED_HEADER_FORWARDED 1 /**< Forwarded (RFC 7239) */

/**
 * Sets which family of fields counts in requests of trusted proxies. The other one is ignored, because a proxy that
 * writes one of them passes the other on as the client sent it. The proxy has to set, or remove, every field of the
 * family that counts.
 *
 * @param options  not NULL
 * @param header   LREG_FORWARDED_HEADER_X_FORWARDED, the default, or LREG_FORWARDED_HEADER_FORWARDED
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (another number)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_forwarded_header(lreg_options *options, int32_t header, lreg_error **err);

/**
 * Sets how many proxies of the operator's own a request passes, one behind the other. Each adds an element at the end
 * of the forwarded lists: the one that counts is this many from the end, and what is before it was written by the
 * client. Where a list is shorter, its first element counts.
 *
 * @param options  not NULL
 * @param hops     1, the default, to 16
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (out of range)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_forwarded_hops(lreg_options *options, int32_t hops, lreg_error **err);

/**
 * Adds a network whose addresses are proxies of the operator's own: requests that come from there, by
 * lreg_exchange_set_peer() or REMOTE_ADDR, are treated as after lreg_exchange_trust_forwarded(). For hosts that do not
 * decide it by themselves, such as CGI and FastCGI programs. Without a network no peer is trusted for its address.
 *
 * @param options  not NULL
 * @param network  an IPv4 or IPv6 address, or "ADDRESS/BITS" such as "10.0.0.0/8"; NULL removes all; copied
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (not a network, or more than 32)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_trust_forwarded(lreg_options *options, const char *network, lreg_error **err);

/**
 * Sets what an acknowledged change survives. Instances of both kinds may have one directory open at once, or in turn.
 * The next change through a durable one then makes durable what the others have written, by syncfs(), and blocks for
 * that long.
 *
 * @param options  not NULL
 * @param durable  1, the default: a power cut; 0: the death of the process, which is faster
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_durable(lreg_options *options, lreg_bool durable, lreg_error **err);

/**
 * Sets how long to wait for another process's lock before LREG_BUSY.
 *
 * @param options     not NULL
 * @param timeout_ms  milliseconds, from 0 on; default: 10,000
 * @param err         owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (below 0)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
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
#define LREG_LIMIT_ARCHIVE_ENTRIES 11 /**< entries of a package or archive: 250,000 */
#define LREG_LIMIT_UNPACKED_BYTES 12 /**< unpacked bytes of control data that are looked at: 64 MiB */
#define LREG_LIMIT_UPLOADS 13 /**< upload sessions in progress at once in one registry: 1,000 */
#define LREG_LIMIT_UPLOAD_AGE_MS 14 /**< time without progress until a session may be collected: 7 days */
#define LREG_LIMIT_BLOB_GRACE_MS 15 /**< how long a blob waits for its manifest: 24 hours */
#define LREG_LIMIT_BEARER_LIFETIME_MS 16 /**< life of a bearer token: 5 minutes */
#define LREG_LIMIT_AUDIT_KEEP_MS 17 /**< age at which audit events rotate away: 365 days */
#define LREG_LIMIT_AUDIT_KEEP_EVENTS 18 /**< number beyond which the oldest rotate away: 1,000,000 */
#define LREG_LIMIT_CACHE_BYTES 19 /**< memory for what was read lately: 8 MiB */
#define LREG_LIMIT_PACKAGE_UNPACKED_BYTES 20 /**< what a packed package unpacks to: 16 GiB */
#define LREG_LIMIT_UNPACKED_RATIO 21 /**< unpacked bytes for each packed one, behind the first 64 MiB: 100 */
#define LREG_LIMIT_ARCHIVE_MANIFEST_BYTES 22 /**< all manifests of one image archive together: 32 MiB */
#define LREG_LIMIT_TOKEN_UPLOADS 23 /**< upload sessions in progress at once of one token in one registry: 250 */
#define LREG_LIMIT_UPLOAD_IDLE_MS 24 /**< time without progress after which a session no longer counts: 10 minutes */

/**
 * Sets a limit. Over a limit a request is refused with a 4xx that names it.
 *
 * @param options  not NULL
 * @param limit    one of LREG_LIMIT_PACKAGE_BYTES and its relatives
 * @param value    1 to 2^53
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (unknown limit, out of range)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_limit(lreg_options *options, int32_t limit, uint64_t value, lreg_error **err);

/**
 * Sets an option by its name, for hosts that take settings from a file, variables or a command line.
 *
 * @param options  not NULL
 * @param name     "directory", "base-url", "durable" ("true" or "false"), "busy-timeout-ms", "forwarded-header"
 *                 ("x-forwarded" or "forwarded"), "forwarded-hops", "trust-forwarded" (adds a network), or a limit: the
 *                 name of its constant behind LREG_LIMIT_, such as "package-bytes"; not NULL
 * @param value    not NULL; numbers are decimal digits; copied
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (unknown name, or what the setter of that option refuses); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_text(lreg_options *options, const char *name, const char *value,
                                              lreg_error **err);

/**
 * Sets options from a file with lines "name = value", the names of lreg_options_set_text(). Empty lines and lines that
 * begin with "#" do not count.
 *
 * @param options  not NULL; after a failure the lines before it are set
 * @param path     a file of at most 64 KiB; not NULL
 * @param err      owned, lreg_error_free(); may be NULL; names the line
 * @return LREG_OK; LREG_BAD_ARGUMENT (a line is wrong, or it is no text); LREG_NOT_FOUND; LREG_IO; LREG_NO_MEMORY
 * Blocks: reads the file. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_from_file(lreg_options *options, const char *path, lreg_error **err);

/**
 * Puts packages into a storage of the host instead of files below the directory. Options with a storage open one
 * instance.
 *
 * @param options  not NULL
 * @param backend  not NULL; copied
 * @param state    handed to every entry; taken, also when this call or lreg_open() fails: backend->destroy ends it,
 *                 exactly once, when options and instance no longer need it (unless the table is too short to have it)
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, too small, an entry missing)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_storage(lreg_options *options, const lreg_storage_backend *backend,
                                                 void *state, lreg_error **err);

/**
 * Keeps package bytes in memory, whatever the directory.
 *
 * @param options  not NULL
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_memory_storage(lreg_options *options, lreg_error **err);

/**
 * Sets where the memory of instances comes from: all that the library allocates from lreg_open() on, and zlib for it.
 * Not what SQLite, jansson, Mbed TLS, libarchive and the C library allocate for themselves: their allocators are the
 * process's, so they are the host's to set before (sqlite3_config(), json_set_alloc_funcs(), …; docs/abi.md, "Memory").
 *
 * @param options    not NULL
 * @param allocator  copied; its `user` is borrowed (sys/hooks.h); NULL: malloc, realloc, free
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, a function missing)
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_allocator(lreg_options *options, const lreg_allocator *allocator,
                                                   lreg_error **err);

/**
 * Sets the clock.
 *
 * @param options  not NULL
 * @param clock    copied; its `user` is taken (sys/hooks.h); NULL: the one of the operating system
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_clock(lreg_options *options, const lreg_clock *clock, lreg_error **err);

/**
 * Sets the source of randomness. Secrets and keys are made of it.
 *
 * @param options  not NULL
 * @param random   copied; its `user` is taken (sys/hooks.h); NULL: the one of the operating system
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_random(lreg_options *options, const lreg_random *random, lreg_error **err);

/**
 * Sets who gets log lines.
 *
 * @param options  not NULL
 * @param log      copied; its `user` is taken (sys/hooks.h); NULL, the default: nobody
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_log(lreg_options *options, const lreg_log *log, lreg_error **err);

/**
 * Sets whose threads may help with an upload.
 *
 * @param options   not NULL
 * @param executor  copied; its `user` is taken (sys/hooks.h); NULL, the default: nobody's
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (too small, its function missing); LREG_NO_MEMORY
 * Does not block. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_executor(lreg_options *options, const lreg_executor *executor,
                                                  lreg_error **err);

/**
 * Opens an instance; makes it when the directory is new or empty. Costs the same on an empty and on a huge store.
 *
 * A file in the directory, libregistry.txt, marks it as one of a registry. Where it is, or where other files say the
 * same, a database that is missing or empty is refused and not made anew ("database_missing"; docs/hosting.md,
 * "Restoring"), and so is a missing folder of packages ("objects_missing"). A directory without a database that has
 * files of something else in it is refused, too ("directory_foreign"); lost+found and empty folders are none. Nothing
 * is changed in what is refused for these reasons.
 *
 * A directory that this process cannot write to, as on a read-only file system, is opened to be read: every change is
 * LREG_FORBIDDEN ("read_only"), and nothing is noted on the side, such as downloads. All that is made in a directory
 * belongs to the owner of its database. A process of root takes on the owner's ids for the moment of making
 * (setfsuid(), which is the thread's alone); a process of another user is refused ("directory_of_another").
 *
 * @param options  not NULL; may be freed or changed afterwards
 * @param out      owned, lreg_close(); not NULL; NULL on failure
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_IO; LREG_NOT_FOUND (no parent directory); LREG_NO_SPACE; LREG_CORRUPT (database, key or
 *         objects are missing, or not what they were); LREG_UNSUPPORTED (written by a newer version, or the directory
 *         or the database is not of a registry); LREG_BUSY; LREG_FORBIDDEN (a new directory that cannot be written
 *         to, or the directory of another user); LREG_MISUSE (the storage of these options was used before; "forked":
 *         the parent process had an instance on this directory open at the fork, and this child has not closed it, or
 *         the parent's threads were using it); LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY; a status of the source of
 *         randomness
 * Blocks: files and metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_open(lreg_options *options, lreg_instance **out, lreg_error **err);

/**
 * Lets go of an instance. Handles that came from it stay valid and keep what they need open until they are freed. In a
 * forked child this releases memory and descriptors alone.
 *
 * @param instance  may be NULL
 * Blocks: writes gathered download counts. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT void lreg_close(lreg_instance *instance);

/**
 * Brings an instance to rest, so that the process may fork while others of its threads use it: waits until nobody is in
 * the database, closes it, and holds off whoever comes. Made for pthread_atfork() and its relatives. After a fork under
 * it, both processes go on with the instance; without it, a forked child cannot use the instance, only close it.
 * Handles that other threads had at the fork are the parent's. The child of an instance in memory, or with a storage of
 * the host, can only close it in any case.
 *
 * @param instance  not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK: lreg_fork_end() has to follow, on the same thread, in each process, before any other call on this
 *         instance; LREG_BAD_ARGUMENT (NULL); LREG_BUSY (others were at work for longer than the busy timeout; nothing
 *         is held); LREG_MISUSE (begun already, or in a forked child)
 * Blocks: until calls of other threads have left the database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_fork_begin(lreg_instance *instance, lreg_error **err);

/**
 * Ends what lreg_fork_begin() began, in the parent and in the child.
 *
 * @param instance  may be NULL
 * Does not block. Threads: that of lreg_fork_begin(). Since: 0.1
 */
LREG_EXPORT void lreg_fork_end(lreg_instance *instance);

/** What lreg_verify() tells of each finding. @param message borrowed for the call @param user as it was given
 * @return LREG_OK; any other status ends the walk. Threads: that of the call. Since: 0.1 */
typedef lreg_status (*lreg_finding)(void *user, const char *message);

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
    uint64_t dangling; /**< references to what is not there, or not as they say: an image that cannot be pulled */
} lreg_verify_report;

/**
 * Hashes everything stored again, follows all references (from tags to manifests, from manifests to configs, layers and
 * children), and checks the database. Findings are not a failure: LREG_OK says that the walk was
 * complete.
 *
 * @param instance  not NULL
 * @param finding   called for each finding; may be NULL
 * @param user      handed to `finding`
 * @param report    filled in; its `size` set; not NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`); LREG_IO; LREG_BUSY; LREG_NO_MEMORY; a status of `finding`,
 *         unchanged
 * Blocks: reads every byte; others read and write meanwhile. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_verify(lreg_instance *instance, lreg_finding finding, void *user,
                                    lreg_verify_report *report, lreg_error **err);

/** What lreg_collect() removed. Since: 0.1 */
typedef struct lreg_collect_report {
    uint32_t size; /**< sizeof(lreg_collect_report), set by the caller */
    uint32_t reserved;
    uint64_t uploads; /**< upload sessions without progress; with a grace of 0, all */
    uint64_t stages; /**< leftovers of writers that died */
    uint64_t blobs; /**< no longer named */
    uint64_t blob_bytes; /**< their bytes */
    uint64_t objects; /**< stored, but never named */
    uint64_t audit_events; /**< rotated away */
} lreg_collect_report;

/**
 * Removes what nothing names any more. Stops nobody; call it now and then, or never.
 *
 * @param instance  not NULL
 * @param grace_ms  protects what is younger, for it may belong to a writer at work; 3,600,000 is a good value. 0 says
 *                  that nobody uploads: all upload sessions end then, and not only those that have stood still for
 *                  LREG_LIMIT_UPLOAD_AGE_MS
 * @param report    filled in, also after a failure; its `size` set; may be NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, below 0, `size`); LREG_IO; LREG_BUSY; LREG_NO_MEMORY. What was removed
 *         until then stays removed
 * Blocks: storage, metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_collect(lreg_instance *instance, int64_t grace_ms, lreg_collect_report *report,
                                     lreg_error **err);

/** Kinds of backups, for lreg_backup(). */
#define LREG_BACKUP_COPY 0 /**< everything is copied, with reflinks where there are any */
#define LREG_BACKUP_LINK 1 /**< packages become hard links, where that can be */

/**
 * Makes a consistent copy of the instance while others read and write. The copy can be opened as it is, and takes the
 * place of a data directory that was lost (docs/hosting.md, "Restoring").
 *
 * With LREG_BACKUP_LINK, packages are the same files under a second name. That guards against deletion alone: what
 * writes to a file in place, or a disk that fails, harms the instance and the backup. On another file system, or where
 * there are no links, they are copied.
 *
 * @param instance   not NULL
 * @param directory  the copy, which must not exist; not NULL
 * @param kind       LREG_BACKUP_COPY or LREG_BACKUP_LINK
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_CONFLICT (exists); LREG_UNSUPPORTED (not in a directory, or with a storage of the host);
 *         LREG_BAD_ARGUMENT (NULL, unknown kind); LREG_IO; LREG_NO_SPACE; LREG_BUSY; LREG_NO_MEMORY
 * Blocks: storage, metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_backup(lreg_instance *instance, const char *directory, int32_t kind, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
