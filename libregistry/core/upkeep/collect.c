/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The collector. Each step is one short transaction over at most a page of rows, with the storage's work outside of it.
 *
 * An object goes in two steps, so that neither a crash between them nor an uploader meanwhile is harmed: first its key
 * is put on the doomed list, in a transaction that makes sure that no blob row has it; then it is removed from the
 * storage, and forgotten. Who names an object finds out in that transaction whether any was doomed (see publish.c).
 */

#include "core/upkeep/maintenance.h"

#include "core/content/objects.h"
#include "core/content/stages.h"
#include "core/instance/state.h"
#include "core/purge.h"
#include "core/upkeep/hold.h"

#include <string.h>

#define PAGE_ROWS 256
#define ARENA_BYTES ((size_t)1024 * 1024)
#define GRACE_MAX_MS ((int64_t)1000 * 365 * 24 * 3600 * 1000)

struct collection {
    struct core *core;
    int64_t now_ms;
    int64_t young_ms; /* what was written after this is left alone */
    struct core_collect_report *report;
    struct arena arena; /* of one page */
    lreg_status status; /* of the first storage failure, which does not keep the rest from being collected */
    struct error error;
};

static void note_failure(struct collection *run, lreg_status status, const struct error *failure) {
    if (run->status == LREG_OK) {
        run->status = status;
        run->error = *failure;
    }
}

static lreg_status end_transaction(struct meta_transaction *transaction, lreg_status status, struct error *err) {
    if (status != LREG_OK) {
        meta_rollback(transaction);
        return status;
    }
    return meta_commit(transaction, err);
}

/* Whether to look for a next page after one of so many. Behind a full one others get their turn. */
static bool goes_on(const struct collection *run, uint64_t count) {
    if (count >= PAGE_ROWS) {
        meta_give_way(run->core->meta);
    }
    return count > 0;
}

/* --- Upload sessions --- */

/* Nobody writes to a stage that can be claimed here, and nobody else is to begin. */
static void remove_stage(struct collection *run, const char *name, uint64_t *counter) {
    struct core_stage_claim claim;
    struct error failure = {0};
    if (!core_stage_claim(run->core, &claim, name)) {
        return;
    }
    lreg_status status = storage_stage_remove(run->core->storage, name, &failure);
    core_stage_release(run->core, &claim);
    if (status == LREG_BUSY) {
        return; /* another process writes to it */
    }
    if (status != LREG_OK) {
        note_failure(run, status, &failure);
    } else if (counter != NULL) {
        (*counter)++;
    }
}

/* One of the two listings of sessions that are to end. */
typedef lreg_status (*list_uploads)(struct meta_transaction *transaction, int64_t before_ms, size_t limit,
                                    struct arena *arena, struct meta_upload **out, size_t *out_count,
                                    struct error *err);

static lreg_status delete_uploads(struct collection *run, list_uploads list, int64_t before_ms,
                                  struct meta_upload **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = list(transaction, before_ms, PAGE_ROWS, &run->arena, out, out_count, err);
    for (size_t i = 0; status == LREG_OK && i < *out_count; i++) {
        status = meta_upload_delete(transaction, (*out)[i].id, err);
    }
    return end_transaction(transaction, status, err);
}

static lreg_status end_uploads(struct collection *run, list_uploads list, int64_t before_ms, struct error *err) {
    size_t count = 0;
    do {
        struct meta_upload *uploads = NULL;
        arena_reset(&run->arena);
        lreg_status status = delete_uploads(run, list, before_ms, &uploads, &count, err);
        if (status != LREG_OK) {
            return status;
        }
        run->report->uploads += count;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(uploads[i].storage, CORE_STORAGE_NAME) == 0) {
                remove_stage(run, uploads[i].id, NULL);
            }
        }
    } while (goes_on(run, count));
    return LREG_OK;
}

/* Those that stand still, and those that were lost: not so young that somebody may be about to publish them. Without a
 * grace nobody is, and all end. */
static lreg_status end_stale_uploads(struct collection *run, struct error *err) {
    bool is_graceless = run->young_ms == run->now_ms;
    int64_t stale_ms = is_graceless ? INT64_MAX : run->now_ms - run->core->limits.max_upload_age_ms;
    lreg_status status = end_uploads(run, meta_upload_list_stale, stale_ms, err);
    return status == LREG_OK ? end_uploads(run, meta_upload_list_lost, run->young_ms, err) : status;
}

/* --- Rows --- */

