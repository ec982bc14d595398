/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The watcher: a connection that never writes. On it, SQLite's data_version changes with every commit of other
 * connections, in this process or another one. Reading data_version takes two locks of the file, so it is read only
 * when the header of the WAL-index has changed since the last answer.
 */

#include "meta/sqlite/sqlite_internal.h"

#include "base/process.h"

lreg_status meta_watcher_open(struct meta *meta, struct error *err) {
    lreg_status status = meta->watcher == NULL ? meta_connection_open(meta, &meta->watcher, err) : LREG_OK;
    if (status != LREG_OK) {
        return status;
    }
    int result = sqlite3_prepare_v3(meta->watcher->database, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT,
                                    &meta->data_version, NULL);
    return result == SQLITE_OK ? LREG_OK : meta_fail(meta->watcher, result, err);
}

void meta_watcher_close(struct meta *meta) {
    meta->is_generation_known = false;
    meta->wal_index.header = NULL;
    (void)sqlite3_finalize(meta->data_version);
    meta->data_version = NULL;
    meta_connection_close(meta->watcher);
    meta->watcher = NULL;
    meta->watchers++;
}

static lreg_status ask_watcher(struct meta *meta, int result, uint64_t *out, struct error *err) {
    lreg_status status = LREG_OK;
    if (result == SQLITE_OK) {
        result = sqlite3_step(meta->data_version);
    }
    if (result == SQLITE_ROW) {
        uint32_t version = (uint32_t)sqlite3_column_int64(meta->data_version, 0);
        *out = (uint64_t)meta->watchers << 32 | version;
    } else {
        status = meta_fail(meta->watcher, result, err);
    }
    (void)sqlite3_reset(meta->data_version);
    return status;
}

/* The state is read before data_version, so a commit in between makes the next call query again. */
static lreg_status look(struct meta *meta, int result, uint64_t *out, struct error *err) {
    struct meta_wal_state state = {{0}};
    bool is_readable = meta_wal_index_read(&meta->wal_index, &state);
    if (result == SQLITE_OK && is_readable && meta->is_generation_known &&
        meta_wal_state_equals(&state, &meta->wal_state)) {
        *out = meta->generation;
        return LREG_OK;
    }
    lreg_status status = ask_watcher(meta, result, out, err);
    meta->is_generation_known = status == LREG_OK && is_readable;
    meta->generation = *out;
    meta->wal_state = state;
    if (status == LREG_OK && meta->wal_index.header == NULL && !meta->is_read_only) {
        meta_wal_index_find(&meta->wal_index, meta->watcher->database);
    }
    return status;
}

lreg_status meta_generation(struct meta *meta, uint64_t *out, struct error *err) {
    *out = 0;
    lreg_status status = process_check(meta->hooks, err);
    if (status != LREG_OK) {
        return status;
    }
    if (meta->path == NULL) {
        *out = meta_commits(meta);
        return LREG_OK;
    }
    int result = meta_step_fault(meta); /* not under the lock: it calls code outside the library */
    (void)pthread_mutex_lock(&meta->watcher_mutex);
    if (meta->is_read_only && meta->watcher != NULL && !meta_files_are(meta, &meta->watcher->files)) {
        meta_watcher_close(meta); /* the next watcher has another number */
    }
    if (meta->data_version == NULL) {
        status = meta_watcher_open(meta, err);
    }
    if (status == LREG_OK) {
        status = look(meta, result, out, err);
    }
    (void)pthread_mutex_unlock(&meta->watcher_mutex);
    return status;
}
