/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_MAINTENANCE_H
#define CORE_UPKEEP_MAINTENANCE_H

#include "core/instance/instance.h"

/* Online work on the store: it stops neither readers nor writers, each step is short, and a crash in between loses
 * nothing. */

struct core_verify_report {
    uint64_t blobs, blob_bytes, documents; /* checked */
    uint64_t missing, damaged; /* found bad */
    uint64_t unnamed_objects; /* stored, but not in the metadata: for the collector */
    uint64_t dangling; /* references whose target is missing or does not match */
    uint64_t unreadable; /* blobs whose storage is not open, or could not be reached: nothing is known of them */
};
/* Hashes every blob and document again, follows what they name, and checks the database. Findings are reported and
 * passed to `finding` (may be NULL); they are not a failure of the call. LREG_OK means that the walk was complete. Any
 * other status that `finding` returns ends it. */
typedef lreg_status (*core_verify_finding)(void *user, const char *message);
lreg_status core_verify(struct core *core, core_verify_finding finding, void *user, struct core_verify_report *out,
                        struct error *err);

struct core_collect_report {
    uint64_t uploads; /* stale sessions ended */
    uint64_t stages; /* leftovers of dead writers removed */
    uint64_t blobs, blob_bytes; /* no longer named, removed */
    uint64_t objects; /* objects that the metadata did not know, removed */
    uint64_t audit_events; /* rotated away */
    uint64_t freed_bytes; /* of the database, returned to the file system */
};
#define CORE_GRACE_MAX_MS ((int64_t)1000 * 365 * 24 * 3600 * 1000)

/* Removes what nothing names. `grace_ms` protects what is younger: stages and objects of active writers. */
lreg_status core_collect(struct core *core, int64_t grace_ms, struct core_collect_report *out, struct error *err);

/* The same, for callers that stop between two steps. */
struct core_collection;
lreg_status core_collect_check_grace(int64_t grace_ms, struct error *err);
/* Records the time (core/instance/time.h); `out_ahead_ms` is how far the wall clock is ahead of it. */
lreg_status core_collect_begin(struct core *core, bool trusts_wall, int64_t *out_now_ms, int64_t *out_ahead_ms,
                               struct error *err);
/* `sweeps`: also walks over the storage. A step handles at most `page_rows` rows. The caller owns `*out`
 * (core_collection_free()). */
lreg_status core_collection_new(struct core *core, int64_t now_ms, int64_t grace_ms, bool sweeps, size_t page_rows,
                                struct core_collection **out, struct error *err);
/* Adds what was removed to `report`. The last step returns the first failure of the storage, which did not stop the
 * collection. After any other failure, free the collection. */
lreg_status core_collection_step(struct core_collection *run, struct core_collect_report *report, bool *out_done,
                                 struct error *err);
void core_collection_free(struct core_collection *run); /* in any state; NULL is allowed */

/* --- Scrubbing: everything stored is read again, a piece at a time, and what is damaged is put into quarantine --- */

struct core_scrub_report {
    uint64_t blobs, documents, bytes; /* read; a blob counts when its end was reached */
    uint64_t missing; /* named by the metadata, not stored */
    uint64_t damaged; /* stored with other bytes: put or left in quarantine */
    uint64_t unreadable; /* the storage failed: read again in the next round */
    uint64_t healed; /* was in quarantine, and has the published bytes again */
};
struct core_scrub;
/* Begins after that blob and that document (0: with the first). The caller owns `*out` (core_scrub_free()). */
lreg_status core_scrub_new(struct core *core, int64_t after_blob, int64_t after_document, struct core_scrub **out,
                           struct error *err);
/* Reads one piece of a blob, or a document. `*out_bytes` is the number of bytes read. `*out_done`: the scrub is
 * complete. */
lreg_status core_scrub_step(struct core_scrub *scrub, struct core_scrub_report *report, uint64_t *out_bytes,
                            bool *out_done, struct error *err);
/* The last blob and document that are finished: another scrub may begin after them. */
void core_scrub_place(const struct core_scrub *scrub, int64_t *out_blob, int64_t *out_document);
void core_scrub_free(struct core_scrub *scrub); /* NULL is allowed */

/* --- Upkeep: all of that by itself --- */

struct core_upkeep_options {
    int64_t budget_ms; /* of one call; negative: no bound */
    int64_t grace_ms; /* see core_collect() */
    int64_t collect_interval_ms;
    int64_t scrub_interval_ms;
    uint64_t scrub_bytes_per_second;
    bool collects, scrubs; /* what this call may do when it is due */
    bool collects_now; /* collects even if nothing is due, whichever process has the lease */
    bool trusts_clock; /* see core_time_note() */
    bool compacts; /* see meta_space_compact() */
};
void core_upkeep_options_default(struct core_upkeep_options *options);

struct core_upkeep_report {
    struct core_collect_report collected;
    struct core_scrub_report scrubbed;
    int64_t clock_ahead_ms; /* see core_time_read() */
    int64_t next_ms; /* when to call again */
    bool has_more; /* work is due now */
    bool is_elsewhere; /* another process or thread does the work */
};

/* Does a part of what is due. Processes take turns by a lease in the metadata. Its holder renews it while it works;
 * another process takes it when it was unchanged for a minute by that process's own uptime, which setting a clock does
 * not affect. */
lreg_status core_upkeep(struct core *core, const struct core_upkeep_options *options, struct core_upkeep_report *out,
                        struct error *err);
/* Gives up the lease, if this instance has it, so that another process does not wait for it to expire. */
void core_upkeep_end(struct core *core);

/* Makes a consistent copy of the instance in the new directory `directory`, while others read and write. Only for an
 * instance with a data directory and filesystem storage; otherwise LREG_UNSUPPORTED. `is_linked`: objects become hard
 * links to the instance's files where possible, not copies. */
lreg_status core_backup(struct core *core, const char *directory, bool is_linked, struct error *err);

#endif
