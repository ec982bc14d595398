/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_MAINTENANCE_H
#define LIBREGISTRY_MAINTENANCE_H

/**
 * @file
 * Maintenance of an instance in one call each: verification, collection, backup. Others read and write meanwhile. See
 * upkeep.h for what a server calls regularly.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One finding of lreg_verify(), filled in by the library. Since: 0.1 */
typedef struct lreg_finding {
    uint32_t size; /**< sizeof(lreg_finding) of the library: a later one has more members */
    uint32_t flags; /**< 0 */
    const char *message; /**< for people; borrowed for the call; not NULL */
} lreg_finding;

/** Receives each finding of lreg_verify(). @param user as passed @param finding borrowed for the call; not NULL
 * @return LREG_OK; any other status ends the verification. Threads: that of the call. Since: 0.1 */
typedef lreg_status (*lreg_finding_function)(void *user, const lreg_finding *finding);

/** Options of lreg_verify(). A member that is 0 or NULL has its default. Since: 0.1 */
typedef struct lreg_verify_options {
    uint32_t size; /**< sizeof(lreg_verify_options), set by the caller */
    uint32_t flags; /**< 0 */
    lreg_finding_function finding; /**< Optional: called for each finding */
    void *user; /**< passed to `finding` */
} lreg_verify_options;

/** What lreg_verify() read and found. Since: 0.1 */
typedef struct lreg_verify_report {
    uint32_t size; /**< sizeof(lreg_verify_report), set by the caller */
    uint32_t flags; /**< 0 */
    uint64_t blobs; /**< read */
    uint64_t blob_bytes; /**< read */
    uint64_t documents; /**< read */
    uint64_t missing; /**< named by the metadata, not stored */
    uint64_t damaged; /**< stored, with other content */
    uint64_t unnamed_objects; /**< stored, not named by the metadata: the collector will remove them */
    uint64_t dangling; /**< references to missing or different content: an image that cannot be pulled */
    uint64_t unreadable; /**< blobs whose storage is not open or not reached: not read, so nothing is known of them */
} lreg_verify_report;

/**
 * Hashes all stored content again, follows all references (from tags to manifests, from manifests to configs, layers
 * and children), and checks the database. Findings are not a failure: LREG_OK means that the verification is complete.
 *
 * @param instance  not NULL
 * @param options   copied; NULL: all defaults
 * @param report    filled in; its `size` set; may be NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, unknown flags); LREG_IO; LREG_BUSY; LREG_NO_MEMORY; a status of
 *         `finding`, unchanged
 * Blocks: metadata database, storage (reads every byte). Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_verify(lreg_instance *instance, const lreg_verify_options *options,
                                    lreg_verify_report *report, lreg_error **err);

/** Options of lreg_collect(). A member that is 0 has its default. Since: 0.1 */
typedef struct lreg_collect_options {
    uint32_t size; /**< sizeof(lreg_collect_options), set by the caller */
    uint32_t flags; /**< 0 */
    /** Protects what is younger, because it may belong to a running upload: 3,600,000. Below 0: no grace, which says
     * that there are no uploads. Then all upload sessions end, and not only those without progress for
     * LREG_SETTING_UPLOAD_AGE_MS. */
    int64_t grace_ms;
} lreg_collect_options;

#define LREG_COLLECT_HAS_MORE 1 /**< what nothing names is left: call again */

/** What lreg_collect() removed. Since: 0.1 */
typedef struct lreg_collect_report {
    uint32_t size; /**< sizeof(lreg_collect_report), set by the caller */
    uint32_t flags; /**< LREG_COLLECT_HAS_MORE */
    uint64_t uploads; /**< upload sessions without progress; without grace, all */
    uint64_t stages; /**< left by writers that ended without removing them */
    uint64_t blobs; /**< no longer named by the metadata */
    uint64_t blob_bytes; /**< their bytes */
    uint64_t objects; /**< stored, but never named */
    uint64_t audit_events; /**< removed because of their age or number */
} lreg_collect_report;

/**
 * Removes what nothing names any more. Call it, or lreg_upkeep(), from time to time. A call without a failure removes
 * all; after a failure the report has LREG_COLLECT_HAS_MORE.
 *
 * @param instance  not NULL
 * @param options   copied; NULL: all defaults
 * @param report    filled in, also after a failure; its `size` set; may be NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, unknown flags, more than a thousand years); LREG_IO; LREG_BUSY;
 *         LREG_NO_MEMORY. After a failure, what was removed stays removed
 * Blocks: metadata database, storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_collect(lreg_instance *instance, const lreg_collect_options *options,
                                     lreg_collect_report *report, lreg_error **err);

/** Packages become hard links, where that is possible, and are copied elsewhere. */
#define LREG_BACKUP_LINK 1

/** Options of lreg_backup(). Since: 0.1 */
typedef struct lreg_backup_options {
    uint32_t size; /**< sizeof(lreg_backup_options), set by the caller */
    uint32_t
        flags; /**< LREG_BACKUP_LINK; without it packages are copied, with reflinks where the file system has them */
} lreg_backup_options;

/**
 * Makes a consistent copy of the instance. The copy can be opened, and can replace a lost data directory
 * (docs/hosting.md, "Restoring").
 *
 * With LREG_BACKUP_LINK, packages are the same files under a second name. This protects against deletion only: a write
 * to a file in place, or a failing disk, damages both the instance and the backup. On another file system, or where
 * links are not possible, they are copied.
 *
 * Packages that the storage has lost do not keep the others from being saved: the copy is made without them, each is
 * named in the log, and the call fails with LREG_CORRUPT ("backup_incomplete").
 *
 * @param instance   not NULL
 * @param directory  the copy, which must not exist, and not be inside of the data directory; not NULL
 * @param options    copied; NULL: all defaults
 * @param err        owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_CORRUPT ("backup_incomplete": the copy exists, and lacks what was lost; otherwise the database
 *         is damaged, and there is no copy); LREG_CONFLICT (exists); LREG_UNSUPPORTED (not in a directory, or with a
 *         storage of the host); LREG_BAD_ARGUMENT (NULL, `size`, unknown flags, "backup_inside"); LREG_IO;
 *         LREG_NO_SPACE; LREG_BUSY; LREG_NO_MEMORY
 * Blocks: metadata database, storage. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_backup(lreg_instance *instance, const char *directory, const lreg_backup_options *options,
                                    lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
