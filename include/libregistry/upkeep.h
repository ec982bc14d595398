/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_UPKEEP_H
#define LIBREGISTRY_UPKEEP_H

/**
 * @file
 * Regular maintenance of an instance, in small steps. It removes what nothing names any more (lreg_collect() does this
 * in one call), returns unused space of the database to the file system, and reads everything stored again from time to
 * time, so that content that a disk has damaged is not served.
 *
 * The host calls lreg_upkeep() repeatedly, from any thread that may wait, after the time in the report. All processes
 * on a directory may do so; they take turns. A process with a short life, such as a CGI program, leaves it to
 * `registryctl upkeep`.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LREG_UPKEEP_NO_COLLECT 0x10000 /**< do not remove anything */
#define LREG_UPKEEP_NO_SCRUB 0x20000 /**< do not read stored content again */
/** Only collect, everything and now: also when it is not due, and when another process collects */
#define LREG_UPKEEP_COLLECT_NOW 0x40000
/** Trust the wall clock, although it was changed: the caller has checked it */
#define LREG_UPKEEP_TRUST_CLOCK 0x80000
/** Rewrite the whole database after the other work, so that its file has no unused space and can shrink from then on.
 * Writers wait meanwhile, and it needs as much free disk space as the database uses. */
#define LREG_UPKEEP_COMPACT 0x100000

/** Options of lreg_upkeep(). A member that is 0 has its default. Since: 0.1 */
typedef struct lreg_upkeep_options {
    uint32_t size; /**< sizeof(lreg_upkeep_options), set by the caller */
    uint32_t flags; /**< LREG_UPKEEP_… */
    int64_t budget_ms; /**< time for one call: 20 ms; a step that has begun is finished; below 0: no limit */
    int64_t grace_ms; /**< protects what is younger, see lreg_collect(): 3,600,000; below 0: no grace */
    int64_t collect_interval_ms; /**< from one collection to the next: 3,600,000 */
    int64_t scrub_interval_ms; /**< from the end of one scrub to the start of the next: 7 days */
    uint64_t scrub_bytes_per_second; /**< average rate of reading: 8,388,608 */
} lreg_upkeep_options;

#define LREG_UPKEEP_HAS_MORE 1 /**< work that is due is left */
#define LREG_UPKEEP_ELSEWHERE 2 /**< another process, or another thread of this one, does the work */

/** What one call of lreg_upkeep() did. Since: 0.1 */
typedef struct lreg_upkeep_report {
    uint32_t size; /**< sizeof(lreg_upkeep_report), set by the caller */
    uint32_t flags; /**< LREG_UPKEEP_HAS_MORE, LREG_UPKEEP_ELSEWHERE */
    int64_t next_ms; /**< time until the next call; filled in also after a failure */
    int64_t clock_ahead_ms; /**< how far the wall clock is ahead of the time by which ages are measured */
    uint64_t uploads; /**< removed: upload sessions without progress */
    uint64_t stages; /**< removed: left by writers that ended without removing them */
    uint64_t blobs; /**< removed: no longer named by the metadata */
    uint64_t blob_bytes; /**< their bytes */
    uint64_t objects; /**< removed: stored, but never named */
    uint64_t audit_events; /**< removed because of their age or number */
    uint64_t freed_bytes; /**< of the database, returned to the file system */
    uint64_t scrubbed_blobs; /**< read completely */
    uint64_t scrubbed_documents; /**< manifests and indexes, read */
    uint64_t scrubbed_bytes; /**< read */
    uint64_t missing; /**< named by the metadata, not stored */
    uint64_t damaged; /**< the bytes differ from those published: not served until they are published again */
    uint64_t unreadable; /**< the storage could not read them; tried again next time */
    uint64_t healed; /**< were not served, and have the published bytes again */
} lreg_upkeep_report;

/**
 * Does a part of the work that is due, within the time budget, and returns when to call it again.
 *
 * Ages are measured by a clock that follows the wall clock, but for all processes together runs at most twice as fast
 * as the uptime. If the wall clock is set a year ahead, content does not become a year old.
 *
 * A blob or document that differs from what was published is put into quarantine: reading it returns LREG_CORRUPT
 * ("blob_damaged", "document_damaged"), HTTP 500, until equal content is published again, or its bytes are found to be
 * correct. This is written to the log and to the audit logs of the organizations that have it ("BlobDamagedEvent",
 * "DocumentDamagedEvent").
 *
 * @param instance  not NULL
 * @param options   copied; NULL: all defaults
 * @param report    filled in, also after a failure; its `size` set; may be NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, unknown flags, more than a thousand years); LREG_IO; LREG_NO_SPACE;
 *         LREG_BUSY; LREG_CORRUPT (the database); LREG_NO_MEMORY; LREG_FORBIDDEN ("read_only": this process cannot
 *         write to the directory; one that can does upkeep). After a failure, what was done stays done
 * Blocks: metadata database, storage. Threads: any, at once; to a second one the report says LREG_UPKEEP_ELSEWHERE.
 * Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upkeep(lreg_instance *instance, const lreg_upkeep_options *options,
                                    lreg_upkeep_report *report, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
