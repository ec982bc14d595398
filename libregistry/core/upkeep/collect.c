/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The collector: its phases, and the steps that work on rows; sweep.c has the steps that walk over the storage.
 *
 * An object is removed in two steps, so that neither a crash in between nor a concurrent uploader is harmed. First its
 * key is put on the doomed list, in a transaction that ensures that no blob row has it. Then the object is removed from
 * the storage and its key from the list. A publisher that names an object checks in that transaction whether any
 * objects were doomed (see publish.c).
 */

#include "core/upkeep/collect_internal.h"

#include "base/clock.h"
#include "core/content/objects.h"
#include "core/content/stages.h"
#include "core/instance/time.h"
#include "core/purge.h"
#include "core/upkeep/collection_pause.h"

#include <string.h>

#define ARENA_BYTES ((size_t)1024 * 1024)

/* --- Deleted registries --- */

static lreg_status purge_registries(struct core_collection *run, bool *out_more, struct error *err) {
    return core_registry_purge_next(run->core, run->page_rows, out_more, err);
}

/* --- Upload sessions --- */

/* One of the two listings of sessions that end. */
typedef lreg_status (*list_uploads)(struct meta_transaction *transaction, const char *storage, int64_t before_ms,
                                    size_t limit, struct arena *arena, struct meta_upload **out, size_t *out_count,
                                    struct error *err);

/* Which sessions end: those of one storage, or (NULL) of all, that are older than a time. */
struct old {
    list_uploads list;
    const char *storage;
    int64_t before_ms;
};

static lreg_status delete_uploads(struct core_collection *run, const struct old *old, struct meta_upload **out,
                                  size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = old->list(transaction, old->storage, old->before_ms, run->page_rows, &run->arena, out, out_count, err);
    for (size_t i = 0; status == LREG_OK && i < *out_count; i++) {
        status = meta_upload_delete(transaction, (*out)[i].id, err);
    }
    return meta_end(transaction, status, err);
}

/* A stage of another storage is collected when that is open. */
static lreg_status end_uploads(struct core_collection *run, const struct old *old, bool *out_more, struct error *err) {
    struct meta_upload *uploads = NULL;
    size_t count = 0;
    lreg_status status = delete_uploads(run, old, &uploads, &count, err);
    if (status != LREG_OK) {
        return status;
    }
    run->report->uploads += count;
    for (size_t i = 0; i < count; i++) {
        if (core_storage_is_open(run->core, uploads[i].storage)) {
            collect_remove_stage(run, uploads[i].id, NULL);
        }
    }
    *out_more = count >= run->page_rows;
    return LREG_OK;
}

/* Ends idle sessions. Without a grace period all sessions of the open storage end. */
static lreg_status end_stale_uploads(struct core_collection *run, bool *out_more, struct error *err) {
    bool is_graceless = run->young_ms == run->now_ms;
    const struct old old = {.list = meta_upload_list_stale,
                            .storage = is_graceless ? run->core->storage_name : NULL,
                            .before_ms = is_graceless ? INT64_MAX : run->now_ms - run->core->limits.max_upload_age_ms};
    return end_uploads(run, &old, out_more, err);
}

/* Ends lost sessions, except young ones, which a request may be about to publish. */
static lreg_status end_lost_uploads(struct core_collection *run, bool *out_more, struct error *err) {
    const struct old old = {.list = meta_upload_list_lost, .before_ms = run->young_ms};
    return end_uploads(run, &old, out_more, err);
}

/* --- Rows --- */

static lreg_status expire_links(struct core_collection *run, bool *out_more, struct error *err) {
    int64_t before_ms = run->now_ms - run->core->limits.blob_grace_ms;
    struct meta_transaction *transaction = NULL;
    uint64_t removed = 0;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_links_expire(transaction, before_ms, run->page_rows, &removed, err);
    status = meta_end(transaction, status, err);
    *out_more = removed >= run->page_rows;
    return status;
}

static lreg_status doom_blobs(struct core_collection *run, bool *out_more, struct error *err) {
    struct meta_doom doom = {0};
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blobs_doom(transaction, run->core->storage_name, run->page_rows, &doom, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        return status;
    }
    run->report->blobs += doom.blobs;
    run->report->blob_bytes += doom.bytes;
    *out_more = doom.looked_at >= run->page_rows;
    return LREG_OK;
}

