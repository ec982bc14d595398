/* SPDX-License-Identifier: Apache-2.0 */

/* Objects and stages that the metadata does not know: leftovers of writers that died. They are found by walking over
 * the storage, a page of names at a time; any time may pass between two pages. */

#include "core/upkeep/collect_internal.h"

#include "core/content/objects.h"

/* Names that the walk collected, judged together. */
struct page {
    struct core_collection *run;
    const char *names[COLLECT_PAGE_ROWS];
    size_t count;
};

/* Collects the next names that are not young. `*out_more` is false at the end of the walk. Young names count for a page
 * too, so that a step stays short. */
static lreg_status gather(struct page *page, bool *out_more, struct error *err) {
    struct core_collection *run = page->run;
    struct storage_listed item;
    *out_more = true;
    for (size_t seen = 0; seen < run->page_rows; seen++) {
        lreg_status status = storage_list_next(run->list, &item, out_more, err);
        if (status != LREG_OK || !*out_more) {
            return status;
        }
        if (item.modified_ms > run->young_ms) {
            continue;
        }
        const char *copy = arena_copy_text(&run->arena, item.name);
        if (copy == NULL) {
            return error_no_memory(err);
        }
        page->names[page->count++] = copy;
    }
    return LREG_OK;
}

static lreg_status walk(struct core_collection *run, int32_t what,
                        lreg_status (*judge)(struct page *page, struct error *err), bool *out_more, struct error *err) {
    struct page page = {.run = run};
    lreg_status status = LREG_OK;
    *out_more = false;
    if (run->list == NULL) {
        status = storage_list_open(run->core->storage, what, &run->list, err);
    }
    if (status == LREG_OK) {
        status = gather(&page, out_more, err);
    }
    if (status == LREG_OK && page.count > 0) {
        status = judge(&page, err);
    }
    if (status != LREG_OK || !*out_more) {
        storage_list_close(run->list);
        run->list = NULL;
    }
    return status;
}

/* --- Stages --- */

/* Keeps the names that are not the stage of a session. */
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
        collect_remove_stage(page->run, page->names[i], &page->run->report->stages);
    }
    return status;
}

lreg_status collect_sweep_stages(struct core_collection *run, bool *out_more, struct error *err) {
    return walk(run, LREG_STORAGE_STAGES, judge_stages, out_more, err);
}

/* --- Objects --- */

/* Keeps the keys that no row has, in the caller's transaction. */
static lreg_status keep_unknown_objects(struct page *page, struct meta_transaction *transaction, struct error *err) {
    size_t kept = 0;
    for (size_t i = 0; i < page->count; i++) {
        bool known = true;
        lreg_status status = meta_blob_has_key_anywhere(transaction, page->names[i], &known, err);
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
        const struct meta_doomed doomed = {.storage = page->run->core->storage_name, .key = page->names[i]};
        status = meta_doomed_insert(transaction, &doomed, err);
    }
    if (status == LREG_OK && page->count > 0) {
        status = core_sweeps_note(page->run->core, transaction, err);
    }
    return meta_end(transaction, status, err);
}

/* Most pages hold nothing unknown; only the others take the write lock. */
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

lreg_status collect_sweep_objects(struct core_collection *run, bool *out_more, struct error *err) {
    return walk(run, LREG_STORAGE_OBJECTS, judge_objects, out_more, err);
}
