/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The scrub: reads everything that is stored in small pieces, hashes it, and puts what differs from the published bytes
 * into quarantine. Blobs are read by id, then documents by position; no transaction is open while bytes of an object
 * are read. A blob with other bytes is read a second time before it counts as damaged, because the error may have been
 * in memory and not on disk.
 */

#include "core/upkeep/maintenance.h"

#include "core/content/objects.h"
#include "core/instance/state.h"
#include "core/upkeep/quarantine.h"

#include <string.h>

#define PIECE_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)64 * 1024)

struct core_scrub {
    struct core *core;
    int64_t blob; /* the last one that is finished */
    int64_t document;
    bool has_blobs; /* there may be more */
    bool is_open; /* a blob is being read: */
    bool is_again; /* it is the second time */
    struct meta_blob row;
    struct storage_object *object;
    struct digest digest;
    uint64_t length;
    uint64_t at;
    struct arena arena; /* of the row */
    void *piece; /* PIECE_BYTES */
    struct core_scrub_report *report;
};

lreg_status core_scrub_new(struct core *core, int64_t after_blob, int64_t after_document, struct core_scrub **out,
                           struct error *err) {
    struct core_scrub *scrub = memory_allocate_zeroed(&core->hooks, 1, sizeof *scrub);
    void *piece = memory_allocate(&core->hooks, PIECE_BYTES);
    if (scrub == NULL || piece == NULL) {
        memory_release(&core->hooks, scrub);
        memory_release(&core->hooks, piece);
        return error_no_memory(err);
    }
    scrub->core = core;
    scrub->blob = after_blob;
    scrub->document = after_document;
    scrub->has_blobs = true;
    scrub->piece = piece;
    arena_init(&scrub->arena, &core->hooks, ARENA_BYTES);
    *out = scrub;
    return LREG_OK;
}

void core_scrub_free(struct core_scrub *scrub) {
    if (scrub != NULL) {
        const struct hooks *hooks = &scrub->core->hooks;
        storage_object_close(scrub->object);
        arena_free(&scrub->arena);
        memory_release(hooks, scrub->piece);
        memory_release(hooks, scrub);
    }
}

void core_scrub_place(const struct core_scrub *scrub, int64_t *out_blob, int64_t *out_document) {
    *out_blob = scrub->blob;
    *out_document = scrub->document;
}

/* --- Blobs --- */

static void begin_reading(struct core_scrub *scrub) {
    digest_init(&scrub->digest, DIGEST_SHA256);
    scrub->at = 0;
}

static void finish_blob(struct core_scrub *scrub) {
    storage_object_close(scrub->object);
    scrub->object = NULL;
    scrub->is_open = false;
    scrub->is_again = false;
    scrub->blob = scrub->row.id;
    scrub->report->blobs++;
}

