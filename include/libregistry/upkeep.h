/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_UPKEEP_H
#define LIBREGISTRY_UPKEEP_H

/**
 * @file
 * The work that keeps an instance in order by itself, in small steps: what nothing names any more is removed
 * (lreg_collect() does the same at once), the database gives space back, and everything stored is read again from time
 * to time, so that what a disk has damaged is not served.
 *
 * A host calls lreg_upkeep() again and again, from any thread that may wait, each time when the report says so. All
 * processes on a directory may do so: they take turns. A process that runs for a moment only, such as a CGI program,
 * leaves it to `registryctl upkeep`.
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LREG_UPKEEP_NO_COLLECT 0x10000 /**< removes nothing */
#define LREG_UPKEEP_NO_SCRUB 0x20000 /**< does not read everything again */
/** Collects all there is now, whether it is due or not and whoever else is at it, and does nothing else */
#define LREG_UPKEEP_COLLECT_NOW 0x40000
/** Believes the wall clock, although it leapt: whoever sets this has looked at it */
#define LREG_UPKEEP_TRUST_CLOCK 0x80000
/** Then writes the whole database anew, so that its file has no unused space and can shrink by itself from then on.
 * Writers wait meanwhile, and it takes as much disk again as the database has in use. */
#define LREG_UPKEEP_COMPACT 0x100000

/** What lreg_upkeep() is to do. A member that is 0 has its default. Since: 0.1 */
typedef struct lreg_upkeep_options {
    uint32_t size; /**< sizeof(lreg_upkeep_options), set by the caller */
    uint32_t flags; /**< LREG_UPKEEP_…; LREG_BAD_ARGUMENT for others */
    int64_t budget_ms; /**< work of one call: 20 ms, and what is begun is finished; below 0: without a bound */
    int64_t grace_ms; /**< protects what is younger, as of lreg_collect(): 3,600,000; below 0: nothing */
    int64_t collect_interval_ms; /**< from one collection to the next: 3,600,000 */
    int64_t scrub_interval_ms; /**< from having read everything to beginning anew: 7 days */
    uint64_t scrub_bytes_per_second; /**< read on average: 8,388,608 */
} lreg_upkeep_options;

#define LREG_UPKEEP_HAS_MORE 1 /**< work that is due is left */
#define LREG_UPKEEP_ELSEWHERE 2 /**< another process, or another thread of this one, is at it */

/** What one call of lreg_upkeep() did. Since: 0.1 */
typedef struct lreg_upkeep_report {
    uint32_t size; /**< sizeof(lreg_upkeep_report), set by the caller */
    uint32_t flags; /**< LREG_UPKEEP_HAS_MORE, LREG_UPKEEP_ELSEWHERE */
    int64_t next_ms; /**< call again after so long; filled in after a failure, too */
    int64_t clock_ahead_ms; /**< how far the wall clock is ahead of the time by which ages are measured */
    uint64_t uploads; /**< removed: upload sessions without progress */
    uint64_t stages; /**< removed: leftovers of writers that died */
    uint64_t blobs; /**< removed: no longer named */
    uint64_t blob_bytes; /**< their bytes */
    uint64_t objects; /**< removed: stored, but never named */
    uint64_t audit_events; /**< rotated away */
    uint64_t freed_bytes; /**< of the database, given back to the file system */
    uint64_t scrubbed_blobs; /**< read to the end */
    uint64_t scrubbed_documents; /**< manifests and indexes, read */
    uint64_t scrubbed_bytes; /**< read */
    uint64_t missing; /**< named by the metadata, not stored */
    uint64_t damaged; /**< other bytes than were published: not served until they are published again */
    uint64_t unreadable; /**< not given by the storage; looked at again the next time */
    uint64_t healed; /**< were not served, and are what was published after all */
} lreg_upkeep_report;

/**
 * Does a part of the work that is due, for as long as the budget says, and tells when to be called again.
 *
 * Ages are measured by a time that follows the wall clock, but at most twice as fast as time passes on the machine,
 * over all processes. So a clock that is set a year ahead makes nothing a year old.
 *
 * A blob or document that is not what was published is put into quarantine: reading it gives LREG_CORRUPT
 * ("blob_damaged", "document_damaged"), HTTP 500, until equal content is published again, or its bytes are found to be
 * right. It is told to the log, and to the audit logs of those who have it ("BLOB_DAMAGED", "DOCUMENT_DAMAGED").
 *
 * @param instance  not NULL
 * @param options   copied; NULL: all defaults
 * @param report    filled in, also after a failure; its `size` set; may be NULL
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags, more than a thousand years); LREG_IO; LREG_NO_SPACE;
 *         LREG_BUSY; LREG_CORRUPT (the database); LREG_NO_MEMORY. What was done until then stays done
 * Blocks: storage, metadata database. Threads: any, at once; a second one is told to come later. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_upkeep(lreg_instance *instance, const lreg_upkeep_options *options,
                                    lreg_upkeep_report *report, lreg_error **err);

#ifdef __cplusplus
}
#endif

#endif
