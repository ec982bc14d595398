/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_MAINTENANCE_H
#define CORE_UPKEEP_MAINTENANCE_H

#include "core/instance/instance.h"

/* Online work on the store: none of it stops readers or writers, each step is short, a crash in between loses
 * nothing. */

struct core_verify_report {
    uint64_t blobs, blob_bytes, documents; /* looked at */
    uint64_t missing, damaged; /* found bad */
    uint64_t unnamed_objects; /* stored, but not in the metadata: for the collector */
    uint64_t dangling; /* references to what is not there, or is not as they say */
};
/* Hashes every blob and document again, follows what they name, and checks the database. Findings are reported and told
 * to `finding` (may be NULL), not a failure of the call; LREG_OK means that the walk was complete. What else than
 * LREG_OK `finding` gives ends it. */
typedef lreg_status (*core_verify_finding)(void *user, const char *message);
lreg_status core_verify(struct core *core, core_verify_finding finding, void *user, struct core_verify_report *out,
                        struct error *err);

struct core_collect_report {
    uint64_t uploads; /* stale sessions ended */
    uint64_t stages; /* leftovers of dead writers removed */
    uint64_t blobs, blob_bytes; /* no longer named, removed */
    uint64_t objects; /* objects that the metadata never knew, removed */
    uint64_t audit_events; /* rotated away */
    uint64_t freed_bytes; /* of the database, given back to the file system */
};
#define CORE_GRACE_MAX_MS ((int64_t)1000 * 365 * 24 * 3600 * 1000)

/* Removes what nothing names any more. `grace_ms` protects what is younger: stages and objects of writers at work. */
lreg_status core_collect(struct core *core, int64_t grace_ms, struct core_collect_report *out, struct error *err);

/* The same, for those who stop between two steps: */
struct core_collection;
lreg_status core_collect_check_grace(int64_t grace_ms, struct error *err);
/* Notes what time it is for the purpose (core/instance/time.h); `out_ahead_ms` is how far the wall clock is ahead of
 * that. */
lreg_status core_collect_begin(struct core *core, bool trusts_wall, int64_t *out_now_ms, int64_t *out_ahead_ms,
                               struct error *err);
/* `sweeps`: walks over the storage, too. A step is about at most `page_rows` rows. Owned: core_collection_free(). */
lreg_status core_collection_new(struct core *core, int64_t now_ms, int64_t grace_ms, bool sweeps, size_t page_rows,
                                struct core_collection **out, struct error *err);
/* Adds what was removed to `report`. Once it is done it gives the first failure of the storage, which did not keep the
 * rest from being collected. After any other failure the collection is to be freed. */
lreg_status core_collection_step(struct core_collection *run, struct core_collect_report *report, bool *out_done,
                                 struct error *err);
void core_collection_free(struct core_collection *run); /* in any state; NULL is fine */

/* --- Scrubbing: everything stored is read again, a piece at a time, and what is damaged is put into quarantine --- */

struct core_scrub_report {
    uint64_t blobs, documents, bytes; /* read; a blob counts when its end was reached */
    uint64_t missing; /* named by the metadata, not stored */
    uint64_t damaged; /* stored, with other bytes: in quarantine from now on, or still */
    uint64_t unreadable; /* the storage did not give it: looked at again in the next round */
    uint64_t healed; /* was in quarantine, and is what was published */
};
struct core_scrub;
/* Goes on behind that blob and that document (0: from the first). Owned: core_scrub_free(). */
lreg_status core_scrub_new(struct core *core, int64_t after_blob, int64_t after_document, struct core_scrub **out,
                           struct error *err);
/* Reads one piece of a blob, or a document. `*out_bytes` is what was read. `*out_done`: that was all. */
lreg_status core_scrub_step(struct core_scrub *scrub, struct core_scrub_report *report, uint64_t *out_bytes,
                            bool *out_done, struct error *err);
/* What is finished: another scrub may go on behind it. */
void core_scrub_place(const struct core_scrub *scrub, int64_t *out_blob, int64_t *out_document);
void core_scrub_free(struct core_scrub *scrub); /* NULL is fine */

/* --- Upkeep: all of that by itself --- */

struct core_upkeep_options {
    int64_t budget_ms; /* of one call; below 0: no bound */
    int64_t grace_ms; /* see core_collect() */
    int64_t collect_interval_ms;
    int64_t scrub_interval_ms;
    uint64_t scrub_bytes_per_second;
    bool collects, scrubs; /* what is done when it is due */
    bool collects_now; /* whatever is due, and whoever has the lease */
    bool trusts_clock; /* see core_time_note() */
    bool compacts; /* see meta_space_compact() */
};
void core_upkeep_options_default(struct core_upkeep_options *options);

struct core_upkeep_report {
    struct core_collect_report collected;
    struct core_scrub_report scrubbed;
    int64_t clock_ahead_ms; /* see core_time_read() */
    int64_t next_ms; /* when to call again */
    bool has_more; /* work that is due is left */
    bool is_elsewhere; /* another process, or another thread, is at it */
};

/* Does a part of what is due. Processes take turns by a lease in the metadata: who holds it renews it while he works;
 * the others take it when it stood still for a minute by their own uptime, which no clock that is set can hasten. */
lreg_status core_upkeep(struct core *core, const struct core_upkeep_options *options, struct core_upkeep_report *out,
                        struct error *err);
/* Gives up the lease, if this instance has it, so that another process need not wait for its end. */
void core_upkeep_end(struct core *core);

/* A consistent copy of the instance in the new directory `directory`, while others read and write. Only for an
 * instance with a data directory and filesystem storage: LREG_UNSUPPORTED else. `is_linked`: objects become second
 * names of the instance's files where they can, not copies. */
lreg_status core_backup(struct core *core, const char *directory, bool is_linked, struct error *err);

#endif