/* Finds the next row, if there is one. */
static lreg_status find_blob(struct core_scrub *scrub, bool *out_found, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct meta_blob *rows = NULL;
    size_t count = 0;
    arena_reset(&scrub->arena);
    lreg_status status = meta_begin(scrub->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_list(transaction, scrub->core->storage_name, scrub->blob, 1, &scrub->arena, &rows, &count, err);
    meta_rollback(transaction);
    *out_found = status == LREG_OK && count > 0;
    if (*out_found) {
        scrub->row = rows[0];
    }
    return status;
}

/* The blob cannot be judged now, so it is skipped. */
static lreg_status pass_over(struct core_scrub *scrub, const struct error *failure) {
    scrub->report->unreadable++;
    hooks_log(&scrub->core->hooks, LREG_LOG_WARNING, "the scrub could not read object %s: %s", scrub->row.key,
              failure->message);
    finish_blob(scrub);
    return LREG_OK;
}

static lreg_status found_missing(struct core_scrub *scrub) {
    scrub->report->missing++;
    hooks_log(&scrub->core->hooks, LREG_LOG_ERROR, "the storage has lost object %s: publish it again, or bring it back",
              scrub->row.key);
    finish_blob(scrub);
    return LREG_OK;
}

static lreg_status found_damaged(struct core_scrub *scrub, struct error *err) {
    scrub->report->damaged++;
    lreg_status status = core_quarantine_blob(scrub->core, &scrub->row, err);
    if (status == LREG_OK) {
        finish_blob(scrub);
    }
    return status;
}

/* A failure of the storage says nothing about the bytes, except for the codes that name missing or damaged blobs. */
static lreg_status open_blob(struct core_scrub *scrub, struct error *err) {
    struct error failure = {0};
    lreg_status status = core_blob_open_anew(scrub->core, &scrub->row, &scrub->object, &scrub->length, &failure);
    if (status == LREG_OK) {
        scrub->is_open = true;
        begin_reading(scrub);
        return LREG_OK;
    }
    if (status == LREG_NOT_FOUND) {
        scrub->blob = scrub->row.id; /* collected since the row was read */
        return LREG_OK;
    }
    if (status == LREG_NO_MEMORY || status == LREG_BUSY) {
        *err = failure;
        return status;
    }
    if (status == LREG_CORRUPT && strcmp(failure.code, "blob_missing") == 0) {
        return found_missing(scrub);
    }
    return status == LREG_CORRUPT && strcmp(failure.code, "blob_length") == 0 ? found_damaged(scrub, err)
                                                                              : pass_over(scrub, &failure);
}

static lreg_status judge_blob(struct core_scrub *scrub, struct error *err) {
    struct digest_set digests;
    digest_finish(&scrub->digest, &digests);
    bool is_right = memcmp(digests.sha256, scrub->row.sha256, sizeof scrub->row.sha256) == 0;
    if (!is_right && !scrub->is_again) {
        scrub->is_again = true;
        begin_reading(scrub);
        return LREG_OK;
    }
    if (!is_right) {
        return found_damaged(scrub, err);
    }
    lreg_status status = LREG_OK;
    if (scrub->row.damaged_ms != 0) {
        status = core_release_blob(scrub->core, &scrub->row, err);
        scrub->report->healed += status == LREG_OK;
    }
    if (status == LREG_OK) {
        finish_blob(scrub);
    }
    return status;
}

static lreg_status read_piece(struct core_scrub *scrub, uint64_t *out_bytes, struct error *err) {
    struct error failure = {0};
    uint64_t left = scrub->length - scrub->at;
    size_t piece = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    lreg_status status =
        piece > 0 ? storage_object_read(scrub->object, scrub->at, scrub->piece, piece, &failure) : LREG_OK;
    if (status == LREG_CORRUPT) {
        return found_damaged(scrub, err); /* the object is shorter than its length */
    }
    if (status != LREG_OK) {
        return pass_over(scrub, &failure);
    }
    digest_update(&scrub->digest, scrub->piece, piece);
    scrub->at += piece;
    scrub->report->bytes += piece;
    *out_bytes = piece;
    return scrub->at == scrub->length ? judge_blob(scrub, err) : LREG_OK;
}

static lreg_status step_blobs(struct core_scrub *scrub, uint64_t *out_bytes, struct error *err) {
    if (scrub->is_open) {
        return read_piece(scrub, out_bytes, err);
    }
    lreg_status status = find_blob(scrub, &scrub->has_blobs, err);
    return status == LREG_OK && scrub->has_blobs ? open_blob(scrub, err) : status;
}

/* --- Documents --- */

/* Keeps the result until the transaction ends: an instance in memory has one transaction at a time, so a second one
 * cannot begin before. */
struct seen {
    struct core_scrub *scrub;
    struct meta_document row;
    bool is_right;
};

static lreg_status look_at_document(void *user, const struct meta_document *document, struct error *err) {
    struct seen *seen = user;
    struct arena *arena = &seen->scrub->arena;
    struct digest_set digests;
    digest_of(DIGEST_SHA256, document->content, document->content_length, &digests);
    seen->is_right = memcmp(digests.sha256, document->sha256, sizeof document->sha256) == 0;
    seen->row = *document;
    seen->row.registry_id = arena_copy_text(arena, document->registry_id);
    seen->row.scope = arena_copy_text(arena, document->scope);
    seen->row.name = arena_copy_text(arena, document->name);
    bool has_room = seen->row.registry_id != NULL && seen->row.scope != NULL && seen->row.name != NULL;
    return has_room ? LREG_OK : error_no_memory(err);
}

static lreg_status judge_document(struct seen *seen, int64_t position, struct error *err) {
    struct core_scrub *scrub = seen->scrub;
    lreg_status status = LREG_OK;
    if (!seen->is_right) {
        scrub->report->damaged++;
        status = core_quarantine_document(scrub->core, position, &seen->row, err);
    } else if (seen->row.damaged_ms != 0) {
        status = core_release_document(scrub->core, position, &seen->row, err);
        scrub->report->healed += status == LREG_OK;
    }
    return status;
}

static lreg_status step_documents(struct core_scrub *scrub, uint64_t *out_bytes, bool *out_done, struct error *err) {
    struct seen seen = {.scrub = scrub};
    struct meta_transaction *transaction = NULL;
    int64_t position = 0;
    arena_reset(&scrub->arena);
    lreg_status status = meta_begin(scrub->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_document_visit_next(transaction, scrub->document, look_at_document, &seen, &position, err);
    meta_rollback(transaction);
    *out_done = status == LREG_OK && position == 0;
    if (status != LREG_OK || *out_done) {
        return status;
    }
    *out_bytes = seen.row.content_length;
    status = judge_document(&seen, position, err);
    if (status == LREG_OK) {
        scrub->document = position;
        scrub->report->documents++;
        scrub->report->bytes += seen.row.content_length;
    }
    return status;
}

lreg_status core_scrub_step(struct core_scrub *scrub, struct core_scrub_report *report, uint64_t *out_bytes,
                            bool *out_done, struct error *err) {
    struct error own = {0};
    scrub->report = report;
    *out_bytes = 0;
    *out_done = false;
    lreg_status status =
        scrub->has_blobs ? step_blobs(scrub, out_bytes, &own) : step_documents(scrub, out_bytes, out_done, &own);
    if (status != LREG_OK && err != NULL) {
        *err = own;
    }
    return status;
}
