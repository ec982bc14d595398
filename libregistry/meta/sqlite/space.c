/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The space of the database file. Deleted rows leave free pages, which later rows use. When far more pages are free
 * than are needed for that, they are returned to the file system, a few at a time: returning one from the middle moves
 * a page from the end. Files of older databases have no map for such moves (auto_vacuum NONE); they get one when they
 * are rewritten.
 */

#include "meta/engine.h"
#include "meta/sqlite/sqlite_internal.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define KEPT_PAGES 256 /* free pages that are always kept, besides a sixteenth of all */
#define STEP_SQL "PRAGMA incremental_vacuum(64)"

struct space {
    int64_t page_bytes;
    int64_t pages;
    int64_t free_pages;
    int64_t mode; /* of auto_vacuum: 0 none, 2 incremental */
};

static lreg_status read_number(struct meta_transaction *transaction, const char *sql, int64_t *out, struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, sql, err);
    if (meta_statement_next(&statement)) {
        *out = meta_column_int(&statement);
    }
    return meta_statement_run(&statement, NULL);
}

static lreg_status read_space(struct meta_transaction *transaction, struct space *out, struct error *err) {
    *out = (struct space){0};
    lreg_status status = read_number(transaction, "PRAGMA page_size", &out->page_bytes, err);
    if (status == LREG_OK) {
        status = read_number(transaction, "PRAGMA page_count", &out->pages, err);
    }
    if (status == LREG_OK) {
        status = read_number(transaction, "PRAGMA freelist_count", &out->free_pages, err);
    }
    if (status == LREG_OK) {
        status = read_number(transaction, "PRAGMA auto_vacuum", &out->mode, err);
    }
    return status;
}

static bool has_too_much(const struct space *space) {
    return space->mode == 2 && space->free_pages > KEPT_PAGES + space->pages / 16;
}

static lreg_status look(struct meta *meta, struct space *out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = read_space(transaction, out, err);
    meta_rollback(transaction);
    return status;
}

/* Without a sync of its own: a power cut brings the free pages back and loses nothing else. */
static lreg_status give_back(struct meta *meta, struct space *after, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct meta_statement statement;
    lreg_status status = meta_begin_unsynced(meta, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    meta_statement_begin(&statement, transaction, STEP_SQL, err);
    status = meta_statement_run(&statement, NULL);
    if (status == LREG_OK) {
        status = read_space(transaction, after, err);
    }
    return meta_end(transaction, status, err);
}

/* The file shrinks when the log is checkpointed into it. What readers hold up is left to the next call. */
static void move_log(struct meta *meta) {
    struct meta_connection *connection = NULL;
    if (meta_take_connection(meta, META_READ, &connection, NULL) == LREG_OK) {
        (void)meta_connection_run(connection, "PRAGMA wal_checkpoint(PASSIVE)", NULL);
        meta_give_connection(meta, META_READ, connection);
    }
}

lreg_status meta_space_give_back(struct meta *meta, uint64_t *out_freed_bytes, bool *out_more, struct error *err) {
    struct space before = {0};
    struct space after = {0};
    *out_freed_bytes = 0;
    *out_more = false;
    if (meta->path == NULL) {
        return LREG_OK;
    }
    lreg_status status = look(meta, &before, err);
    if (status != LREG_OK || !has_too_much(&before)) {
        return status;
    }
    status = give_back(meta, &after, err);
    if (status != LREG_OK) {
        return status;
    }
    if (after.pages < before.pages) {
        *out_freed_bytes = (uint64_t)(before.pages - after.pages) * (uint64_t)after.page_bytes;
        *out_more = has_too_much(&after);
    }
    if (!*out_more) {
        move_log(meta);
    }
    return LREG_OK;
}

static lreg_status write_anew(struct meta *meta, struct error *err) {
    struct meta_connection *connection = NULL;
    if (!meta_write_queue_enter(&meta->write_queue, meta->busy_timeout_ms)) {
        return error_set(err, LREG_BUSY, "database_busy", "metadata: other writers took longer than %d ms",
                         (int)meta->busy_timeout_ms);
    }
    lreg_status status = meta_take_connection(meta, META_WRITE, &connection, err);
    if (status == LREG_OK) {
        status = meta_connection_run(connection, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", err);
        meta_give_connection(meta, META_WRITE, connection);
    }
    meta_write_queue_leave(&meta->write_queue);
    return status;
}

lreg_status meta_space_compact(struct meta *meta, uint64_t *out_freed_bytes, struct error *err) {
    struct space before = {0};
    struct space after = {0};
    *out_freed_bytes = 0;
    if (meta->path == NULL) {
        return LREG_OK;
    }
    lreg_status status = look(meta, &before, err);
    if (status == LREG_OK) {
        status = write_anew(meta, err);
    }
    if (status == LREG_OK) {
        (void)atomic_fetch_add(&meta->commits, 1);
        move_log(meta);
        status = look(meta, &after, err);
    }
    if (status == LREG_OK && after.pages < before.pages) {
        *out_freed_bytes = (uint64_t)(before.pages - after.pages) * (uint64_t)after.page_bytes;
    }
    return status;
}

static uint64_t file_size(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && found.st_size > 0 ? (uint64_t)found.st_size : 0;
}

bool meta_file_sizes(const struct meta *meta, uint64_t *out_database_bytes, uint64_t *out_log_bytes) {
    char log[PATH_MAX];
    *out_database_bytes = 0;
    *out_log_bytes = 0;
    if (meta->path == NULL) {
        return false;
    }
    *out_database_bytes = file_size(meta->path);
    int length = snprintf(log, sizeof log, "%s-wal", meta->path);
    if (length > 0 && (size_t)length < sizeof log) {
        *out_log_bytes = file_size(log);
    }
    return true;
}
