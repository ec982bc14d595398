/* SPDX-License-Identifier: Apache-2.0 */

/* Upkeep of a database in use: checking and copying it. Both read one snapshot and block no other transaction. */

#include "meta/sqlite/sqlite_internal.h"
#include "meta/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKUP_PAGES 256 /* copied at a time */

struct comparison {
    const char *sql; /* returns a row for each thing that is wrong */
    const char *what;
};

static const struct comparison comparisons[] = {
    {"SELECT id FROM registries WHERE"
     " package_count <> (SELECT count(*) FROM packages WHERE registry_id = registries.id) OR"
     " package_bytes <> (SELECT coalesce(sum(size_bytes), 0) FROM packages WHERE registry_id = registries.id) LIMIT 1",
     "the package totals of registry"},
    {"SELECT storage FROM (SELECT storage, count(*) AS count, sum(size_bytes) AS bytes FROM blobs GROUP BY storage)"
     " AS found WHERE NOT EXISTS (SELECT 1 FROM blob_totals WHERE storage = found.storage AND count = found.count AND"
     " bytes = found.bytes) UNION ALL SELECT storage FROM blob_totals WHERE (count <> 0 OR bytes <> 0) AND"
     " NOT EXISTS (SELECT 1 FROM blobs WHERE storage = blob_totals.storage) LIMIT 1",
     "the totals of the blobs of storage"},
    {"SELECT digest FROM blob_links WHERE"
     " named <> EXISTS (SELECT 1 FROM document_links WHERE registry_id = blob_links.registry_id AND"
     " scope = blob_links.scope AND target = blob_links.digest) LIMIT 1",
     "the mark of blob link"},
    {"SELECT id FROM blobs WHERE unchecked = 0 AND NOT EXISTS (SELECT 1 FROM blobs AS c WHERE c.storage IN"
     " (SELECT name FROM storages) AND c.sha256 = blobs.sha256 AND (c.unchecked = 1"
     " OR EXISTS (SELECT 1 FROM packages WHERE blob_id = c.id)"
     " OR EXISTS (SELECT 1 FROM blob_links WHERE blob_id = c.id))) LIMIT 1",
     "the mark of blob"},
};

static lreg_status check_integrity(struct meta_transaction *transaction, struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, "PRAGMA integrity_check(1)", err);
    if (meta_statement_next(&statement)) {
        const char *finding = meta_column_text(&statement, NULL);
        if (statement.status == LREG_OK && strcmp(finding, "ok") != 0) {
            statement.status = error_set(err, LREG_CORRUPT, "database_corrupt", "metadata: %s", finding);
        }
    }
    return meta_statement_end(&statement);
}

static lreg_status check_references(struct meta_transaction *transaction, struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, "PRAGMA foreign_key_check", err);
    if (meta_statement_next(&statement)) {
        const char *table = meta_column_text(&statement, NULL);
        statement.status = error_set(err, LREG_CORRUPT, "database_corrupt",
                                     "metadata: a row of %s refers to what is not there", table);
    }
    return meta_statement_end(&statement);
}

static lreg_status check_derived(struct meta_transaction *transaction, const struct comparison *comparison,
                                 struct error *err) {
    struct meta_statement statement;
    meta_statement_begin(&statement, transaction, comparison->sql, err);
    if (meta_statement_next(&statement)) {
        const char *which = meta_column_text(&statement, NULL);
        statement.status =
            error_set(err, LREG_CORRUPT, "database_corrupt", "metadata: %s %s are wrong", comparison->what, which);
    }
    return meta_statement_end(&statement);
}

lreg_status meta_check(struct meta *meta, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status == LREG_OK) {
        status = check_integrity(transaction, err);
    }
    if (status == LREG_OK) {
        status = check_references(transaction, err);
    }
    for (size_t i = 0; status == LREG_OK && i < sizeof comparisons / sizeof comparisons[0]; i++) {
        status = check_derived(transaction, &comparisons[i], err);
    }
    meta_rollback(transaction);
    return status;
}

/* Fixes what the transaction sees: SQLite takes the snapshot at the first read. */
static lreg_status take_snapshot(struct meta_transaction *transaction, struct error *err) {
    struct meta_statement statement;
    bool any = false;
    meta_statement_begin(&statement, transaction, "SELECT 1 FROM blob_totals", err);
    return meta_statement_exists(&statement, &any);
}

static int copy_pages(struct meta_connection *source, sqlite3 *target) {
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", source->database, "main");
    if (backup == NULL) {
        return sqlite3_extended_errcode(target);
    }
    int result = SQLITE_OK;
    while (result == SQLITE_OK) {
        result = meta_step_fault(source->meta);
        if (result == SQLITE_OK) {
            result = sqlite3_backup_step(backup, BACKUP_PAGES);
        }
    }
    int finished = sqlite3_backup_finish(backup);
    if (result == SQLITE_DONE) {
        result = finished;
    }
    return result;
}

/* Without a journal: an unfinished copy is discarded, and a finished one is synced as a whole. */
static int copy_into(struct meta_connection *source, const char *path) {
    sqlite3 *target = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int result = sqlite3_open_v2(path, &target, flags, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400;",
                              NULL, NULL, NULL);
    }
    if (result == SQLITE_OK) {
        result = copy_pages(source, target);
    }
    (void)sqlite3_close_v2(target);
    return result;
}

static lreg_status sync_path(const char *path, int flags, struct error *err) {
    int descriptor = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return error_set_errno(err, errno, "open the backup");
    }
    lreg_status status = LREG_OK;
    if (fsync(descriptor) != 0) {
        status = error_set_errno(err, errno, "sync the backup");
    }
    (void)close(descriptor);
    return status;
}

static lreg_status sync_directory_of(const struct meta *meta, const char *path, struct error *err) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return sync_path(".", O_DIRECTORY, err);
    }
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    char *directory = memory_copy_bytes(meta->hooks, path, length);
    if (directory == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = sync_path(directory, O_DIRECTORY, err);
    memory_release(meta->hooks, directory);
    return status;
}

/* Creates the file; fails when it exists. */
static lreg_status make_new_file(const char *path, struct error *err) {
    int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EEXIST) {
        return error_set(err, LREG_CONFLICT, "exists", "the file of the backup is there already");
    }
    if (descriptor < 0) {
        return error_set_errno(err, errno, "make the file of the backup");
    }
    (void)fchmod(descriptor, 0600); /* regardless of the host's umask */
    (void)close(descriptor);
    return LREG_OK;
}

static lreg_status fill_backup(struct meta *meta, struct meta_transaction *transaction, const char *path,
                               struct error *err) {
    lreg_status status = take_snapshot(transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    int result = copy_into(transaction->connection, path);
    if (result != SQLITE_OK) {
        return meta_fail(transaction->connection, result, err);
    }
    status = sync_path(path, 0, err);
    if (status == LREG_OK) {
        status = sync_directory_of(meta, path, err);
    }
    return status;
}

lreg_status meta_backup(struct meta *meta, const char *path, struct error *err) {
    if (path[0] == '\0') {
        return error_set(err, LREG_BAD_ARGUMENT, "", "the file of the backup has no name");
    }
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = make_new_file(path, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = fill_backup(meta, transaction, path, err);
    if (status != LREG_OK) {
        (void)unlink(path);
    }
out:
    meta_rollback(transaction);
    return status;
}
