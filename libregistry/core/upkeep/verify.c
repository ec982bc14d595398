/* SPDX-License-Identifier: Apache-2.0 */

/* Verification: every blob and document is hashed again and compared with the metadata, and the database checks itself.
 * It works in pages and pieces, so that memory use is constant and no transaction is open while bytes are read. */

#include "core/upkeep/verify_internal.h"

#include "base/encoding.h"
#include "core/content/objects.h"
#include "core/instance/state.h"
#include "core/upkeep/quarantine.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 256
#define PIECE_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)1024 * 1024)

/* --- Blobs --- */

static lreg_status hash_object(const struct verification *run, struct storage_object *object, uint64_t length,
                               struct digest_set *out, struct error *err) {
    struct digest digest;
    digest_init(&digest, DIGEST_SHA256);
    for (uint64_t at = 0; at < length;) {
        size_t piece = length - at < PIECE_BYTES ? (size_t)(length - at) : PIECE_BYTES;
        lreg_status status = storage_object_read(object, at, run->piece, piece, err);
        if (status != LREG_OK) {
            return status;
        }
        digest_update(&digest, run->piece, piece);
        at += piece;
    }
    digest_finish(&digest, out);
    return LREG_OK;
}

/* Failures that mean that this blob is bad. Others end the walk. */
static bool is_finding(lreg_status status) {
    return status != LREG_OK && status != LREG_NO_MEMORY && status != LREG_BUSY;
}

/* Failures of the storage as a whole, which say nothing about the blob. */
static bool is_out_of_reach(lreg_status status) {
    return status == LREG_UPSTREAM || status == LREG_TIMEOUT || status == LREG_CANCELLED;
}

/* A bad blob is no longer served. When the mark cannot be written, as on a full or read-only disk, the finding is
 * reported anyway. */
static void quarantine(const struct verification *run, const struct meta_blob *blob) {
    struct error failure = {0};
    if (core_quarantine_blob(run->core, blob, &failure) != LREG_OK) {
        hooks_log(&run->core->hooks, LREG_LOG_WARNING, "a damaged blob is still served: %s", failure.message);
    }
}

static void release(const struct verification *run, const struct meta_blob *blob) {
    if (blob->damaged_ms != 0) {
        (void)core_release_blob(run->core, blob, NULL); /* after a failure the scrub or the next call does it */
    }
}

static lreg_status compare_blob(const struct verification *run, const struct meta_blob *blob,
                                struct storage_object *object, uint64_t length, struct error *err) {
    struct digest_set digests;
    char name[DIGEST_SHA256_TEXT];
    hex_encode(blob->sha256, sizeof blob->sha256, name);
    lreg_status status = hash_object(run, object, length, &digests, err);
    if (is_out_of_reach(status)) {
        run->report->unreadable++;
        return core_verify_tell(run, err, "blob sha256:%s could not be read now: %s", name, err->message);
    }
    if (is_finding(status)) {
        if (status == LREG_CORRUPT) {
            quarantine(run, blob);
        }
        run->report->damaged++;
        return core_verify_tell(run, err, "blob sha256:%s cannot be read: %s", name, err->message);
    }
    if (status == LREG_OK && memcmp(digests.sha256, blob->sha256, sizeof blob->sha256) == 0) {
        release(run, blob);
    } else if (status == LREG_OK) {
        quarantine(run, blob);
        run->report->damaged++;
        status = core_verify_tell(run, err, "blob sha256:%s has other bytes than were published", name);
    }
    return status;
}

static lreg_status verify_blob(struct verification *run, const struct meta_blob *blob, struct error *err) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    char name[DIGEST_SHA256_TEXT];
    hex_encode(blob->sha256, sizeof blob->sha256, name);
    lreg_status status = core_blob_open_anew(run->core, blob, &object, &length, err);
    if (status == LREG_NOT_FOUND) {
        return LREG_OK; /* collected since the page was read */
    }
    if (is_out_of_reach(status)) {
        run->report->unreadable++;
        return core_verify_tell(run, err, "blob sha256:%s could not be opened now: %s", name, err->message);
    }
    run->report->blobs++;
    run->report->blob_bytes += blob->size_bytes;
    if (status == LREG_CORRUPT && strcmp(err->code, "blob_missing") == 0) {
        run->report->missing++;
        return core_verify_tell(run, err, "blob sha256:%s is missing in the storage", name);
    }
    if (is_finding(status)) {
        if (status == LREG_CORRUPT) {
            quarantine(run, blob);
        }
        run->report->damaged++;
        return core_verify_tell(run, err, "blob sha256:%s cannot be opened: %s", name, err->message);
    }
    if (status == LREG_OK) {
        status = compare_blob(run, blob, object, length, err);
    }
    storage_object_close(object);
    return status;
}