static lreg_status rotate_audit(struct core_collection *run, bool *out_more, struct error *err) {
    const struct core_limits *limits = &run->core->limits;
    int64_t before_ms = run->now_ms - limits->audit_keep_ms;
    struct meta_transaction *transaction = NULL;
    uint64_t removed = 0;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_audit_rotate(transaction, before_ms, limits->audit_keep_events, run->page_rows, &removed, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        return status;
    }
    run->report->audit_events += removed;
    *out_more = removed >= run->page_rows;
    return LREG_OK;
}

/* --- The doomed --- */

/* Lists nothing while there is a pause: doomed objects wait for the next collection. */
static lreg_status list_doomed(struct core_collection *run, struct meta_doomed **out, size_t *out_count,
                               struct error *err) {
    struct meta_transaction *transaction = NULL;
    bool is_paused = false;
    *out_count = 0;
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_collection_pause_is_on(run->core, transaction, &is_paused, err);
    if (status == LREG_OK && !is_paused) {
        status =
            meta_doomed_list(transaction, run->core->storage_name, run->page_rows, &run->arena, out, out_count, err);
    }
    meta_rollback(transaction);
    return status;
}

/* Removes the objects, and keeps in `doomed` the rows that can be deleted. */
static void remove_objects(struct core_collection *run, struct meta_doomed *doomed, size_t *count) {
    size_t removed = 0;
    for (size_t i = 0; i < *count; i++) {
        struct storage *storage = NULL;
        struct error failure = {0};
        lreg_status status = core_storage_find(run->core, doomed[i].storage, &storage, &failure);
        if (status == LREG_OK) {
            status = storage_object_remove(storage, doomed[i].key, &failure);
        }
        if (status == LREG_OK) {
            doomed[removed++] = doomed[i];
        } else {
            collect_note_failure(run, status, &failure);
        }
    }
    *count = removed;
    core_object_cache_clear(run->core);
}

static lreg_status forget_doomed(struct core_collection *run, const struct meta_doomed *doomed, size_t count,
                                 struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        status = meta_doomed_delete(transaction, &doomed[i], err);
        if (status == LREG_NOT_FOUND) {
            status = LREG_OK; /* another collector was faster */
        }
    }
    return meta_end(transaction, status, err);
}

/* Ends when no object of a page could be removed: those are left to the next collection. */
static lreg_status remove_doomed(struct core_collection *run, bool *out_more, struct error *err) {
    struct meta_doomed *doomed = NULL;
    size_t count = 0;
    lreg_status status = list_doomed(run, &doomed, &count, err);
    if (status == LREG_OK && count > 0) {
        status = meta_sync_log(run->core->meta, err); /* or a power cut brings back a row whose object is gone */
    }
    if (status != LREG_OK) {
        return status;
    }
    bool is_full = count >= run->page_rows;
    remove_objects(run, doomed, &count);
    if (count > 0) {
        status = forget_doomed(run, doomed, count, err);
    }
    *out_more = is_full && count > 0;
    return status;
}

/* --- Other storages --- */

static lreg_status tell_of_other(void *user, const struct meta_storage *other, struct error *err) {
    const struct core *core = user;
    (void)err;
    if (other->waits) {
        hooks_log(&core->hooks, LREG_LOG_WARNING,
                  "the collector leaves what is in the storage \"%s\", which is not open", other->name);
    }
    return LREG_OK;
}

static lreg_status tell_of_others(struct core_collection *run, bool *out_more, struct error *err) {
    *out_more = false;
    return core_storages_tell(run->core, tell_of_other, run->core, err);
}

/* --- The space of the database --- */

static lreg_status give_space_back(struct core_collection *run, bool *out_more, struct error *err) {
    uint64_t freed = 0;
    lreg_status status = meta_space_give_back(run->core->meta, &freed, out_more, err);
    run->report->freed_bytes += freed;
    return status;
}

/* --- All of it --- */

struct phase {
    collect_step step;
    bool is_sweep;
};

static const struct phase phase_table[] = {
    {purge_registries, false}, {end_stale_uploads, false},    {end_lost_uploads, false}, {expire_links, false},
    {doom_blobs, false},       {collect_sweep_objects, true}, {remove_doomed, false},    {collect_sweep_stages, true},
    {tell_of_others, false},   {rotate_audit, false},         {give_space_back, false},
};
#define PHASE_COUNT (sizeof phase_table / sizeof phase_table[0])