static lreg_status expire_links(struct collection *run, struct error *err) {
    int64_t before_ms = run->now_ms - run->core->limits.blob_grace_ms;
    uint64_t removed = 0;
    do {
        struct meta_transaction *transaction = NULL;
        lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
        if (status != LREG_OK) {
            return status;
        }
        status = meta_blob_links_expire(transaction, before_ms, PAGE_ROWS, &removed, err);
        status = end_transaction(transaction, status, err);
        if (status != LREG_OK) {
            return status;
        }
    } while (goes_on(run, removed));
    return LREG_OK;
}

static lreg_status doom_blobs(struct collection *run, struct error *err) {
    struct meta_doom doom = {0};
    do {
        struct meta_transaction *transaction = NULL;
        lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
        if (status != LREG_OK) {
            return status;
        }
        status = meta_blobs_doom(transaction, PAGE_ROWS, &doom, err);
        status = end_transaction(transaction, status, err);
        if (status != LREG_OK) {
            return status;
        }
        run->report->blobs += doom.blobs;
        run->report->blob_bytes += doom.bytes;
    } while (goes_on(run, doom.looked_at));
    return LREG_OK;
}

static lreg_status rotate_audit(struct collection *run, struct error *err) {
    const struct core_limits *limits = &run->core->limits;
    int64_t before_ms = run->now_ms - limits->audit_keep_ms;
    uint64_t removed = 0;
    do {
        struct meta_transaction *transaction = NULL;
        lreg_status status = meta_begin(run->core->meta, META_WRITE, &transaction, err);
        if (status != LREG_OK) {
            return status;
        }
        status = meta_audit_rotate(transaction, before_ms, limits->audit_keep_events, PAGE_ROWS, &removed, err);
        status = end_transaction(transaction, status, err);
        if (status != LREG_OK) {
            return status;
        }
        run->report->audit_events += removed;
    } while (goes_on(run, removed));
    return LREG_OK;
}

/* --- What metadata does not know --- */

/* Names that the walk over a storage gathered, judged a page at a time. */
struct page {
    struct collection *run;
    const char *names[PAGE_ROWS];
    size_t count;
    lreg_status (*judge)(struct page *page, struct error *err);
};

static lreg_status judge_page(struct page *page, struct error *err) {
    lreg_status status = page->count > 0 ? page->judge(page, err) : LREG_OK;
    page->count = 0;
    arena_reset(&page->run->arena);
    return status;
}

static lreg_status gather(void *user, const char *name, int64_t modified_ms, uint64_t length, struct error *err) {
    struct page *page = user;
    (void)length;
    if (modified_ms > page->run->young_ms) {
        return LREG_OK;
    }
    const char *copy = arena_copy_text(&page->run->arena, name);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    page->names[page->count++] = copy;
    return page->count == PAGE_ROWS ? judge_page(page, err) : LREG_OK;
}

static lreg_status walk(struct collection *run, int32_t what,
                        lreg_status (*judge)(struct page *page, struct error *err), struct error *err) {
    struct page page = {.run = run, .judge = judge};
    arena_reset(&run->arena);
    lreg_status status = storage_visit_all(run->core->storage, what, gather, &page, err);
    return status == LREG_OK ? judge_page(&page, err) : status;
}

/* Keeps those names that are no session's stage. */
static lreg_status keep_unknown_stages(struct page *page, struct error *err) {
    struct meta_transaction *transaction = NULL;
    size_t kept = 0;
    lreg_status status = meta_begin(page->run->core->meta, META_READ, &transaction, err);
    for (size_t i = 0; status == LREG_OK && i < page->count; i++) {
        bool is_session = false;
        status = meta_upload_exists(transaction, page->names[i], &is_session, err);
        if (status == LREG_OK && !is_session) {
            page->names[kept++] = page->names[i];
        }
    }
    meta_rollback(transaction);
    page->count = kept;
    return status;
}

static lreg_status judge_stages(struct page *page, struct error *err) {
    lreg_status status = keep_unknown_stages(page, err);
    for (size_t i = 0; status == LREG_OK && i < page->count; i++) {
        remove_stage(page->run, page->names[i], &page->run->report->stages);
    }
    return status;
}

/* Keeps those keys that no row has, in whatever transaction is given. */
static lreg_status keep_unknown_objects(struct page *page, struct meta_transaction *transaction, struct error *err) {
    size_t kept = 0;
    for (size_t i = 0; i < page->count; i++) {
        bool known = true;
        lreg_status status = meta_blob_has_key(transaction, CORE_STORAGE_NAME, page->names[i], &known, err);
        if (status != LREG_OK) {
            return status;
        }
        if (!known) {
            page->names[kept++] = page->names[i];
        }
    }
    page->count = kept;
    return LREG_OK;
}