static lreg_status read_page(struct verification *run, int64_t after_id, struct meta_blob **out, size_t *out_count,
                             struct error *err) {
    struct meta_transaction *transaction = NULL;
    arena_reset(&run->arena);
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status =
        meta_blob_list(transaction, run->core->storage_name, after_id, PAGE_ROWS, &run->arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

static lreg_status verify_blobs(struct verification *run, struct error *err) {
    int64_t after_id = 0;
    for (;;) {
        struct meta_blob *blobs = NULL;
        size_t count = 0;
        lreg_status status = read_page(run, after_id, &blobs, &count, err);
        for (size_t i = 0; status == LREG_OK && i < count; i++) {
            status = verify_blob(run, &blobs[i], err);
            after_id = blobs[i].id;
        }
        if (status != LREG_OK || count == 0) {
            return status;
        }
    }
}

/* Blobs of other storages are not read, and not judged. */
static lreg_status tell_of_other(void *user, const struct meta_storage *other, struct error *err) {
    struct verification *run = user;
    struct meta_transaction *transaction = NULL;
    uint64_t count = 0;
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_storage_count_blobs(transaction, other->name, &count, err);
    meta_rollback(transaction);
    if (status != LREG_OK || count == 0) {
        return status;
    }
    run->report->unreadable += count;
    return core_verify_tell(run, err, "%llu blobs are in the storage \"%s\", which is not open: they were not read",
                            (unsigned long long)count, other->name);
}

/* --- Documents and the database --- */

/* The references of a damaged document are not followed. */
static lreg_status verify_document(void *user, const struct meta_document *document, struct error *err) {
    struct verify_references *references = user;
    struct verification *run = references->run;
    struct digest_set digests;
    run->report->documents++;
    digest_of(DIGEST_SHA256, document->content, document->content_length, &digests);
    bool is_right = memcmp(digests.sha256, document->sha256, sizeof digests.sha256) == 0;
    bool is_marked = document->damaged_ms != 0;
    run->marks_differ = run->marks_differ || is_right == is_marked;
    if (!is_right) {
        run->report->damaged++;
        return core_verify_tell(run, err, "document %s of %s has other bytes than were published", document->name,
                                document->scope);
    }
    return core_verify_references_of(references, document, err);
}

/* Marks damaged documents, and releases those that are whole again, as the scrub does with each. When the marks cannot
 * be written, as on a full or read-only disk, the findings are reported anyway. */
static void mark_documents(const struct verification *run) {
    struct core_scrub *scrub = NULL;
    struct core_scrub_report report = {0};
    struct error failure = {0};
    uint64_t bytes = 0;
    bool is_done = false;
    lreg_status status = core_scrub_new(run->core, INT64_MAX, 0, &scrub, &failure);
    while (status == LREG_OK && !is_done) {
        status = core_scrub_step(scrub, &report, &bytes, &is_done, &failure);
    }
    core_scrub_free(scrub);
    if (status != LREG_OK) {
        hooks_log(&run->core->hooks, LREG_LOG_WARNING, "a damaged document is still served: %s", failure.message);
    }
}

static lreg_status verify_documents(struct verification *run, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct verify_references references;
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    core_verify_references_begin(&references, run, transaction);
    status = meta_document_visit_all(transaction, verify_document, &references, err);
    if (status == LREG_OK) {
        status = core_verify_references_of_packages(&references, err);
    }
    core_verify_references_end(&references);
    meta_rollback(transaction);
    if (status == LREG_OK && run->marks_differ) {
        mark_documents(run);
    }
    return status;
}

static lreg_status verify_database(struct verification *run, struct error *err) {
    lreg_status status = meta_check(run->core->meta, err);
    if (status == LREG_CORRUPT) {
        run->report->damaged++;
        return core_verify_tell(run, err, "the database is damaged: %s", err->message);
    }
    return status;
}

/* --- Objects --- */

static lreg_status count_unnamed(void *user, const char *key, int64_t modified_ms, uint64_t length, struct error *err) {
    struct verification *run = user;
    struct meta_transaction *transaction = NULL;
    bool known = false;
    (void)modified_ms;
    (void)length;
    lreg_status status = meta_begin(run->core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_blob_has_key_anywhere(transaction, key, &known, err);
    meta_rollback(transaction);
    if (status == LREG_OK && !known) {
        run->report->unnamed_objects++;
    }
    return status;
}

static lreg_status verify_all(struct verification *run, struct error *err) {
    lreg_status status = verify_database(run, err);
    if (status == LREG_OK) {
        status = verify_blobs(run, err);
    }
    if (status == LREG_OK) {
        status = core_storages_tell(run->core, tell_of_other, run, err);
    }
    if (status == LREG_OK) {
        status = verify_documents(run, err);
    }
    if (status == LREG_OK) {
        status = storage_visit_all(run->core->storage, LREG_STORAGE_OBJECTS, count_unnamed, run, err);
    }
    return status;
}

lreg_status core_verify(struct core *core, core_verify_finding finding, void *user, struct core_verify_report *out,
                        struct error *err) {
    struct error own = {0}; /* findings are read from it, so it must exist */
    struct verification run = {.core = core, .finding = finding, .user = user, .report = out};
    *out = (struct core_verify_report){0};
    run.piece = memory_allocate(&core->hooks, PIECE_BYTES);
    if (run.piece == NULL) {
        return error_no_memory(err);
    }
    arena_init(&run.arena, &core->hooks, ARENA_BYTES);
    lreg_status status = verify_all(&run, &own);
    if (status != LREG_OK && err != NULL) {
        *err = own;
    }
    arena_free(&run.arena);
    memory_release(&core->hooks, run.piece);
    return status;
}