lreg_status core_collection_new(struct core *core, int64_t now_ms, int64_t grace_ms, bool sweeps, size_t page_rows,
                                struct core_collection **out, struct error *err) {
    struct core_collection *run = memory_allocate_zeroed(&core->hooks, 1, sizeof *run);
    if (run == NULL) {
        return error_no_memory(err);
    }
    run->core = core;
    run->page_rows = page_rows < COLLECT_PAGE_ROWS ? page_rows : COLLECT_PAGE_ROWS;
    run->now_ms = now_ms;
    run->young_ms = now_ms - grace_ms;
    run->sweeps = sweeps;
    arena_init(&run->arena, &core->hooks, ARENA_BYTES);
    *out = run;
    return LREG_OK;
}

void core_collection_free(struct core_collection *run) {
    if (run != NULL) {
        const struct hooks *hooks = &run->core->hooks;
        storage_list_close(run->list);
        arena_free(&run->arena);
        memory_release(hooks, run);
    }
}

/* Counts what a step has removed, also when it failed. */
static void count_removed(struct core *core, const struct core_collect_report *before,
                          const struct core_collect_report *after) {
    core_metrics_count(core, CORE_COUNT_COLLECTED_SESSIONS, after->uploads - before->uploads);
    core_metrics_count(core, CORE_COUNT_SESSIONS_CANCELLED, after->uploads - before->uploads);
    core_metrics_count(core, CORE_COUNT_COLLECTED_STAGES, after->stages - before->stages);
    core_metrics_count(core, CORE_COUNT_COLLECTED_BLOBS, after->blobs - before->blobs);
    core_metrics_count(core, CORE_COUNT_COLLECTED_OBJECTS, after->objects - before->objects);
    core_metrics_count(core, CORE_COUNT_COLLECTED_EVENTS, after->audit_events - before->audit_events);
    core_metrics_count(core, CORE_COUNT_COLLECTED_BYTES, after->blob_bytes - before->blob_bytes);
}

static lreg_status step(struct core_collection *run, struct core_collect_report *report, bool *out_done,
                        struct error *err) {
    bool more = false;
    run->report = report;
    while (run->phase < PHASE_COUNT && phase_table[run->phase].is_sweep && !run->sweeps) {
        run->phase++;
    }
    *out_done = run->phase >= PHASE_COUNT;
    if (*out_done) {
        if (run->status != LREG_OK && err != NULL) {
            *err = run->error;
        }
        return run->status;
    }
    arena_reset(&run->arena);
    lreg_status status = phase_table[run->phase].step(run, &more, err);
    if (status == LREG_OK && !more) {
        run->phase++;
    }
    return status;
}

lreg_status core_collection_step(struct core_collection *run, struct core_collect_report *report, bool *out_done,
                                 struct error *err) {
    const struct core_collect_report before = *report;
    int64_t began_ns = clock_monotonic_ns();
    lreg_status status = step(run, report, out_done, err);
    run->worked_ns += clock_monotonic_ns() - began_ns;
    count_removed(run->core, &before, report);
    if (status != LREG_OK) {
        core_metrics_count(run->core, CORE_COUNT_COLLECTION_FAILURES, 1);
    } else if (*out_done) {
        core_metrics_note_collection(run->core, run->worked_ns);
    }
    return status;
}

lreg_status core_collect_begin(struct core *core, bool trusts_wall, int64_t *out_now_ms, int64_t *out_ahead_ms,
                               struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_time_note(core, transaction, trusts_wall, out_now_ms, out_ahead_ms, err);
    return meta_end(transaction, status, err);
}

lreg_status core_collect_check_grace(int64_t grace_ms, struct error *err) {
    if (grace_ms < 0 || grace_ms > CORE_GRACE_MAX_MS) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "the grace is negative or longer than a thousand years");
    }
    return LREG_OK;
}

lreg_status core_collect(struct core *core, int64_t grace_ms, struct core_collect_report *out, struct error *err) {
    struct core_collection *run = NULL;
    int64_t now_ms = 0;
    int64_t ahead_ms = 0;
    bool done = false;
    *out = (struct core_collect_report){0};
    lreg_status status = core_collect_check_grace(grace_ms, err);
    if (status == LREG_OK) {
        status = core_collect_begin(core, false, &now_ms, &ahead_ms, err);
    }
    if (status == LREG_OK) {
        status = core_collection_new(core, now_ms, grace_ms, true, COLLECT_PAGE_ROWS, &run, err);
    }
    while (status == LREG_OK && !done) {
        size_t phase = run->phase;
        status = core_collection_step(run, out, &done, err);
        if (status == LREG_OK && !done && run->phase == phase) {
            meta_give_way(core->meta); /* the phase has more steps */
        }
    }
    core_collection_free(run);
    return status;
}