static lreg_status doom_unknown_objects(struct page *page, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(page->run->core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = keep_unknown_objects(page, transaction, err);
    for (size_t i = 0; status == LREG_OK && i < page->count; i++) {
        const struct meta_doomed doomed = {.storage = CORE_STORAGE_NAME, .key = page->names[i]};
        status = meta_doomed_insert(transaction, &doomed, err);
    }
    if (status == LREG_OK && page->count > 0) {
        status = core_sweeps_note(page->run->core, transaction, err);
    }
    return end_transaction(transaction, status, err);
}

/* Most pages hold nothing unknown: only the others take the write lock. */
static lreg_status judge_objects(struct page *page, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(page->run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = keep_unknown_objects(page, transaction, err);
    meta_rollback(transaction);
    if (status != LREG_OK || page->count == 0) {
        return status;
    }
    status = doom_unknown_objects(page, err);
    if (status == LREG_OK) {
        page->run->report->objects += page->count;
    }
    return status;
}

/* --- The doomed --- */

/* None while there is a hold: they wait for the next collection. */
static lreg_status list_doomed(struct collection *run, struct meta_doomed **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    bool held = false;
    *out_count = 0;
    arena_reset(&run->arena);
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_hold_is_on(run->core, transaction, &held, err);
    if (status == LREG_OK && !held) {
        status = meta_doomed_list(transaction, PAGE_ROWS, &run->arena, out, out_count, err);
    }
    meta_rollback(transaction);
    return status;
}

/* Removes the objects, and keeps in `doomed` those rows that may be forgotten. */
static void remove_objects(struct collection *run, struct meta_doomed *doomed, size_t *count) {
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
            note_failure(run, status, &failure);
        }
    }
    *count = removed;
    core_kept_drop(run->core);
}

static lreg_status forget_doomed(struct collection *run, const struct meta_doomed *doomed, size_t count,
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
    return end_transaction(transaction, status, err);
}

/* Ends when a page brings nothing more: what a storage does not give up stays for the next time. */
static lreg_status remove_doomed(struct collection *run, struct error *err) {
    size_t count = 0;
    do {
        struct meta_doomed *doomed = NULL;
        lreg_status status = list_doomed(run, &doomed, &count, err);
        if (status == LREG_OK && count > 0) {
            status = meta_sync_log(run->core->meta, err); /* or a power cut brings back a row whose object is gone */
        }
        if (status != LREG_OK) {
            return status;
        }
        remove_objects(run, doomed, &count);
        if (count > 0) {
            status = forget_doomed(run, doomed, count, err);
        }
        if (status != LREG_OK) {
            return status;
        }
    } while (goes_on(run, count));
    return LREG_OK;
}

static lreg_status collect_all(struct collection *run, struct error *err) {
    lreg_status status = core_registry_purge_all(run->core, err);
    if (status == LREG_OK) {
        status = end_stale_uploads(run, err);
    }
    if (status == LREG_OK) {
        status = expire_links(run, err);
    }
    if (status == LREG_OK) {
        status = doom_blobs(run, err);
    }
    if (status == LREG_OK) {
        status = walk(run, LREG_STORAGE_OBJECTS, judge_objects, err);
    }
    if (status == LREG_OK) {
        status = remove_doomed(run, err);
    }
    if (status == LREG_OK) {
        status = walk(run, LREG_STORAGE_STAGES, judge_stages, err);
    }
    if (status == LREG_OK) {
        status = rotate_audit(run, err);
    }
    return status;
}

lreg_status core_collect(struct core *core, int64_t grace_ms, struct core_collect_report *out, struct error *err) {
    struct collection run = {.core = core, .now_ms = hooks_now_ms(&core->hooks), .report = out};
    *out = (struct core_collect_report){0};
    if (grace_ms < 0 || grace_ms > GRACE_MAX_MS) {
        return error_set(err, LREG_BAD_ARGUMENT, "", "the grace is negative or longer than a thousand years");
    }
    run.young_ms = run.now_ms - grace_ms;
    arena_init(&run.arena, &core->hooks, ARENA_BYTES);
    lreg_status status = collect_all(&run, err);
    if (status == LREG_OK && run.status != LREG_OK) {
        status = run.status;
        if (err != NULL) {
            *err = run.error;
        }
    }
    arena_free(&run.arena);
    return status;
}
